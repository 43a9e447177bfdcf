"""The order, its lines, its states."""
