"""Money back, apart from the goods (S-2): asked for, approved when it is much, paid out by finance; never more than paid."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms import db
from oms.aftersales import questions
from oms.aftersales.models import Refund, Return
from oms.errors import Conflict, InputInvalid, NotAllowed, NotFound
from oms.journey import lifecycle, policy, steps
from oms.journey.steps import Done, NewStep
from oms.messages import outbox
from oms.money import minor_digits, minor_unit, quantise
from oms.orders import derived, locking
from oms.orders.contacts import contacts, notice
from oms.orders.models import Order
from oms.verification.payments import GivenBack

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class NewRefund:
    """`key` makes it one of its kind; `amount` None: all that was paid and is not given back yet."""

    key: str
    order_id: uuid.UUID
    amount: Decimal | None
    reason: str
    return_id: uuid.UUID | None = None
    ticket_id: uuid.UUID | None = None


# What came, and of it what went back elsewhere: noted with a payment that came after the channel gave all back.
_CAME = f"""
    SELECT id, currency, payment_status, coalesce(
        paid, CASE WHEN payment_status IN ('paid', 'overpaid', 'partially_refunded', 'refunded')
              THEN {derived.PAYABLE.format(orders="orders")} END, 0) AS paid,
        (SELECT coalesce(max(CAST(h.data ->> 'given_elsewhere' AS numeric)), 0) FROM history_entry h
         WHERE h.order_id = orders.id AND h.event = 'payment.recorded') AS elsewhere
    FROM orders WHERE id = ANY(CAST(:ids AS uuid[]))
"""
# What may still go back: paid, less every refund that was not refused. Channels tell what was paid before refunds, so of
# an order that is refunded nothing is left, whoever gave it back; `unclear`: they gave back a part that we do not know.
_LEFT = text(f"""
    SELECT o.id, o.currency, o.payment_status, o.paid, o.elsewhere, r.given,
           CASE WHEN o.payment_status = 'refunded' THEN 0 ELSE o.paid - r.asked - o.elsewhere END AS left_over,
           o.payment_status = 'partially_refunded' AND r.given = 0 AND o.elsewhere = 0 AS unclear
    FROM ({_CAME}) o
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount), 0) AS asked, coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS given
        FROM refund WHERE refund.order_id = o.id AND refund.status IN ('pending', 'succeeded')) r
""")


# What of an order one person had given back without anybody's approval.
_UNAPPROVED = text("""
    SELECT coalesce(sum(amount), 0) FROM refund
    WHERE order_id = :order_id AND requested_by = :by AND approved_by IS NULL AND status = 'succeeded'
""")


def given_back(session: Session, *, order_id: uuid.UUID) -> GivenBack:
    """What of a (locked) order's payments went back so far. Of one that is refunded all did, whoever paid it back."""
    row = session.execute(_LEFT, {"ids": [order_id]}).one()
    whole = row.payment_status == "refunded"
    return GivenBack(row.given, max(row.paid - row.given, ZERO) if whole else row.elsewhere, whole)


def request(session: Session, *, new: Sequence[NewRefund], actor: str, now: datetime) -> list[NewStep]:
    """Write pending refunds of (locked) orders, cut to what is left of the payment; return the steps `refund` to open.

    An order of which nothing is left to give back gets none; a repeat of a key writes and opens nothing. Where the
    channel gave back a part that we do not know, customer service gets a ticket instead.
    """
    left = {row.id: row for row in session.execute(_LEFT, {"ids": [n.order_id for n in new]})} if new else {}
    unclear = [n for n in new if left[n.order_id].unclear and left[n.order_id].left_over > ZERO]
    questions.ask(session, questions.GIVEN_BACK_IN_PART, order_ids=[n.order_id for n in unclear], now=now)
    return _write(session, [n for n in new if n not in unclear], left, actor, now)


def _write(
    session: Session, new: Sequence[NewRefund], left: Mapping[uuid.UUID, Any], actor: str, now: datetime
) -> list[NewStep]:
    rows = [row for n in new if (row := _row(n, left[n.order_id], actor, now)) is not None]
    if not rows:
        return []
    statement = pg_insert(Refund).on_conflict_do_nothing(index_elements=["key"])
    written = set(session.execute(statement.returning(Refund.id), rows).scalars())
    made = [row for row in rows if row["id"] in written]
    notes = [
        lifecycle.Note("refund", r["id"], "refund.requested", r["reason"], order_id=r["order_id"], became="pending",
                       data={"amount": str(r["amount"]), "currency": r["currency"]})
        for r in made
    ]  # fmt: skip
    lifecycle.note(session, notes, actor=actor, now=now)
    return [NewStep("refund", r["id"], order_id=r["order_id"]) for r in made]


