"""The business day: real servers, sandbox peers, robots that use only pages and API; a report at the end."""
