"""Open, claim, finish, retry, park, cancel: the sole writer of Step.

A step is the durable queue, the clock, the worklist and the fact. Everything works on lists,
each list in one statement; a claim is committed at once by its caller, a finish belongs to the
transaction of the domain writes.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.errors import Fenced
from oms.journey import due, flow, step_sql

MAX_ATTEMPTS = 5
_FIRST_DELAY_S, _LAST_DELAY_S = 1.0, 600.0


@dataclass(frozen=True, slots=True)
class Claimed:
    """A step that this worker holds until its lease ends; `token` fences everyone who held it before."""

    id: uuid.UUID
    kind: str
    subject_type: str
    subject_id: uuid.UUID
    order_id: uuid.UUID | None
    parent_id: uuid.UUID | None
    round: int
    attempt: int
    token: int
    opened_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to open. `due_at` None: from the kind's clock. `key` None: `<subject_id>:<round>`."""

    kind: str
    subject_id: uuid.UUID
    order_id: uuid.UUID | None = None
    round: int = 0
    due_at: datetime | None = None
    run_after: datetime | None = None
    subject_type: str | None = None
    assignee_id: uuid.UUID | None = None
    parent_id: uuid.UUID | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """How one claimed step ended, and the steps that follow it.

    `at`: when it ended, where someone else's clock tells (the carrier's scan); never later than `now`.
    """

    step: Claimed
    outcome: str
    opens: tuple[NewStep, ...] = ()
    error: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def open_steps(session: Session, new: Sequence[NewStep], *, now: datetime) -> list[uuid.UUID]:
    """Open `new`; one that stands already (same kind and key) is left as it is. Return the ids opened.

    A step opened while a hold stands on its order is born paused.
    """
    if not new:
        return []
    rows = session.execute(text(step_sql.OPEN), _open_params(session, new, now)).all()
    _ring(session, new)
    return [row.id for row in rows]


def claim(session: Session, *, kind: str, limit: int, lease_s: int, worker: str) -> list[Claimed]:
    """Take up to `limit` due steps of `kind`, least slack first; the caller commits at once.

    A step whose lease ran out is taken alone, so that one that kills its process takes no neighbour with it.
    """
    params = {"kind": kind, "lease_s": lease_s, "worker": worker}
    lost = session.execute(text(step_sql.CLAIM_LOST), params).all()
    if lost:
        return [Claimed(*row) for row in lost]
    # A literal LIMIT: as a parameter the generic plan scans the table (performance.md 2.5).
    rows = session.execute(text(step_sql.CLAIM.format(limit=int(limit))), params).all()
    return sorted((Claimed(*row) for row in rows), key=lambda step: step.due_at)


def finish(session: Session, done: Sequence[Done], *, by: str, now: datetime) -> None:
    """End the steps and open what follows, in one statement.

    Raises Fenced with the ids that were taken over meanwhile: they leave the batch and the rest runs again.
    """
    if not done:
        return
    new = [(d, n) for d in done for n in d.opens]
    for d, n in new:
        if n.kind not in flow.FLOW[d.step.kind].follows.get(d.outcome, ()):
            raise ValueError(f"{d.step.kind} -> {d.outcome} may not open {n.kind}: see flow.py")
    params = {
        "f_id": [d.step.id for d in done],
        "f_token": [d.step.token for d in done],
        "f_outcome": [d.outcome for d in done],
        "f_error": [d.error for d in done],
        "f_at": [d.at for d in done],
        "by": by,
        **_open_params(session, [n for _, n in new], now, parents=[d.step.id for d, _ in new]),
    }
    finished = {row.id for row in session.execute(text(step_sql.FINISH), params)}
    missing = [d.step.id for d in done if d.step.id not in finished]
    if missing:
        raise Fenced(missing)
    _ring(session, [n for _, n in new])


