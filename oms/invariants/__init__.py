"""Each invariant one query."""
