"""RQ lives here: the doorbell, the processes that answer it, the sweep, and thin bindings of step kinds to services."""
