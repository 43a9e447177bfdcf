"""Translators between the outside world and the one schema. Knows nothing of oms."""
