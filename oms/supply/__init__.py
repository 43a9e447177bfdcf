"""Requests for what is short."""
