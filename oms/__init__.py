"""oms: an order, from any channel to delivered, closed and counted."""
