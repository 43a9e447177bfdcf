"""Robots: the people and customers of the demo's day. They log in and use only pages, API, mail and the shops."""
