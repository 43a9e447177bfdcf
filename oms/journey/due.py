"""Due times of steps: the kind's clock, the manager's number, the performer's calendar. Read once per transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from oms.journey import calendar_store, policy
from oms.journey.calendars import nth_workday_close
from oms.journey.clocks import Clock, due_at, extended_by_pause
from oms.journey.flow import FLOW


def clock_of(session: Session, kind: str, *, now: datetime) -> Clock:
    """The clock of a step kind with the manager's number."""
    return policy.read(session, now).clock(FLOW[kind].clock)


def due_times(session: Session, kinds: Collection[str], *, now: datetime) -> dict[str, datetime]:
    """When a step of each kind that opens at `now` is due."""
    calendars = calendar_store.load(session)
    return {kind: due_at(clock_of(session, kind, now=now), now, calendars.of(FLOW[kind].performer)) for kind in kinds}


def after_pause(
    session: Session, *, kind: str, due_at: datetime, started_at: datetime, ended_at: datetime, reason: str
) -> datetime:
    """The due time of a step after a pause for `reason`; what is over the longest pause moves nothing (X-11)."""
    calendar = calendar_store.load(session).of(FLOW[kind].performer)
    clock = clock_of(session, kind, now=ended_at)
    longest = nth_workday_close(calendar, started_at, policy.read(session, ended_at).whole("pause.max_days"))
    return extended_by_pause(due_at, started_at, min(ended_at, longest), clock, calendar, reason=reason)
