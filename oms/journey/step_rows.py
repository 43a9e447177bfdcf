"""Rows of Step as the arrays that `step_sql.OPEN` and `step_sql.FINISH` take."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from oms import db
from oms.journey import due, flow
from oms.journey.step_values import Claimed, Done, NewStep

_ON_HOLD = list(flow.on_hold_kinds())
_UNREMINDED = frozenset(kind for kind, row in flow.FLOW.items() if row.performer in (flow.SYSTEM, flow.CARRIER))


class Row(NamedTuple):
    """A step to write: open, or when `outcome` is given one that a worker carried on with, ended already."""

    id: uuid.UUID
    step: NewStep
    parent_id: uuid.UUID | None = None
    outcome: str | None = None
    error: str | None = None


def opened(new: Sequence[NewStep]) -> list[Row]:
    """Rows of steps that are opened."""
    return [Row(step_id, n, n.parent_id) for step_id, n in zip(db.new_ids(len(new)), new, strict=True)]


def check_follows(done: Sequence[Done]) -> None:
    """Refuse a step that `flow.py` does not let follow such an end."""
    for d in done:
        allowed = flow.FLOW[d.step.kind].follows.get(d.outcome, ())
        for n in d.opens:
            if n.kind not in allowed:
                raise ValueError(f"{d.step.kind} -> {d.outcome} may not open {n.kind}: see flow.py")


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


def ended(written: Sequence[Done]) -> dict[str, list[Any]]:
    """The arrays of the steps that end in their rows."""
    return {
        "f_id": [d.step.id for d in written],
        "f_token": [d.step.token for d in written],
        "f_outcome": [d.outcome for d in written],
        "f_error": [d.error for d in written],
        "f_at": [d.at for d in written],
    }


def running(also: Sequence[tuple[uuid.UUID, str, str]]) -> dict[str, list[Any]]:
    """The arrays of `step_sql.END_RUNNING`."""
    return dict(zip(("subjects", "kinds", "outcomes"), map(list, zip(*also, strict=True)), strict=True))


def held(session: Session, new: Sequence[tuple[NewStep, uuid.UUID]], *, now: datetime) -> list[Claimed]:
    """(step, parent) as steps that their worker holds without a row."""
    dues = _dues(session, [n for n, _ in new], now)
    return [
        Claimed(
            step_id, n.kind, n.subject_type or _subject_type(n.kind), n.subject_id, n.order_id, parent, n.round, 1, 1,
            now, n.due_at or dues[n.kind], written=False,
        )
        for step_id, (n, parent) in zip(db.new_ids(len(new)), new, strict=True)
    ]  # fmt: skip


def params(session: Session, rows: Sequence[Row], *, now: datetime) -> dict[str, Any]:
    """The arrays: what is a row's own, and by kind what all of its steps share."""
    new = [row.step for row in rows]
    kinds = sorted({n.kind for n in new})
    dues = _dues(session, new, now)
    return {
        "n_id": [row.id for row in rows],
        "n_parent": _filled([row.parent_id for row in rows]),
        "n_kind": [n.kind for n in new],
        "n_key": _filled([n.key for n in new]),
        "n_type": _filled([n.subject_type for n in new]),
        "n_subject": [n.subject_id for n in new],
        "n_order": [n.order_id for n in new],
        "n_round": [n.round for n in new],
        "n_assignee": _filled([n.assignee_id for n in new]),
        "n_after": _filled([n.run_after for n in new]),
        "n_due": _filled([n.due_at for n in new]),
        "n_remind": _filled([_remind_at(n, now, dues) for n in new]),
        "n_outcome": _filled([row.outcome for row in rows]),
        "n_error": _filled([row.error for row in rows]),
        "k_kind": kinds,
        "k_type": [_subject_type(kind) for kind in kinds],
        "k_performer": [flow.FLOW[kind].performer for kind in kinds],
        "k_due": [dues.get(kind) for kind in kinds],
        "on_hold": _ON_HOLD,
        "now": now,
    }


def _filled(values: list[Any]) -> list[Any] | None:
    """None when none has a value: `unnest` fills the shorter array up with NULL."""
    return values if any(value is not None for value in values) else None


def _dues(session: Session, new: Sequence[NewStep], now: datetime) -> dict[str, datetime]:
    """When steps that name no due time are due, by kind."""
    kinds = {n.kind for n in new if n.due_at is None}
    return due.due_times(session, kinds, now=now) if kinds else {}


def _subject_type(kind: str) -> str:
    return flow.FLOW[kind].subject.partition("|")[0]


def _as_new(step: Claimed) -> NewStep:
    return NewStep(
        step.kind, step.subject_id, step.order_id, step.round, due_at=step.due_at, subject_type=step.subject_type
    )


def _remind_at(n: NewStep, now: datetime, dues: Mapping[str, datetime]) -> datetime | None:
    """A quarter of the time before the end, for steps that people perform (X-2)."""
    if n.kind in _UNREMINDED:
        return None
    due_at = n.due_at or dues[n.kind]
    return due_at - max(timedelta(0), due_at - now) / 4