def _row(new: NewRefund, left: Any, actor: str, now: datetime) -> dict[str, Any] | None:
    if left.currency is None:
        return None
    amount = left.left_over if new.amount is None else min(new.amount, left.left_over)
    amount = amount.quantize(minor_unit(left.currency), rounding=ROUND_DOWN)
    if amount <= ZERO:
        return None
    return {
        "id": db.new_id(),
        "key": new.key,
        "order_id": new.order_id,
        "return_id": new.return_id,
        "ticket_id": new.ticket_id,
        "amount": amount,
        "currency": left.currency,
        "reason": new.reason,
        "status": "pending",
        "requested_by": actor,
        "requested_at": now,
    }


def ask(session: Session, *, new: NewRefund, actor: str, now: datetime) -> uuid.UUID:
    """A person asks for money back (price difference, compensation); return the refund.

    InputInvalid over what was paid, and for an amount finer than the currency.
    """
    locking.touch(session, order_ids=[new.order_id])
    left = session.execute(_LEFT, {"ids": [new.order_id]}).one_or_none()
    if left is None:
        raise NotFound("no such order")
    _refuse_amount(new.amount, left)
    opened = _write(session, [new], {new.order_id: left}, actor, now)
    if not opened:
        raise Conflict("this refund was asked for already")
    steps.open_steps(session, opened, now=now)
    return opened[0].subject_id


def _refuse_amount(amount: Decimal | None, left: Any) -> None:
    """InputInvalid for an amount that cannot be given back, naming what can."""
    if left.currency is None:
        raise Conflict("the order has no currency yet: nothing can be given back")
    if amount is None or not ZERO < amount <= left.left_over:
        most = max(left.left_over, ZERO).quantize(minor_unit(left.currency), rounding=ROUND_DOWN)
        hint = f"more than 0 and at most {most}, what was paid and not given back"
    elif quantise(amount, left.currency) != amount:
        hint = f"{left.currency} has {minor_digits(left.currency)} decimals"
    else:
        return
    raise InputInvalid("that amount cannot be refunded", fields={"amount": hint})


def approve(session: Session, *, refund_id: uuid.UUID, actor: str, now: datetime) -> None:
    """Another person approves a refund from `refund.approval_value` on (G-1). A repeat by the same person changes nothing."""
    refund = _locked(session, refund_id)
    if actor == refund.requested_by:
        raise NotAllowed("who asks for a refund may not approve it: another person must")
    if refund.approved_by == actor:
        return
    if refund.status != "pending":
        raise Conflict(f"the refund is {refund.status}: there is nothing to approve")
    session.execute(update(Refund).where(Refund.id == refund_id).values(approved_by=actor))
    note = lifecycle.Note("refund", refund_id, "refund.approved", "approved", order_id=refund.order_id)
    lifecycle.note(session, [note], actor=actor, now=now)


def pay_out(session: Session, *, refund_id: uuid.UUID, actor: str, now: datetime, reference: str = "") -> None:
    """Finance has paid the money back: ends the step `refund`. Raises NotAllowed without the approval it needs.

    `reference` is the bank's, kept in history.
    """
    refund = _locked(session, refund_id)
    step = steps.find(session, kind="refund", subject_ids=[refund_id]).get(refund_id)
    if step is None or refund.status != "pending":
        raise Conflict(f"the refund is {refund.status}: it waits for no payout")
    _refuse_given_back(session, refund)
    _refuse_unapproved(session, refund, actor, now)
    told = {"reference": reference} if reference else None
    lifecycle.advance(session, Refund, [refund_id], to="succeeded", cause="paid out", actor=actor, now=now, data=told)
    session.execute(update(Refund).where(Refund.id == refund_id).values(paid_out_at=now))
    _move_payment(session, refund.order_id, actor, now)
    if refund.return_id is not None:
        lifecycle.advance(
            session, Return, [refund.return_id], to="settled", cause="paid out", actor=actor, now=now, lenient=True
        )
    steps.finish(session, [Done(step, "paid_out")], by=actor, now=now)
    steps.open_steps(session, _tell(session, refund, now), now=now)


