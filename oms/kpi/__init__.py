"""KPIs: definitions, facts, monthly reports; computed from steps and error events, nothing else."""
