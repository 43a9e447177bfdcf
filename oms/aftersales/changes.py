"""Step `apply_change` and the desk's own requests: a change or cancellation carried out whole, or not at all (C-4..C-6)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from oms.aftersales import (
    amending,
    asking,
    cancelling,
    change_rules,
    declining,
    former,
    money_told,
    questions,
    resting,
    stopping,
    wishes,
)
from oms.aftersales.change_rules import Action
from oms.aftersales.wishes import Case
from oms.fulfilment import locks
from oms.journey import lifecycle
from oms.journey import steps as journey
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import locking
from oms.orders.models import ChangeRequest

_Opens = dict[uuid.UUID, list[NewStep]]


def apply(
    session: Session, *, steps: Sequence[Claimed], now: datetime, first: former.First = former.unknown
) -> list[Done]:
    """Carry out the requests of these steps; one Done for each. Requests about one order are taken one after the other.

    `first` reads what channels told of orders at first.
    """
    found = _requests(session, steps)
    locking.touch(session, order_ids=[r.order_id for r in found.values()])
    done: list[Done] = []
    todo = sorted(steps, key=lambda s: _turn(found.get(s.subject_id), s))
    while todo:
        now_served = _one_each(todo)
        done += _serve(session, now_served, found, first, now)
        todo = [step for step in todo if step not in now_served]
    return done


def _turn(request: ChangeRequest | None, step: Claimed) -> tuple[datetime, uuid.UUID]:
    return (request.requested_at, request.id) if request else (step.opened_at, step.id)


def _one_each(todo: Sequence[Claimed]) -> list[Claimed]:
    first: dict[uuid.UUID, Claimed] = {}
    for step in todo:
        first.setdefault(step.order_id or step.subject_id, step)
    return list(first.values())


def _requests(session: Session, steps: Sequence[Claimed]) -> dict[uuid.UUID, ChangeRequest]:
    statement = select(ChangeRequest).where(ChangeRequest.id.in_([s.subject_id for s in steps]))
    return {r.id: r for r in session.scalars(statement, execution_options={"populate_existing": True})}


def _serve(
    session: Session,
    steps: Sequence[Claimed],
    found: dict[uuid.UUID, ChangeRequest],
    first: former.First,
    now: datetime,
) -> list[Done]:
    known = [found[s.subject_id] for s in steps if s.subject_id in found]
    by_request = {s.subject_id: s for s in steps}
    groups: dict[Action, list[tuple[Case, str]]] = defaultdict(list)
    for case in wishes.load(session, requests=known, told=former.find(session, requests=known, first=first)):
        action, why = change_rules.decide(case.wish, case.standing)
        groups[action].append((case, why))
    if not _MOVES_GOODS.isdisjoint(groups):  # of the whole batch, so that none is taken after another's
        locks.take_goods(session, order_ids=[r.order_id for r in found.values()])
    _class(session, [case for own in groups.values() for case, _ in own])
    live = [case.request for action, own in groups.items() if action is not Action.SUPERSEDE for case, _ in own]
    asking.drop_older(session, requests=live, now=now)
    done = [Done(s, "superseded", error="the request is gone") for s in steps if s.subject_id not in found]
    for action, own in groups.items():
        spare = [by_request[case.request.id].id for case, _ in own]
        outcome, opens = _HANDLERS[action](session, own, spare, now)
        done += [
            Done(by_request[case.request.id], outcome, tuple(opens.get(case.order_id, ())), error=_error(outcome, why))
            for case, why in own
        ]
    return done


def _error(outcome: str, why: str) -> str | None:
    return why if outcome in ("declined", "superseded") else None


def _class(session: Session, cases: Sequence[Case]) -> None:
    rows = [{"id": c.request.id, "change_class": change_rules.class_of(c.wish.areas)} for c in cases]
    if rows:
        session.execute(update(ChangeRequest), rows)


def _settle(session: Session, pairs: Sequence[tuple[Case, str]], to: str, now: datetime) -> None:
    for why in sorted({why for _, why in pairs}):
        ids = [case.request.id for case, own in pairs if own == why]
        lifecycle.advance(session, ChangeRequest, ids, to=to, cause=why, actor="system", now=now, lenient=True)


_Pairs = Sequence[tuple[Case, str]]
_Spare = Sequence[uuid.UUID]


def _supersede(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    declined = [case for case, _ in pairs if case.request.status == "declined"]
    _settle(session, pairs, "superseded", now)
    opens = money_told.of_declined(session, cases=declined, now=now)
    journey.open_steps(session, [step for own in opens.values() for step in own], now=now)
    _end_asking(session, pairs, now)
    return "superseded", {}


def _payment(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    """The commonest update of all: nothing begins anew, only what waited for the money goes on."""
    cases = [case for case, _ in pairs]
    opens = money_told.take(session, cases=cases, now=now)
    whole = [case for case in cases if case.wish.areas <= change_rules.MONEY]
    amending.note(session, cases=whole, actor="system", now=now)
    _end_asking(session, pairs, now)
    _settle(session, pairs, "applied", now)
    return "applied", opens


def _in_place(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    amending.in_place(session, cases=[case for case, _ in pairs], actor="system", now=now)
    _end_asking(session, pairs, now)
    _settle(session, pairs, "applied", now)
    return "applied", {}


def _restart(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    opens = amending.restart(session, cases=[case for case, _ in pairs], actor="system", now=now)
    _settle(session, pairs, "applied", now)
    return "applied", opens


def _cancel(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    opens = cancelling.cancel(session, cases=[case for case, _ in pairs], actor="system", now=now)
    _settle(session, pairs, "applied", now)
    return "applied", opens


def _cancel_rest(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    """What has left goes on. What is picked of the rest lies in its bins before the rest is cancelled."""
    cases = [case for case, _ in pairs]
    _end_asking(session, pairs, now)
    opens, waiting = resting.stop(session, cases=cases, spare=spare, actor="system", now=now)
    _settle(session, pairs, "approved", now)
    free = [(case, why) for case, why in pairs if case.order_id not in waiting]
    for order_id, follow in resting.cancel(session, cases=[c for c, _ in free], actor="system", now=now).items():
        opens[order_id] = [*opens.get(order_id, ()), *follow]
    _settle(session, free, "applied", now)
    return "applied", opens


def _stop(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    """Stop the floor. Orders with goods to put back go on when these lie in their bins; the others at once."""
    outcomes = {case.order_id: _outcome(case, now) for case, _ in pairs}
    _end_asking(session, pairs, now)
    opens, waiting = stopping.stop(session, outcomes=outcomes, spare=spare, actor="system", now=now)
    _settle(session, pairs, "approved", now)
    free = [case for case, _ in pairs if case.order_id not in waiting]
    told = {case.request.id: case.told for case in free if case.told is not None}
    again = wishes.load(session, requests=[case.request for case in free], told=told) if free else []
    for handler, kind in ((_cancel, "cancellation"), (_restart, "update")):
        own = [(case, "stopped on the floor") for case in again if case.wish.kind == kind]
        more = handler(session, own, spare, now)[1] if own else {}
        for order_id, follow in more.items():
            opens[order_id] = [*opens.get(order_id, ()), *follow]
    return "applied", opens


def _outcome(case: Case, now: datetime) -> str:
    return cancelling.why(case, now) if case.wish.kind == "cancellation" else amending.REPLACED


def _end_asking(session: Session, pairs: _Pairs, now: datetime) -> None:
    asking.end(session, order_ids=[case.order_id for case, _ in pairs], now=now)


def _ask(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    requests = [case.request for case, _ in pairs]
    asking.hold(session, order_ids=[r.order_id for r in requests], spare=spare, actor="system", now=now)
    return "approval", {r.order_id: [asking.decision(r)] for r in requests}


def _decline(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    _settle(session, pairs, "declined", now)
    money_told.of_declined(session, cases=[case for case, _ in pairs], now=now)  # none of these is over
    _end_asking(session, pairs, now)
    return "declined", declining.tell(session, requests=[(c.request, why) for c, why in pairs], recall=True, now=now)


def _revive(session: Session, pairs: _Pairs, spare: _Spare, now: datetime) -> tuple[str, _Opens]:
    questions.ask(session, questions.REVIVED, order_ids=[case.order_id for case, _ in pairs], now=now)
    _settle(session, pairs, "declined", now)
    return "declined", {}


#: Takes promises back, frees bins or ends lists.
_MOVES_GOODS = frozenset({Action.RESTART, Action.CANCEL, Action.CANCEL_REST, Action.STOP})

_HANDLERS: dict[Action, Callable[[Session, _Pairs, _Spare, datetime], tuple[str, _Opens]]] = {
    Action.SUPERSEDE: _supersede,
    Action.PAYMENT: _payment,
    Action.IN_PLACE: _in_place,
    Action.RESTART: _restart,
    Action.CANCEL: _cancel,
    Action.CANCEL_REST: _cancel_rest,
    Action.STOP: _stop,
    Action.ASK: _ask,
    Action.DECLINE: _decline,
    Action.REVIVE: _revive,
}
