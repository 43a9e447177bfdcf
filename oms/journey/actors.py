"""Who did a thing, as steps and history record it: a person's login (or `staff:<id>`), or one of the machines."""

from __future__ import annotations

#: Actors that are no person; besides them those with one of the prefixes.
MACHINES = frozenset({"system", "customer", "poll", "mailbox", "unknown"})
PREFIXES = ("key:", "channel:", "carrier:", "supplier:")


def is_person(actor: str) -> bool:
    """Whether a member of staff did it."""
    return actor not in MACHINES and not actor.startswith(PREFIXES)
