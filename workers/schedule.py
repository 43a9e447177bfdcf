"""THE table of periodic work: each run is a step keyed by (job, period), so any number of sweeps opens it once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.clock import local_day
from oms.journey import calendar_store, periods, policy, step_sql, steps
from oms.journey.steps import NewStep
from oms.parties.models import Carrier, Channel


@dataclass(frozen=True, slots=True)
class Job:
    """`subjects` names what the job runs for; `periods` cuts time: one run for each subject and period.

    `each`: none is left out, though no sweep ran in it or the run before is not over; the others look at what stands now.
    """

    kind: str
    subjects: Callable[[Session], Sequence[tuple[uuid.UUID, str]]]
    periods: Callable[[Session, datetime, ZoneInfo], Sequence[str]]
    each: bool = False


_LAST_SAMPLE = text("SELECT max(key) FROM step WHERE kind = 'daily_sample'")


def _minute(session: Session, now: datetime, zone: ZoneInfo) -> Sequence[str]:
    return [periods.minute(now)]


def _poll_interval(session: Session, now: datetime, zone: ZoneInfo) -> Sequence[str]:
    """The manager's interval, counted from 1970."""
    length_s = policy.read(session, now).whole("poll.interval")
    start = datetime.fromtimestamp(now.timestamp() // length_s * length_s, UTC)
    return [start.strftime("%Y%m%dT%H%M%SZ")]


def _sample_days(session: Session, now: datetime, zone: ZoneInfo) -> Sequence[str]:
    """This day, and those before it on which nobody opened the sample: orders passed all the same."""
    today = local_day(now, calendar_store.zone_of(session))
    return periods.days_since(session.execute(_LAST_SAMPLE).scalar_one(), today)


def _hour(session: Session, now: datetime, zone: ZoneInfo) -> Sequence[str]:
    return [now.strftime("%Y%m%dT%HZ")]


def _polled_channels(session: Session) -> Sequence[tuple[uuid.UUID, str]]:
    rows = session.execute(select(Channel.id).where(Channel.polled, Channel.active)).scalars()
    return [(channel_id, "channel") for channel_id in rows]


def _carriers(session: Session) -> Sequence[tuple[uuid.UUID, str]]:
    return [(c, "carrier") for c in session.execute(select(Carrier.id).where(Carrier.active)).scalars()]


def _once(session: Session) -> Sequence[tuple[uuid.UUID, str]]:
    return [(periods.HOUSE, "period")]


JOBS: tuple[Job, ...] = (
    Job("poll", _polled_channels, _poll_interval),
    Job("track", _carriers, _minute),
    Job("fold_kpi", _once, _minute),
    Job("compute_kpi", _once, _hour),
    Job("check_invariants", _once, _minute),
    Job("daily_sample", _once, _sample_days, each=True),
)

_RUNNING = text(f"""
    SELECT kind, subject_id FROM step WHERE kind = ANY(CAST(:kinds AS text[])) AND {step_sql.RUNNING}
""")


def open_due(session: Session, *, now: datetime, zone: str) -> int:
    """Open the step of every job for the period that `now` lies in, and for those that were missed of a job that leaves none
    out; of the others one that still runs is not doubled."""
    running = {tuple(row) for row in session.execute(_RUNNING, {"kinds": [job.kind for job in JOBS if not job.each]})}
    due_at = now + timedelta(minutes=5)
    new = [
        NewStep(job.kind, subject, subject_type=kind_of, key=periods.key(subject, period), due_at=due_at)
        for job in JOBS
        for period in job.periods(session, now, ZoneInfo(zone))
        for subject, kind_of in job.subjects(session)
        if (job.kind, subject) not in running
    ]
    return len(steps.open_steps(session, new, now=now))
