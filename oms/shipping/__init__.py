"""Booking, labels, hand-over, tracking."""
