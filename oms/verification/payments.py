"""Payments that orders wait for: recorded by finance, or told by the channel (C-2)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from oms.errors import Conflict, InputInvalid, NotFound
from oms.journey import lifecycle
from oms.journey import steps as journey
from oms.journey.steps import Done
from oms.money import Money
from oms.orders import locking, owed, rules
from oms.orders.models import Order
from oms.orders.states import GIVEN_BACK
from oms.verification import effect

_KNOWN = text("""
    SELECT data ->> 'amount' FROM history_entry
    WHERE order_id = :order AND event = 'payment.recorded' AND data ->> 'reference' = :reference LIMIT 1
""")
_RECORDED = text("""
    SELECT order_id, sum(CAST(data ->> 'amount' AS numeric)) AS amount FROM history_entry
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND event = 'payment.recorded' GROUP BY order_id
""")
# A channel that says "paid" and names no sum means the order's value.
_ADD = text("""
    UPDATE orders SET paid = :amount + coalesce(paid, CASE WHEN payment_status = ANY(CAST(:whole AS text[])) THEN CAST(:due AS numeric) END, 0)
    WHERE id = :order RETURNING paid
""")
_FULL = ("paid", "overpaid")
_HERE = ("partially_paid", *_FULL)
_WHOLE = (*_FULL, *GIVEN_BACK)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What of an order's payments went back: `ours` by our own refunds, `elsewhere` by the channel, as far as it is known.

    `whole`: nothing was left of them.
    """

    ours: Decimal = NOTHING
    elsewhere: Decimal = NOTHING
    whole: bool = False


def record_payment(
    session: Session,
    *,
    order_id: uuid.UUID,
    amount: Money,
    reference: str,
    actor: str,
    now: datetime,
    back: GivenBack = GivenBack(),
) -> str:
    """Add a payment to the order and, when it is paid in full, end the step `pay`; return the payment state.

    `reference` (the bank's) makes a payment one of its kind: the same again changes nothing, with another amount it is
    a Conflict. `back`: what was given back before it came; the money that is here decides whether the order is paid.
    """
    if amount.amount <= 0 or not reference.strip():
        raise InputInvalid(
            "a payment needs an amount over 0 and the bank's reference",
            fields={"amount": "an amount over 0", "reference": "the bank's reference"},
        )
    if order_id not in locking.touch(session, order_ids=[order_id]):
        raise NotFound("no such order")
    order = session.get_one(Order, order_id, populate_existing=True)
    if order.currency != amount.currency:
        raise InputInvalid(f"the order is in {order.currency}", fields={"currency": f"pay in {order.currency}"})
    known = recorded(session, order_id=order_id, reference=reference)
    if known is not None and known != amount.amount:
        raise Conflict(f"{reference} was recorded with {known} {amount.currency}: look at it again")
    if known is not None:
        return order.payment_status
    state = _add(session, order, amount.amount, reference, back, actor, now)
    payments_arrived(session, order_ids=[order_id], actor=actor, now=now)
    return state


def recorded(session: Session, *, order_id: uuid.UUID, reference: str) -> Decimal | None:
    """The amount of the payment that was recorded on the order under that reference."""
    amount = session.execute(_KNOWN, {"order": order_id, "reference": reference}).scalar()
    return None if amount is None else Decimal(amount)


def recorded_sums(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Decimal]:
    """What was recorded by hand on each of the orders; one without is missing."""
    rows = session.execute(_RECORDED, {"orders": list(order_ids)})
    return {row.order_id: Decimal(row.amount) for row in rows}


