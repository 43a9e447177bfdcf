"""Changes, tickets, returns, refunds."""
