"""The rest of an order of which a part has left the house: stopped, cancelled and paid back by itself (C-5, C-6)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.aftersales import (
    amending,
    cancelling,
    change_rules,
    declining,
    given_back,
    questions,
    refunds,
    remainders,
    return_rules,
    stopping,
)
from oms.aftersales.refunds import NewRefund
from oms.aftersales.stopping import ON_THE_FLOOR
from oms.aftersales.wishes import Case
from oms.inventory import unreserving
from oms.journey import lifecycle, steps
from oms.journey.steps import NewStep
from oms.messages import outbox
from oms.money import quantise
from oms.orders import completing, derived, owed
from oms.orders.contacts import contacts, notice
from oms.orders.models import Order, OrderLine
from oms.shipping.models import Parcel
from oms.supply import receipts, withdrawals
from oms.verification import payments

ZERO = Decimal(0)

_INSIDE = text("""
    SELECT f.id, f.order_id, EXISTS (SELECT 1 FROM fulfilment_line l WHERE l.fulfilment_id = f.id AND l.qty_picked > 0)
           AS has_goods
    FROM fulfilment f
    WHERE f.order_id = ANY(CAST(:orders AS uuid[])) AND f.status NOT IN ('cancelled', 'handed_over', 'collected', 'delivered')
      AND NOT EXISTS (SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id AND p.handed_over_at IS NOT NULL)
    ORDER BY f.id FOR UPDATE OF f
""")

_LINES = text("""
    UPDATE order_line SET qty_cancelled = qty_cancelled + x.qty, qty_backordered = 0
    FROM unnest(CAST(:ids AS uuid[]), CAST(:qtys AS numeric[])) AS x(id, qty) WHERE order_line.id = x.id
