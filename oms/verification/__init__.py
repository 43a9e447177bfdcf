"""Rules, review, confirmation, feasible date."""
