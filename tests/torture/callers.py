"""Those who must call a peer when a level waits for a call: polls of shops, whose hour comes once a minute, and bookings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms import db
from oms.journey import periods, step_sql, steps
from oms.journey.steps import NewStep
from oms.parties.models import Channel

_POLLING = text(f"SELECT subject_id FROM step WHERE kind = 'poll' AND {step_sql.RUNNING}")
_BOOKED = text("""
    SELECT EXISTS (SELECT 1 FROM step WHERE kind = 'book' AND state = 'done' AND outcome = 'booked' AND finished_at > :since
                      AND NOT worker = ANY(CAST(:others AS text[])))
""")


def poll_shops(session: Session, *, turn: str) -> int:
    """Open a poll of each shop of which none runs, as the schedule does each minute; how many."""
    running = set(session.execute(_POLLING).scalars())
    channels = session.execute(select(Channel.id).where(Channel.polled, Channel.active)).scalars()
    now = db.now(session)
    new = [
        NewStep(
            "poll", channel, subject_type="channel", key=periods.key(channel, turn), due_at=now + timedelta(minutes=5)
        )
        for channel in channels
        if channel not in running
    ]
    return len(steps.open_steps(session, new, now=now))


def has_booked(session: Session, *, since: datetime, others: Collection[str]) -> bool:
    """Whether a carrier has answered a booking since then, not counting those of `others`: each process has its own circuit."""
    return bool(session.execute(_BOOKED, {"since": since, "others": list(others)}).scalar_one())
