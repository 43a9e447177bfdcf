"""THE table of periodic work: each run is a step keyed by (job, period), so any number of sweeps opens it once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.journey import periods, policy, step_sql, steps
from oms.journey.steps import NewStep
from oms.parties.models import Carrier, Channel


@dataclass(frozen=True, slots=True)
class Job:
    """`subjects` names what the job runs for; `period` cuts time: one run for each subject and period."""

    kind: str
    subjects: Callable[[Session], Sequence[tuple[uuid.UUID, str]]]
    period: Callable[[Session, datetime, ZoneInfo], str]


def _minute(session: Session, now: datetime, zone: ZoneInfo) -> str:
    return periods.minute(now)


def _poll_interval(session: Session, now: datetime, zone: ZoneInfo) -> str:
    """The manager's interval, counted from 1970."""
    length_s = policy.read(session, now).whole("poll.interval")
    start = datetime.fromtimestamp(now.timestamp() // length_s * length_s, UTC)
    return start.strftime("%Y%m%dT%H%M%SZ")


def _day(session: Session, now: datetime, zone: ZoneInfo) -> str:
    return now.astimezone(zone).strftime("%Y-%m-%d")


def _hour(session: Session, now: datetime, zone: ZoneInfo) -> str:
    return now.strftime("%Y%m%dT%HZ")


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
    Job("daily_sample", _once, _day),
)

_RUNNING = text(f"""
    SELECT kind, subject_id FROM step WHERE kind = ANY(CAST(:kinds AS text[])) AND {step_sql.RUNNING}
""")


def open_due(session: Session, *, now: datetime, zone: str) -> int:
    """Open the step of every job for the period that `now` lies in; one that still runs is not doubled."""
    running = {tuple(row) for row in session.execute(_RUNNING, {"kinds": [job.kind for job in JOBS]})}
    now_in = {job.kind: job.period(session, now, ZoneInfo(zone)) for job in JOBS}
    new = [
        NewStep(
            job.kind,
            subject,
            subject_type=kind_of,
            key=periods.key(subject, now_in[job.kind]),
            due_at=now + timedelta(minutes=5),
        )
        for job in JOBS
        for subject, kind_of in job.subjects(session)
        if (job.kind, subject) not in running
    ]
    return len(steps.open_steps(session, new, now=now))
