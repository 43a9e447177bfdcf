"""A payment is recorded; one that arrives for an order that is over becomes a refund (C-2, S-2)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from oms.aftersales import refunds
from oms.aftersales.refunds import NewRefund
from oms.journey import steps
from oms.money import Money
from oms.orders import locking
from oms.verification import payments

#: Nothing will be shipped for the money.
OVER = frozenset({"cancelled", "rejected"})


def record(session: Session, *, order_id: uuid.UUID, amount: Money, reference: str, actor: str, now: datetime) -> str:
    """Record a payment (see `payments.record_payment`); return the payment state. The same reference counts once."""
    state = payments.record_payment(
        session, order_id=order_id, amount=amount, reference=reference, actor=actor, now=now
    )
    _, status = locking.touch(session, order_ids=[order_id])[order_id]
    if status in OVER:
        back = NewRefund(f"late:{order_id}:{reference}", order_id, None, status)
        steps.open_steps(session, refunds.request(session, new=[back], actor=actor, now=now), now=now)
    return state
