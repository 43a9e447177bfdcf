"""Rows of Step as the arrays that `step_sql.OPEN` and `step_sql.FINISH` take."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from oms import db
from oms.journey import due, flow
from oms.journey.step_values import Claimed, Done, NewStep

_ON_HOLD = list(flow.on_hold_kinds())


@dataclass(frozen=True, slots=True)
class Row:
    """A step to write: open, or when `outcome` is given one that a worker carried on with, ended already."""

    id: uuid.UUID
    step: NewStep
    parent_id: uuid.UUID | None = None
    outcome: str | None = None
    error: str | None = None


def opened(new: Sequence[NewStep]) -> list[Row]:
    """Rows of steps that are opened."""
    return [Row(step_id, n, n.parent_id) for step_id, n in zip(db.new_ids(len(new)), new, strict=True)]


def of_ended(done: Sequence[Done]) -> tuple[list[Row], list[tuple[uuid.UUID, str, str]]]:
    """What a list of ends writes: the rows of carried-on steps and of what follows; and the (subject, kind, outcome)
    of steps that stand in the table and end with them.

    One that a list would both open and end never stood open for anybody: it leaves no row.
    """
    ends = {(d.step.subject_id, kind): outcome for d in done for kind, outcome in d.ends}
    rows = []
    for d in done:
        if not d.step.written:
            rows.append(Row(d.step.id, _as_new(d.step), d.step.parent_id, d.outcome, d.error))
        rows += [Row(db.new_id(), n, d.step.id) for n in d.opens if ends.pop((n.subject_id, n.kind), None) is None]
    return rows, [(subject, kind, outcome) for (subject, kind), outcome in ends.items()]


def held(session: Session, new: Sequence[tuple[NewStep, uuid.UUID]], *, now: datetime) -> list[Claimed]:
    """(step, parent) as steps that their worker holds without a row."""
    rows = [replace(n, due_at=at) for (n, _), at in zip(new, _due(session, [n for n, _ in new], now), strict=True)]
    return [
        Claimed(
            step_id, n.kind, _subject_type(n), n.subject_id, n.order_id, parent, n.round, 1, 1, now, n.due_at or now,
            written=False,
        )
        for step_id, n, (_, parent) in zip(db.new_ids(len(rows)), rows, new, strict=True)
    ]  # fmt: skip


def params(session: Session, rows: Sequence[Row], *, now: datetime) -> dict[str, Any]:
    """The arrays."""
    new = [row.step for row in rows]
    due_at = _due(session, new, now)
    return {
        "n_id": [row.id for row in rows],
        "n_parent": [row.parent_id for row in rows],
        "n_kind": [n.kind for n in new],
        "n_key": [n.key or f"{n.subject_id}:{n.round}" for n in new],
        "n_type": [_subject_type(n) for n in new],
        "n_subject": [n.subject_id for n in new],
        "n_order": [n.order_id for n in new],
        "n_round": [n.round for n in new],
        "n_performer": [flow.FLOW[n.kind].performer for n in new],
        "n_assignee": [n.assignee_id for n in new],
        "n_after": [n.run_after for n in new],
        "n_due": due_at,
        "n_remind": [
            _remind_at(flow.FLOW[row.step.kind].performer, now, at) if row.outcome is None else None
            for row, at in zip(rows, due_at, strict=True)
        ],
        "n_outcome": [row.outcome for row in rows],
        "n_error": [row.error for row in rows],
        "n_pause_id": db.new_ids(len(rows)),
        "on_hold": _ON_HOLD,
        "now": now,
    }


def _due(session: Session, new: Sequence[NewStep], now: datetime) -> list[datetime]:
    kinds = {n.kind for n in new if n.due_at is None}
    dues = due.due_times(session, kinds, now=now) if kinds else {}
    return [n.due_at or dues[n.kind] for n in new]


def _subject_type(n: NewStep) -> str:
    return n.subject_type or flow.FLOW[n.kind].subject.partition("|")[0]


def _as_new(step: Claimed) -> NewStep:
    return NewStep(
        step.kind, step.subject_id, step.order_id, step.round, due_at=step.due_at, subject_type=step.subject_type
    )


def _remind_at(performer: str, now: datetime, due_at: datetime) -> datetime | None:
    """A quarter of the time before the end, for steps that people perform (X-2)."""
    if performer in (flow.SYSTEM, flow.CARRIER):
        return None
    return due_at - max(timedelta(0), due_at - now) / 4
