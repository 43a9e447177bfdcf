"""Definitions, facts, monthly reports."""
