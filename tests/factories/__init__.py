"""Rows for tests, each made by one call with sensible defaults."""