""")


def stop(
    session: Session, *, cases: Sequence[Case], spare: Sequence[uuid.UUID], actor: str, now: datetime
) -> tuple[dict[uuid.UUID, list[NewStep]], set[uuid.UUID]]:
    """Stop the lists of which nothing has left; return what `stopping.stop` returns. Parcels on their way go on."""
    live = session.execute(_INSIDE, {"orders": [case.order_id for case in cases]}).all()
    inside = [row.id for row in live]
    statement = select(Parcel.id).where(Parcel.fulfilment_id.in_(inside)).order_by(Parcel.id)
    parcels = list(session.scalars(statement))
    for case in cases:
        own, why = [row.id for row in live if row.order_id == case.order_id], cancelling.why(case, now)
        _promise_of_rest(session, case, why, now)
        steps.cancel(
            session, subject_ids=[case.order_id, *own], by=actor, now=now, kinds=ON_THE_FLOOR, why=why
        )  # fmt: skip
    steps.cancel(session, subject_ids=parcels, by=actor, now=now, kinds=ON_THE_FLOOR, why="order stopped")
    return stopping.take_down(session, live, parcel_ids=parcels, spare=spare, actor=actor, now=now)


def _promise_of_rest(session: Session, case: Case, why: str, now: datetime) -> None:
    """What waits on no list has no promise step of its own: one that we failed is written down, to be missed (K-3)."""
    order = case.order
    due_at = order.first_promised_deliver_at or order.promised_deliver_at
    waits = any(line.qty_backordered > 0 for line in case.lines)
    if why == change_rules.BY_CUSTOMER or due_at is None or not waits:
        return
    if steps.find(session, kind="deliver", subject_ids=[order.id]):
        return
    key = f"{order.id}:rest:{case.request.id}"
    step = NewStep("deliver", order.id, order_id=order.id, due_at=due_at, subject_type="order", key=key)
    steps.open_steps(session, [step], now=now)


def cancel(
    session: Session, *, cases: Sequence[Case], actor: str, now: datetime
) -> defaultdict[uuid.UUID, list[NewStep]]:
    """Cancel what has not left of (locked) orders without goods to put back: promises, supply and money follow.

    Return the steps to open by order.
    """
    ids = [case.order_id for case in cases]
    opens: defaultdict[uuid.UUID, list[NewStep]] = defaultdict(list)
    if not ids:
        return opens
    leaving = remainders.leaving(session, order_ids=ids)
    lines = {line.id: line for case in cases for line in case.lines if remainders.of_line(line, leaving) > 0}
    rest = {line_id: remainders.of_line(line, leaving) for line_id, line in lines.items()}
    keep = {line_id: max(leaving.get(line_id, ZERO) - line.qty_shipped, ZERO) for line_id, line in lines.items()}
    freed = unreserving.keep_only(session, keep=keep, actor=actor, now=now)
    session.execute(_LINES, {"ids": list(rest), "qtys": list(rest.values())})
    withdrawals.withdraw(session, order_ids=ids, actor=actor, now=now)
    derived.refresh(session, order_ids=ids)
    _note(session, cases, rest, actor, now)
    refund = _pay_back(session, cases, rest, actor, now)
    for case in cases:
        worth = _worth(case.order, case.lines, rest)
        payments.owe_less(session, order_id=case.order_id, worth=worth, actor=actor, now=now)
    amending.pay(session, cases=cases, actor=actor, now=now)
    closing = completing.complete(session, order_ids=ids, by=actor, now=now)
    for step in (*refund, *_tell(session, cases, now)):
        opens[step.order_id or step.subject_id].append(step)
    steps.open_steps(session, list(closing.values()), now=now)
    if freed:
        receipts.wake(session, sku_ids=sorted(freed), now=now)
    return opens


def _pay_back(
    session: Session, cases: Sequence[Case], rest: Mapping[uuid.UUID, Decimal], actor: str, now: datetime
) -> list[NewStep]:
    """Ask for what was paid for the rest, unless the sender gave it back itself; of a part a person finds out how much."""
    owing = given_back.owing(session, cases=cases)
    off = {case.order_id: owed.taken_off(session, order_id=case.order_id) for case in cases}
    new = []
    for case in cases:
        most = owing.most.get(case.order_id, ZERO)
        amount = paid_for(case.order, case.lines, rest, off[case.order_id])
        if amount > 0 and (most is None or most > 0):
            key = f"rest:{case.request.id}"
            new.append(NewRefund(key, case.order_id, amount if most is None else min(amount, most), "cancelled"))
    steps = refunds.request(session, new=new, actor=actor, now=now)
    questions.ask(session, questions.GIVEN_BACK_IN_PART, order_ids=owing.in_part, now=now)
    return steps


def paid_for(
    order: Order, lines: Sequence[OrderLine], rest: Mapping[uuid.UUID, Decimal], off: Decimal = ZERO
) -> Decimal:
    """What of the payment is for the rest: its share of the lines, less the order's discount on it; never what is still owed.

    `off`: what came off the order's sum before, since it came back unpaid.
    """
    if not order.currency:
        return ZERO
    value = _worth(order, lines, rest)
    total = order.total or ZERO
    still = max(total - off - value, ZERO)
    paid = order.paid if order.paid is not None else total
    return quantise(max(min(value, paid - still), ZERO), order.currency)


def _worth(order: Order, lines: Sequence[OrderLine], rest: Mapping[uuid.UUID, Decimal]) -> Decimal:
    if not order.currency:
        return ZERO
    values, discount = return_rules.values_of(order, lines), return_rules.discount_of(order)
    units = {line_id: qty for line_id, qty in rest.items() if line_id in values}
    return return_rules.worth(units, values, currency=order.currency, discount=discount)


def _note(
    session: Session, cases: Sequence[Case], rest: Mapping[uuid.UUID, Decimal], actor: str, now: datetime
) -> None:
    notes = [
        lifecycle.Note(
            "order",
            case.order_id,
            "order.rest_cancelled",
            cancelling.why(case, now),
            order_id=case.order_id,
            data={"lines": {str(line.id): str(rest[line.id]) for line in case.lines if line.id in rest}},
        )
        for case in cases
    ]
    lifecycle.note(session, notes, actor=actor, now=now)


def _tell(session: Session, cases: Sequence[Case], now: datetime) -> list[NewStep]:
    """The customers hear what becomes of both parts; what a channel wished to stop and has left is somebody's case."""
    people = contacts(session, order_ids=[case.order_id for case in cases])
    told = {c.order_id: people[c.order_id].language for c in cases if c.request.message_id is not None}
    if told:
        declining.ask_for_recall(session, told, now=now)
    notices = [
        notice(people[case.order_id], key=f"rest_cancelled:{case.request.id}", template="rest_cancelled")
        for case in cases
    ]
    return outbox.put(session, notices=notices, now=now)
