"""One order's whole story: its steps with their clocks, and every change of state with who made it.

For the order's page, the API and `oms trace`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db
from oms.journey import calendar_store, clocks, flow, policy
from oms.journey.models import HistoryEntry, Step


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened at `at`.

    `what`: `opened` and `ended` tell of a step (`event` is its kind, `became` its outcome), `told` of a history entry.
    """

    at: datetime
    what: str
    event: str
    actor: str
    subject_type: str
    subject_id: uuid.UUID
    cause: str | None = None
    was: str | None = None
    became: str | None = None
    due_at: datetime | None = None
    late: bool | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def of_order(session: Session, *, order_id: uuid.UUID) -> list[Entry]:
    """Everything that happened to an order and its parts, oldest first. Two statements, and the calendars."""
    is_late = _lateness(session)
    # Ids rise as they are given out: of things at one moment a step's start comes before its end, then what it told.
    places = {"opened": 0, "ended": 1, "told": 2}
    found = [(entry, step.id) for step in _steps(session, order_id) for entry in _of_step(step, is_late)]
    told = select(HistoryEntry).where(HistoryEntry.order_id == order_id)
    found += [(_of_history(row), row.id) for row in session.execute(told).scalars()]
    return [entry for entry, _ in sorted(found, key=lambda one: (one[0].at, one[1], places[one[0].what]))]


def running(session: Session, *, order_id: uuid.UUID) -> Sequence[Step]:
    """The steps of an order that are not ended, the most urgent first."""
    statement = select(Step).where(Step.order_id == order_id, Step.state.in_(("open", "claimed", "paused", "parked")))
    return session.execute(statement.order_by(Step.due_at, Step.id)).scalars().all()


def _steps(session: Session, order_id: uuid.UUID) -> Sequence[Step]:
    return session.execute(select(Step).where(Step.order_id == order_id)).scalars().all()


def _lateness(session: Session) -> Callable[[Step, datetime], bool]:
    """Whether a step that ended then was late, as KPIs judge it: work outside duty is not, nor what was cancelled."""
    now = db.now(session)
    calendars, numbers = calendar_store.through_time(session, now), policy.read(session, now)

    def is_late(step: Step, ended: datetime) -> bool:
        if step.state == "cancelled" or ended <= step.due_at:
            return False
        calendar = calendars(step.due_at).of(step.performer)
        return clocks.is_late(numbers.clock(flow.FLOW[step.kind].clock), step.due_at, ended, calendar)

    return is_late


def _of_step(step: Step, is_late: Callable[[Step, datetime], bool]) -> list[Entry]:
    about: dict[str, Any] = {"event": step.kind, "subject_type": step.subject_type, "subject_id": step.subject_id}
    found = [Entry(at=step.opened_at, what="opened", actor=step.performer, due_at=step.due_at, **about)]
    if step.finished_at is not None:
        late = is_late(step, step.finished_at)
        end = Entry(
            at=step.finished_at,
            what="ended",
            actor=step.finished_by or step.performer,
            became=step.outcome or step.state,
            due_at=step.due_at,
            late=late,
            cause=step.error,
            **about,
        )
        found.append(end)
    return found


def _of_history(row: HistoryEntry) -> Entry:
    return Entry(
        at=row.at,
        what="told",
        event=row.event,
        actor=row.actor,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        cause=row.cause,
        was=row.was,
        became=row.became,
        data=row.data,
    )


def of_subject(session: Session, *, subject_id: uuid.UUID) -> Sequence[Step]:
    """The steps of a ticket, return, parcel or wave that are not ended, the most urgent first."""
    running_states = ("open", "claimed", "paused", "parked")
    statement = select(Step).where(Step.subject_id == subject_id, Step.state.in_(running_states))
    return session.execute(statement.order_by(Step.due_at, Step.id)).scalars().all()