def refuse(session: Session, *, refund_id: uuid.UUID, reason: str, actor: str, now: datetime) -> None:
    """Finance refuses a refund, with its reason; ends the step `refund`, and the return that it was for."""
    if not reason.strip():
        raise InputInvalid("say why it is refused", fields={"reason": "say why"})
    refund = _locked(session, refund_id)
    step = steps.find(session, kind="refund", subject_ids=[refund_id]).get(refund_id)
    if step is None or refund.status != "pending":
        raise Conflict(f"the refund is {refund.status}: it waits for no payout")
    lifecycle.advance(session, Refund, [refund_id], to="refused", cause=reason[:500], actor=actor, now=now)
    if refund.return_id is not None:
        lifecycle.advance(
            session, Return, [refund.return_id], to="closed", cause=reason[:500], actor=actor, now=now, lenient=True
        )
    steps.finish(session, [Done(step, "refused", error=reason[:500])], by=actor, now=now)


def refuse_overtaken(session: Session, *, order_id: uuid.UUID, now: datetime) -> None:
    """Refuse what still waits for its payout on a (locked) order whose payment the channel gave back whole."""
    waiting = select(Refund.id).where(Refund.order_id == order_id, Refund.status == "pending").order_by(Refund.id)
    for refund_id in session.scalars(waiting).all():
        refuse(session, refund_id=refund_id, reason="the channel gave the payment back", actor="system", now=now)


def of_orders(session: Session, *, order_ids: Sequence[uuid.UUID]) -> Sequence[Refund]:
    """The orders' refunds, the oldest first."""
    return session.scalars(select(Refund).where(Refund.order_id.in_(order_ids)).order_by(Refund.id)).all()


def _locked(session: Session, refund_id: uuid.UUID) -> Refund:
    order_id = session.scalar(select(Refund.order_id).where(Refund.id == refund_id))
    if order_id is None:
        raise NotFound("no such refund")
    locking.touch(session, order_ids=[order_id])
    return session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)


def _refuse_given_back(session: Session, refund: Refund) -> None:
    """While a refund waits, the shop may give the money back itself: it must not go twice."""
    state = session.scalar(select(Order.payment_status).where(Order.id == refund.order_id))
    if state == "refunded":
        raise Conflict("the payment was given back already, by the channel: refuse this refund")


def _refuse_unapproved(session: Session, refund: Refund, actor: str, now: datetime) -> None:
    numbers = policy.read(session, now)
    limit = numbers.decimal("refund.approval_value")
    # One sum in small parts is that sum.
    params = {"order_id": refund.order_id, "by": refund.requested_by}
    before: Decimal = session.execute(_UNAPPROVED, params).scalar_one()
    worth = numbers.worth().of(refund.amount + before, refund.currency)
    if worth is not None and worth < limit:
        return
    if refund.approved_by is None and worth is None:
        raise NotAllowed(
            f"nobody has said what {refund.currency} is worth: a refund in it needs another person's approval"
        )
    if refund.approved_by is None:
        raise NotAllowed(f"a refund of {limit} or more needs another person's approval first")
    if refund.approved_by == actor:
        raise NotAllowed("who approved a refund may not pay it out: another person must")


def _move_payment(session: Session, order_id: uuid.UUID, actor: str, now: datetime) -> None:
    row = session.execute(_LEFT, {"ids": [order_id]}).one()
    state = "refunded" if row.given + row.elsewhere >= row.paid else "partially_refunded"
    lifecycle.advance(
        session, Order, [order_id], to=state, cause="refund paid out", actor=actor, now=now,
        axis="payment_status", lenient=True,
    )  # fmt: skip


def _tell(session: Session, refund: Refund, now: datetime) -> list[NewStep]:
    person = contacts(session, order_ids=[refund.order_id])[refund.order_id]
    told = notice(
        person,
        key=f"refunded:{refund.id}",
        template="refunded",
        amount=str(refund.amount),
        currency=refund.currency,
    )
    return outbox.put(session, notices=[told], now=now)
