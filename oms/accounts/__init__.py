"""Staff, roles, the table of rights, API keys, sessions."""
