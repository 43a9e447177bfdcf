"""Stock ledger, reservations, bins."""
