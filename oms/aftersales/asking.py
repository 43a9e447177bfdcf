"""Requests that a person decides on: what the desk asks for, and changes of what is on the floor (C-4, C-5, G-1)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from oms import db
from oms.aftersales import change_rules, declining, waiting, wishes
from oms.aftersales.change_rules import Stage
from oms.aftersales.waiting import HOLD
from oms.errors import Conflict, InputInvalid, NotAllowed, NotFound
from oms.journey import due, holds, lifecycle, steps
from oms.journey.holds import NewHold
from oms.journey.steps import Done, NewStep
from oms.orders import locking
from oms.orders.models import ChangeRequest

KINDS = ("update", "cancellation")
_EXPLANATION = {
    "en": "A change was asked for after work began: the order manager decides.",
    "zh_Hans": "作业开始后提出变更申请，等待部门经理审批。",
}


def request_change(
    session: Session,
    *,
    order_id: uuid.UUID,
    kind: str,
    reason: str,
    actor: str,
    now: datetime,
    wanted: Mapping[str, Any] | None = None,
) -> uuid.UUID:
    """The desk asks for a change or a cancellation; work stops and the order manager decides. Return the request.

    `wanted`: the parts of the one schema's JSON that change (an update). Raises InputInvalid without a reason or a
    usable wish, for one that would change nothing or a cancellation that wishes more, Conflict when the order has left the
    house or ended, or a request waits already.
    """
    _check(kind, reason, wanted)
    if order_id not in locking.touch(session, order_ids=[order_id]):
        raise NotFound("no such order")
    row = ChangeRequest(
        id=db.new_id(),
        key=f"{order_id}:desk:{db.new_id()}",
        order_id=order_id,
        kind=kind,
        wanted=dict(wanted or {}),
        status="requested",
        reason=reason.strip(),
        requested_by=actor,
        requested_at=now,
    )
    _refuse_second(session, order_id)
    session.add(row)
    session.flush()
    _class(session, row)
    note = lifecycle.Note("change_request", row.id, "change.requested", kind, order_id=order_id, became="requested")
    lifecycle.note(session, [note], actor=actor, now=now)
    hold(session, order_ids=[order_id], spare=[], actor=actor, now=now)
    steps.open_steps(session, [decision(row)], now=now)
    return row.id


def decide(session: Session, *, change_id: uuid.UUID, approve: bool, reason: str, actor: str, now: datetime) -> None:
    """The manager approves a request, which is then carried out, or declines it with a reason.

    Raises NotAllowed for the person who asked (G-1), Conflict when it waits for no decision (also for a repeat).
    """
    request = session.get(ChangeRequest, change_id)
    if request is None:
        raise NotFound("no such change request")
    if actor == request.requested_by:
        raise NotAllowed("who asks for a change may not approve it: another person must")
    if not approve and not reason.strip():
        raise InputInvalid("say why it is declined", fields={"reason": "say why"})
    locking.touch(session, order_ids=[request.order_id])
    step = steps.find(session, kind="decide_change", subject_ids=[change_id]).get(change_id)
    if step is None:
        raise Conflict(f"this request is {request.status}: it waits for no decision")
    to = "approved" if approve else "declined"
    lifecycle.advance(session, ChangeRequest, [change_id], to=to, cause=reason or to, actor=actor, now=now)
    values = {"decided_by": actor, "decided_at": now, "reason": _both(request.reason, reason)}
    session.execute(update(ChangeRequest).where(ChangeRequest.id == change_id).values(**values))
    opens: tuple[NewStep, ...] = ()
    if approve:
        opens = (NewStep("apply_change", change_id, order_id=request.order_id, key=f"{change_id}:approved"),)
    steps.finish(session, [Done(step, to, opens)], by=actor, now=now)
    if not approve:
        _go_on(session, request, reason, actor, now)


def hold(
    session: Session, *, order_ids: Sequence[uuid.UUID], spare: Sequence[uuid.UUID], actor: str, now: datetime
) -> None:
    """Stop work on orders until their request is decided."""
    due_at = due.due_times(session, ["decide_change"], now=now)["decide_change"]
    new = [
        NewHold(i, HOLD, "order_manager", _EXPLANATION, due_at, pause_reason="customer", resolving_kind="decide_change")
        for i in order_ids
    ]
    holds.place(session, new, by=actor, now=now, except_steps=spare)


def decision(request: ChangeRequest) -> NewStep:
    """The step on the manager's worklist."""
    return NewStep("decide_change", request.id, order_id=request.order_id)