def find(
    session: Session, *, kind: str, subject_ids: Sequence[uuid.UUID], states: Sequence[str] = ("open", "claimed")
) -> dict[uuid.UUID, Claimed]:
    """The running step of `kind` for each subject, locked; what is not there is missing from the answer.

    For steps that people, customers and carriers perform: pass them on to `finish`.
    """
    found = find_kinds(session, kinds=[kind], subject_ids=subject_ids, states=states)
    return {step.subject_id: step for step in found}


def find_kinds(
    session: Session,
    *,
    kinds: Sequence[str],
    subject_ids: Sequence[uuid.UUID],
    states: Sequence[str] = ("open", "claimed"),
) -> list[Claimed]:
    """The running steps of several kinds, locked."""
    params = {"kinds": list(kinds), "subjects": list(subject_ids), "states": list(states)}
    return [Claimed(*row) for row in session.execute(text(step_sql.FIND), params)]


def find_by_id(session: Session, *, step_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Claimed]:
    """Running steps by id, locked."""
    rows = session.execute(text(step_sql.FIND_BY_ID), {"ids": list(step_ids)}).all()
    return {row.id: Claimed(*row) for row in rows}


def take(session: Session, *, step_ids: Sequence[uuid.UUID], staff_id: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """A person takes open steps of a worklist (no lease); return those taken. Taking one's own again changes nothing."""
    params = {"ids": list(step_ids), "staff": staff_id, "now": now}
    return list(session.execute(text(step_sql.TAKE), params).scalars())


def reassign(session: Session, *, step_ids: Sequence[uuid.UUID], staff_id: uuid.UUID | None) -> list[uuid.UUID]:
    """Hand steps to another person; the token rises, so the former owner's form is refused."""
    params = {"ids": list(step_ids), "staff": staff_id}
    return list(session.execute(text(step_sql.REASSIGN), params).scalars())


def retry(session: Session, step: Claimed, *, error: str, after_s: float | None = None) -> str:
    """Put a failed step back with a growing, jittered delay; after five attempts park it. Return its new state."""
    parked = step.attempt >= MAX_ATTEMPTS and after_s is None
    delay = after_s if after_s is not None else delay_s(step.attempt)
    params = {
        "id": step.id,
        "token": step.token,
        "error": error[:2000],
        "delay": delay,
        "state": "parked" if parked else "open",
    }
    session.execute(text(step_sql.RETRY), params)
    return "parked" if parked else "open"


def delay_s(attempt: int) -> float:
    """Seconds before attempt n+1: 1 s growing fourfold to 10 min, with jitter of a quarter."""
    base = min(_LAST_DELAY_S, _FIRST_DELAY_S * 4 ** max(0, attempt - 1))
    return float(base * random.uniform(0.75, 1.25))


def park(session: Session, step: Claimed, *, error: str) -> None:
    """Stop trying: the step waits on the parked page with its error and a retry button."""
    params = {"id": step.id, "token": step.token, "error": error[:2000], "delay": 0.0, "state": "parked"}
    session.execute(text(step_sql.RETRY), params)


def unpark(session: Session, *, step_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Open parked steps again with a fresh count of attempts; return those that were parked."""
    rows = session.execute(text(step_sql.UNPARK), {"ids": list(step_ids)}).all()
    _ring_kinds(session, [row.kind for row in rows])
    return [row.id for row in rows]


def give_back(session: Session, steps: Iterable[Claimed]) -> None:
    """A clean stop: claims return to open and the attempt is not counted."""
    steps = list(steps)
    params = {"ids": [s.id for s in steps], "tokens": [s.token for s in steps]}
    session.execute(text(step_sql.GIVE_BACK), params)


def abandon(session: Session, *, worker: str) -> int:
    """End the leases of a worker process that is known to be dead, so that others need not wait; return how many."""
    return len(session.execute(text(step_sql.ABANDON), {"worker": worker}).all())


def renew(session: Session, steps: Sequence[Claimed], *, lease_s: int) -> list[uuid.UUID]:
    """Lengthen the leases; return the steps that are still ours."""
    params = {"ids": [s.id for s in steps], "tokens": [s.token for s in steps], "lease_s": lease_s}
    return list(session.execute(text(step_sql.RENEW), params).scalars())


def cancel(
    session: Session,
    *,
    subject_ids: Sequence[uuid.UUID],
    by: str,
    now: datetime,
    kinds: Sequence[str] | None = None,
    why: str = "cancelled",
) -> list[uuid.UUID]:
    """Cancel the unfinished steps of subjects (token + 1, so a running one is fenced); return their ids."""
    params = {"subjects": list(subject_ids), "kinds": list(kinds or flow.FLOW), "by": by, "now": now, "why": why}
    return list(session.execute(text(step_sql.CANCEL), params).scalars())


def cancel_orders(
    session: Session, *, order_ids: Sequence[uuid.UUID], by: str, now: datetime, kinds: Sequence[str], why: str
) -> list[uuid.UUID]:
    """Cancel the unfinished steps of `kinds` that belong to these orders, whatever their subject."""
    params = {"orders": list(order_ids), "kinds": list(kinds), "by": by, "now": now, "why": why}
    return list(session.execute(text(step_sql.CANCEL_ORDERS), params).scalars())


def ended_earlier(session: Session, *, kind: str, at: dict[uuid.UUID, datetime]) -> None:
    """Set the end of the subjects' finished steps back to the time that a late scan tells; never forward."""
    params = {"kind": kind, "subjects": list(at), "ats": list(at.values())}
    session.execute(text(step_sql.ENDED_EARLIER), params)


def move_due(session: Session, *, kind: str, due: dict[uuid.UUID, datetime]) -> None:
    """Set a new due time for the running steps of subjects; `first_due_at` keeps the first (promise rule)."""
    params = {"kind": kind, "subjects": list(due), "dues": list(due.values())}
    session.execute(text(step_sql.MOVE_DUE), params)


def _open_params(
    session: Session, new: Sequence[NewStep], now: datetime, parents: Sequence[uuid.UUID] | None = None
) -> dict[str, Any]:
    kinds = {n.kind for n in new if n.due_at is None}
    dues = due.due_times(session, kinds, now=now) if kinds else {}
    rows = [flow.FLOW[n.kind] for n in new]
    due_at = [n.due_at or dues[n.kind] for n in new]
    return {
        "n_id": db.new_ids(len(new)),
        "n_parent": list(parents) if parents else [n.parent_id for n in new],
        "n_kind": [n.kind for n in new],
        "n_key": [n.key or f"{n.subject_id}:{n.round}" for n in new],
        "n_type": [n.subject_type or row.subject.partition("|")[0] for n, row in zip(new, rows, strict=True)],
        "n_subject": [n.subject_id for n in new],
        "n_order": [n.order_id for n in new],
        "n_round": [n.round for n in new],
        "n_performer": [row.performer for row in rows],
        "n_assignee": [n.assignee_id for n in new],
        "n_after": [n.run_after for n in new],
        "n_due": due_at,
        "n_remind": [_remind_at(row.performer, now, d) for row, d in zip(rows, due_at, strict=True)],
        "n_pause_id": db.new_ids(len(new)),
        "on_hold": list(flow.on_hold_kinds()),
        "now": now,
    }


def _remind_at(performer: str, now: datetime, due_at: datetime) -> datetime | None:
    """A quarter of the time before the end, for steps that people perform (X-2)."""
    if performer in (flow.SYSTEM, flow.CARRIER):
        return None
    return due_at - max(timedelta(0), due_at - now) / 4


def _ring(session: Session, new: Sequence[NewStep]) -> None:
    _ring_kinds(session, [n.kind for n in new])


def _ring_kinds(session: Session, kinds: Sequence[str]) -> None:
    db.ring_after(session, {queue for kind in kinds if (queue := flow.FLOW[kind].queue)})
