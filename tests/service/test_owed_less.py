"""Goods that are cancelled or come back before they are paid are owed no more (B-1, S-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import late_payments, refunds
from oms.aftersales.models import Refund, Return, Ticket
from oms.aftersales.refunds import NewRefund
from oms.invariants.check import check
from oms.money import Money
from oms.orders import terms
from oms.orders.models import Order
from oms.verification import facts
from tests.factories.changes import apply_all, wish
from tests.factories.orders import make_order
from tests.factories.packed import served_floor
from tests.factories.partly import partly_shipped
from tests.factories.sold import SERVICE, inspect, make_sold, received
from tests.factories.verification import make_customer


@pytest.fixture
def sold(session: Session, business_now: datetime) -> Order:
    """80.00 of goods, delivered and not paid."""
    order = make_sold(session, business_now)
    _owes(session, order)
    return order


def _owes(session: Session, order: Order, **given: Any) -> None:
    values = {"payment_terms": "account", "payment_status": "none", "paid": None, **given}
    session.query(Order).filter_by(id=order.id).update(values)
    session.expire_all()


def _pays(session: Session, order: Order, amount: str, now: datetime, reference: str = "BANK-1") -> str:
    return late_payments.record(
        session, order_id=order.id, amount=Money(Decimal(amount), "CNY"), reference=reference, actor="staff:finance", now=now
    )  # fmt: skip


def _comes_back(session: Session, order: Order, now: datetime, qty: int = 2) -> None:
    inspect(session, received(session, order, now, qty), now, restock=qty, scrap=0)


def test_who_pays_for_what_was_kept_has_paid(session: Session, sold: Order, business_now: datetime) -> None:
    _comes_back(session, sold, business_now)
    assert (session.query(Refund).count(), session.query(Return).populate_existing().one().status) == (0, "closed")
    assert _pays(session, sold, "60.00", business_now) == "paid"
    assert session.query(Ticket).count() == 0


def test_who_pays_for_what_came_back_is_not_forgotten(session: Session, sold: Order, business_now: datetime) -> None:
    _comes_back(session, sold, business_now)
    for _ in range(2):
        assert _pays(session, sold, "80.00", business_now) == "overpaid"
    assert "came off" in session.query(Ticket).one().subject
    new = NewRefund("k", sold.id, Decimal("20.00"), "paid too much")
    assert refunds.ask(session, new=new, actor=SERVICE, now=business_now)


@pytest.mark.parametrize(("told", "asked"), [("80.00", 1), ("60.00", 0)])
def test_a_channel_that_tells_too_much_as_paid_makes_somebody_ask(
    session: Session, sold: Order, business_now: datetime, told: str, asked: int
) -> None:
    _comes_back(session, sold, business_now)
    totals = {"lines": "80.00", "discount": "0", "shipping": "0", "fees": "0", "tax": "0", "tax_included": True}
    wanted = {"payment": {"terms": "account", "status": "paid"}, "totals": {**totals, "total": "80.00", "paid": told}}
    for minutes in (1, 2):
        wish(session, sold, business_now + timedelta(minutes=minutes), wanted=wanted)
        apply_all(session, business_now)
    assert session.get_one(Order, sold.id).payment_status == "paid"
    assert session.query(Ticket).count() == asked


def test_a_part_payment_that_covers_what_was_kept_pays_it_and_the_rest_goes_back(
    session: Session, sold: Order, business_now: datetime
) -> None:
    _owes(session, sold, payment_status="partially_paid", paid=Decimal(70))
    _comes_back(session, sold, business_now)
    assert session.get_one(Order, sold.id, populate_existing=True).payment_status == "paid"
    assert session.query(Refund).one().amount == 10
    _comes_back(session, sold, business_now)
    assert sorted(refund.amount for refund in session.query(Refund)) == [10, 20]
    assert check(session, names=["refunded_at_most_what_was_paid", "every_move_is_allowed"]) == []


def test_who_pays_for_what_was_sent_has_paid_when_the_rest_was_cancelled(
    session: Session, business_now: datetime
) -> None:
    """Four of six pieces have left: 40.00 of 60.00."""
    order = partly_shipped(session, served_floor(session, qty=2), business_now)
    _owes(session, order)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert session.query(Refund).count() == 0
    assert _pays(session, order, "40.00", business_now) == "paid"
    assert check(session, names=["totals_hold", "every_move_is_allowed"]) == []


def test_what_is_owed_no_more_uses_up_no_credit(session: Session, sold: Order, business_now: datetime) -> None:
    customer = make_customer(session, payment_terms="account")
    _owes(session, sold, customer_id=customer.id, status="closed", closed_at=business_now)
    new = make_order(
        session, customer_id=customer.id, payment_terms="account", status="received", payment_status="none"
    )
    terms.keep_changed(session, order_ids=[sold.id, new.id])

    def exposure() -> tuple[Decimal, datetime | None]:
        who = facts.load(session, order_ids=[new.id], now=business_now)[new.id].customer
        return who.exposure, who.unpaid_since

    assert exposure() == (80, business_now)
    _comes_back(session, sold, business_now, 2)
    assert exposure() == (60, business_now)
    _pays(session, sold, "60.00", business_now)
    assert exposure() == (0, None)