def drop_older(session: Session, *, requests: Sequence[ChangeRequest], now: datetime) -> None:
    """What a channel told before and still waits for a decision is superseded by what it tells now."""
    ids = [row.id for row in session.execute(_OLDER, {"ids": [r.id for r in requests]})]
    if ids:
        steps.cancel(session, subject_ids=ids, by="system", now=now, kinds=["decide_change"], why="superseded")
        lifecycle.advance(
            session, ChangeRequest, ids, to="superseded", cause="a later request replaced it", actor="system", now=now
        )


def end(
    session: Session,
    *,
    order_ids: Sequence[uuid.UUID],
    now: datetime,
    by: str = "system",
    why: str = "the change was decided",
) -> None:
    """Let the work of orders go on for which no decision is waited for any more."""
    undecided = waiting.undecided(session, order_ids=order_ids)
    free = [order_id for order_id in order_ids if order_id not in undecided]
    holds.release_all(session, order_ids=free, by=by, now=now, why=why, reasons=[HOLD])


_OLDER = text("""
    SELECT o.id FROM change_request o JOIN change_request r ON r.order_id = o.order_id AND r.id <> o.id
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND r.message_id IS NOT NULL AND o.message_id IS NOT NULL
      AND o.status = 'requested' AND (o.requested_at, o.id) < (r.requested_at, r.id)
      AND EXISTS (SELECT 1 FROM step s WHERE s.subject_id = o.id AND s.kind = 'decide_change') ORDER BY o.id
""")


def _check(kind: str, reason: str, wanted: Mapping[str, Any] | None) -> None:
    faults = {}
    if kind not in KINDS:
        faults["kind"] = f"one of {', '.join(KINDS)}"
    if not reason.strip():
        faults["reason"] = "say why: the customer's wish is kept in writing"
    if kind == "update" and not wanted:
        faults["wanted"] = "name what changes, as docs/order-schema.md writes it"
    if kind == "cancellation" and wanted:
        faults["wanted"] = (
            "leave it out: a cancellation takes the whole order back; to keep some lines ask for an update"
        )
    if faults:
        raise InputInvalid("the request is not complete", fields=faults)


def _refuse_second(session: Session, order_id: uuid.UUID) -> None:
    waiting = select(ChangeRequest.status).where(
        ChangeRequest.order_id == order_id, ChangeRequest.status.in_(("requested", "approved"))
    )
    found = set(session.scalars(waiting))
    if "requested" in found:
        raise Conflict("another change of this order waits for its decision: decide on that one first")
    if found:
        raise Conflict(
            "an approved change of this order is being carried out, once its goods are put back: ask again then"
        )


def _class(session: Session, row: ChangeRequest) -> None:
    """Say how much the wish moves, as who decides on it has to know (C-4); refuse one that comes too late or moves nothing."""
    case = wishes.load(session, requests=[row])[0]
    stage = change_rules.stage_of(case.standing)
    if stage is Stage.GONE and not (row.kind == "cancellation" and case.standing.rest):
        raise Conflict("the goods have been handed over: open a ticket or a return instead")
    if stage is Stage.ENDED:
        raise Conflict(f"the order is {case.order.status}: there is nothing left to change")
    if row.kind == "update" and not case.wish.areas:
        hint = "name at least one field with another value than the order's"
        raise InputInvalid("the order says all of this already: nothing would change", fields={"wanted": hint})
    if row.kind == "update":
        row.change_class = change_rules.class_of(case.wish.areas)
        session.flush()


def _both(asked: str | None, decided: str) -> str | None:
    return " / ".join(part for part in (asked, decided.strip()) if part) or None


def _go_on(session: Session, request: ChangeRequest, reason: str, actor: str, now: datetime) -> None:
    """A declined change: the order goes on as it was, once nothing else waits, and the customer hears why.

    What a channel told of the money beside its wish is no wish: the step that carries out changes takes it.
    """
    end(session, order_ids=[request.order_id], by=actor, now=now, why="the change was declined")
    told = declining.tell(session, requests=[(request, reason)], recall=False, now=now)
    opens = [step for own in told.values() for step in own]
    if request.message_id is not None:
        opens.append(NewStep("apply_change", request.id, order_id=request.order_id, key=f"{request.id}:declined"))
    steps.open_steps(session, opens, now=now)