def payments_arrived(session: Session, *, order_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """End the step `pay` of those (locked) orders that are paid by now; return them. A repeat changes nothing."""
    waiting = journey.find(session, kind="pay", subject_ids=order_ids)
    paid = session.execute(
        text("SELECT id FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) AND payment_status IN ('paid', 'overpaid')"),
        {"ids": list(waiting)},
    ).scalars()
    ended = list(paid)
    unsigned = set(
        journey.find(session, kind="sign", subject_ids=ended, states=("open", "claimed", "paused")) if ended else ()
    )
    ready = [order_id for order_id in ended if order_id not in unsigned]
    opens = effect.after_customer(session, order_ids=ready, cause="paid", actor=actor, now=now)
    done = [Done(waiting[o], "paid", tuple(opens.get(o, ()))) for o in ended]
    journey.finish(session, done, by=actor, now=now)
    return ended


def follow_sum(session: Session, *, was_due: Mapping[uuid.UUID, Decimal | None], actor: str, now: datetime) -> None:
    """Judge anew whether (locked) orders are paid, whose sum a person changed here; `was_due` is what it was before.

    More goods for the same money have to be paid, and what is too much now shows as that (C-2, C-5).
    """
    for order_id, before in was_due.items():
        order = session.get_one(Order, order_id, populate_existing=True)
        was, due = order.payment_status, rules.payable(order)
        paid = order.paid if order.paid is not None or was not in _FULL else before
        if due == before or paid is None or was not in _HERE:
            continue
        session.execute(update(Order).where(Order.id == order_id).values(paid=paid))
        lifecycle.advance(
            session, Order, [order_id], to=_state(was, paid, due), axis="payment_status",
            cause="the order's sum was changed", actor=actor, now=now,
        )  # fmt: skip


def owe_less(session: Session, *, order_id: uuid.UUID, worth: Decimal, actor: str, now: datetime) -> Decimal:
    """Take goods of that worth, which a (locked) order does not get or gave back, off what it still owes.

    Return what is left of the worth: it was paid. An order that owes nothing more by that is paid.
    """
    order = session.get_one(Order, order_id, populate_existing=True)
    was, off = order.payment_status, owed.taken_off(session, order_id=order_id)
    less = min(worth, _open(order, off))
    if less <= NOTHING:
        return worth
    data = {"amount": str(less), "currency": order.currency}
    note = lifecycle.Note("order", order_id, owed.EVENT, "goods came off", order_id=order_id, data=data)
    lifecycle.note(session, [note], actor=actor, now=now)
    if was == "partially_paid":
        due = (rules.payable(order) or NOTHING) - off - less
        lifecycle.advance(
            session, Order, [order_id], to=_state(was, order.paid or NOTHING, due), axis="payment_status",
            cause="the order's sum was changed", actor=actor, now=now,
        )  # fmt: skip
    return worth - less


def _open(order: Order, off: Decimal) -> Decimal:
    """What is still to be paid of an order of whose sum so much has come `off`; nothing where the sender said "paid"."""
    if order.payment_status in _FULL or (order.payment_status in GIVEN_BACK and order.paid is None):
        return NOTHING
    return max((rules.payable(order) or NOTHING) - off - (order.paid or NOTHING), NOTHING)


def _add(
    session: Session, order: Order, amount: Decimal, reference: str, back: GivenBack, actor: str, now: datetime
) -> str:
    was, due = order.payment_status, rules.payable(order)
    if due is not None:
        due -= owed.taken_off(session, order_id=order.id)
    params = {"order": order.id, "amount": amount, "due": due, "whole": list(_WHOLE)}
    paid: Decimal = session.execute(_ADD, params).scalar_one()
    state = _state(was, paid - back.ours - back.elsewhere, due)
    data = {"amount": str(amount), "currency": order.currency, "reference": reference}
    if back.elsewhere:
        data["given_elsewhere"] = str(back.elsewhere)
    note = lifecycle.Note("order", order.id, "payment.recorded", "payment", order_id=order.id, data=data)
    lifecycle.note(session, [note], actor=actor, now=now)
    lifecycle.advance(
        session,
        Order,
        [order.id],
        to=state,
        axis="payment_status",
        cause="payment recorded",
        actor=actor,
        now=now,
    )
    session.expire(order)
    return state


def _state(was: str, here: Decimal, due: Decimal | None) -> str:
    """The payment state of an order of which so much money is `here`, of what is `due`; an unknown sum is never paid."""
    if due is None or here < due:
        return "partially_refunded" if was in GIVEN_BACK else "partially_paid"
    return "paid" if here == due else "overpaid"
