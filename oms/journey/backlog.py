"""How much work waits: for metrics, the doctor and the first page. Every query runs on a partial index."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import step_sql


@dataclass(frozen=True, slots=True)
class Waiting:
    """Unfinished steps of one kind in one state; `oldest_s` by the database's clock, since one could be worked on."""

    kind: str
    state: str
    count: int
    oldest_s: float
    overdue: int


@dataclass(frozen=True, slots=True)
class Load:
    """One person's or role's share of a kind; `soon`: in the last quarter of its time (X-2)."""

    kind: str
    open: int
    mine: int
    soon: int
    overdue: int
    paused: int
    first_due_at: datetime


def unfinished(session: Session) -> list[Waiting]:
    """Open, claimed and paused steps by kind and state."""
    return [Waiting(*row) for row in session.execute(text(_UNFINISHED))]


def parked_count(session: Session) -> int:
    return int(session.execute(text("SELECT count(*) FROM step WHERE state = 'parked'")).scalar_one())


def lost_leases(session: Session) -> int:
    """Claimed steps whose lease ran out and which nobody has taken over yet."""
    return int(session.execute(text(_LOST)).scalar_one())


def load_of(session: Session, *, performers: Collection[str], staff_id: UUID | None, now: datetime) -> Sequence[Load]:
    """What waits for the holders of these roles, kind by kind, the most urgent first; others' own steps left out."""
    params = {"performers": sorted(performers), "staff": staff_id, "now": now}
    return [Load(*row) for row in session.execute(text(_LOAD), params)]


# A step of the system's that has an hour of its own, as a wave has, is not old before it strikes; what failed waits for its next
# attempt, and is as old as it is.
_WAITS_SINCE = """
    CASE WHEN performer = 'system' AND attempt = 0 AND error IS NULL THEN greatest(opened_at, run_after) ELSE opened_at END
"""
_UNFINISHED = f"""
    SELECT kind, state, count(*),
           CAST(extract(epoch FROM greatest(clock_timestamp() - min({_WAITS_SINCE}), interval '0')) AS float),
           count(*) FILTER (WHERE due_at < clock_timestamp() AND state <> 'paused')
    FROM step WHERE {step_sql.RUNNING} OR state = 'paused' GROUP BY kind, state ORDER BY kind, state
"""

_LOST = """
    SELECT count(*) FROM step
    WHERE state = 'claimed' AND lease_until < (SELECT clock_timestamp())
"""
_LOAD = """
    SELECT kind,
           count(*) FILTER (WHERE state <> 'paused'),
           count(*) FILTER (WHERE assignee_id = :staff AND state <> 'paused'),
           count(*) FILTER (WHERE state <> 'paused' AND due_at >= :now AND due_at - :now < (due_at - opened_at) / 4),
           count(*) FILTER (WHERE state <> 'paused' AND due_at < :now),
           count(*) FILTER (WHERE state = 'paused'),
           min(due_at)
    FROM step
    WHERE state IN ('open', 'claimed', 'paused') AND performer = ANY(CAST(:performers AS text[]))
      AND performer <> 'system' AND (assignee_id IS NULL OR assignee_id = :staff)
    GROUP BY kind ORDER BY min(due_at), kind
"""
