"""A payment is recorded, also one that nothing is owed for: of an order that is over it becomes a refund (C-2, S-2)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from oms.aftersales import questions, refunds, tickets
from oms.aftersales.refunds import NewRefund
from oms.aftersales.tickets import NewTicket
from oms.journey import steps
from oms.money import Money
from oms.orders import locking, owed
from oms.orders.contacts import contacts
from oms.verification import payments
from oms.verification.payments import GivenBack

#: Nothing will be shipped for the money.
OVER = frozenset({"cancelled", "rejected"})

_SUBJECT = {"en": "A payment came after money had been given back", "zh_Hans": "退款后又收到付款"}
_BODY = {
    "en": "{amount} came under the reference {reference}, although money of this order has been given back. Find out"
    " whether it is owed; if it is not, ask for a refund of it.",
    "zh_Hans": "本订单已有退款，现又收到付款 {amount}（流水号 {reference}）。请核实是否应收；如非应收，请申请退款。",
}


def record(session: Session, *, order_id: uuid.UUID, amount: Money, reference: str, actor: str, now: datetime) -> str:
    """Record a payment (see `payments.record_payment`); return the payment state. The same reference counts once.

    What comes after money was given back goes back by itself where the order is over, else a person decides; so it is
    with what is too much, as since goods came back, or were cancelled, before they were paid.
    """
    known = order_id in locking.touch(session, order_ids=[order_id])
    back = refunds.given_back(session, order_id=order_id) if known else GivenBack()
    is_new = payments.recorded(session, order_id=order_id, reference=reference) is None
    state = payments.record_payment(
        session, order_id=order_id, amount=amount, reference=reference, actor=actor, now=now, back=back
    )
    if is_new and back.whole:
        refunds.refuse_overtaken(session, order_id=order_id, now=now)
    _, status = locking.touch(session, order_ids=[order_id])[order_id]
    if status in OVER:
        # This payment alone: of what came before, finance may have kept a part for good reason.
        new = NewRefund(f"late:{order_id}:{reference}", order_id, amount.amount, status)
        steps.open_steps(session, refunds.request(session, new=[new], actor=actor, now=now), now=now)
    elif is_new and (back.ours or back.elsewhere):
        _ask_a_person(session, order_id, amount, reference, now)
    elif is_new and state == "overpaid":
        _ask_of_surplus(session, order_id, now)
    return state


def _ask_of_surplus(session: Session, order_id: uuid.UUID, now: datetime) -> None:
    """A person finds out what becomes of it, also where nothing came off the order's sum."""
    if owed.paid_too_much(session, order_ids=[order_id]):
        questions.ask_of_too_much(session, order_ids=[order_id], now=now)
    else:
        questions.ask_of_surplus(session, order_ids=[order_id], now=now)


def _ask_a_person(session: Session, order_id: uuid.UUID, amount: Money, reference: str, now: datetime) -> None:
    """Only a person knows whether a customer pays again for what goes on, or pays by mistake."""
    language = contacts(session, order_ids=[order_id])[order_id].language
    body = _BODY.get(language, _BODY["en"]).format(amount=amount, reference=reference)
    new = NewTicket("question", _SUBJECT.get(language, _SUBJECT["en"]), body, order_id)
    tickets.open_tickets(session, new=[new], actor="system", now=now, tell=False)
