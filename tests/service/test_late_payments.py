"""Money that arrives for an order that is over goes back (S-2)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import late_payments
from oms.aftersales.models import Refund
from oms.invariants.check import check
from oms.journey.models import Step
from oms.money import Money
from oms.orders.models import Order
from tests.factories.orders import make_order


def _paid(session: Session, order: Order, amount: str, reference: str, now: datetime) -> str:
    sum_ = Money(Decimal(amount), "CNY")
    return late_payments.record(
        session, order_id=order.id, amount=sum_, reference=reference, actor="staff:finance", now=now
    )


@pytest.mark.parametrize("status", ["cancelled", "rejected"])
def test_a_payment_of_an_order_that_is_over_goes_back_once(
    session: Session, business_now: datetime, status: str
) -> None:
    order = make_order(session, status=status, payment_status="pending", paid=Decimal(0))
    for _ in range(2):
        assert _paid(session, order, "10.00", "BANK-1", business_now) == "paid"
    refund = session.query(Refund).one()
    assert (refund.amount, refund.reason, refund.status) == (10, status, "pending")
    assert session.query(Step).filter_by(kind="refund", state="open").one().subject_id == refund.id
    assert _paid(session, order, "2.50", "BANK-2", business_now) == "overpaid"
    assert sorted(r.amount for r in session.query(Refund)) == [Decimal("2.5"), 10]
    assert check(session, names=["refunded_at_most_what_was_paid"]) == []


def test_a_payment_of_an_order_that_lives_stays(session: Session, business_now: datetime) -> None:
    order = make_order(session, status="awaiting_confirmation", payment_status="pending", paid=Decimal(0))
    assert _paid(session, order, "10.00", "BANK-1", business_now) == "paid"
    assert session.query(Refund).count() == 0
