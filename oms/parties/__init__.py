"""Channels, customers with their credit, carriers with cut-offs and transit days, suppliers."""
