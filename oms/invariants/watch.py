"""The invariants while people work: each minute as many as a second holds, going round, and what was found of late.

In a house of some ten thousand orders that is all of them each minute. In a large one each has its turn, and one that takes
longer than the second never ends here: `oms check-invariants` at a quiet hour takes its time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from oms.db import Database
from oms.invariants.check import INVARIANTS, Violation, check
from oms.journey import periods

KIND, SOUND, VIOLATED = "check_invariants", "sound", "violated"
#: Seconds that one look takes at most: no statement runs on beyond them.
BUDGET_S = 1.0
#: The next look begins so many rules further: no divisor of their number, so that each comes first some time.
STRIDE = 11
_CANCELLED = "57014"

_FOUND = text("""
    SELECT error FROM step WHERE kind = :kind AND key = ANY(CAST(:keys AS text[])) AND state = 'done' AND outcome = :outcome
    ORDER BY finished_at DESC
""")

# As a value, not as words of the statement: each other number would be another statement, kept by whoever keeps statements.
_WITHIN = text("SELECT set_config('statement_timeout', :ms, TRUE)")


@dataclass(slots=True)
class Look:
    """What one look found; `unfinished` are the rules that took longer than was left."""

    violations: list[Violation] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def look(database: Database, *, turn: int, budget_s: float = BUDGET_S) -> Look:
    """Check as many invariants as the budget holds, each in a transaction of its own; `turn` says where to begin."""
    names = list(INVARIANTS)
    start = turn * STRIDE % len(names)
    found, ends = Look(), time.monotonic() + budget_s
    for name in [*names[start:], *names[:start]]:
        left_s = ends - time.monotonic()
        if left_s <= 0:
            break
        violations = _within(database, name, left_s)
        (found.unfinished if violations is None else found.checked).append(name)
        found.violations += violations or []
    return found


def _within(database: Database, name: str, seconds: float) -> list[Violation] | None:
    """One invariant's violations; None when it takes longer."""
    try:
        with database.transaction() as session:
            session.execute(_WITHIN, {"ms": str(max(1, int(seconds * 1000)))})
            return check(session, names=[name])
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _CANCELLED:
            return None
        raise


def in_words(violations: list[Violation]) -> str:
    return "; ".join(f"{v.code} {v.name}: {v.subject}: {v.detail}" for v in violations)


def found_lately(session: Session, *, now: datetime) -> list[str]:
    """What the looks of the last hour found, each in words, the latest first; empty: all was sound."""
    params = {"kind": KIND, "keys": periods.keys_of_last_hour(now), "outcome": VIOLATED}
    return [str(row.error) for row in session.execute(_FOUND, params)]
