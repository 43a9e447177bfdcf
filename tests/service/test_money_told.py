"""What a channel tells of the money counts whatever becomes of its wish, and what finance recorded it cannot take away (S-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import late_payments
from oms.aftersales.models import Refund
from oms.fulfilment.models import Fulfilment
from oms.invariants.check import check
from oms.money import Money
from oms.orders.models import Order
from tests.factories.changes import apply_all, wish
from tests.factories.floor import make_floor, released
from tests.factories.orders import ADDRESS, make_order
from tests.factories.packed import served_floor
from tests.factories.partly import partly_shipped

UNPAID: dict[str, Any] = {"payment": {"terms": None, "status": "pending"}, "ship_to": ADDRESS}
MONEY = ["refunded_at_most_what_was_paid", "every_move_is_allowed", "nothing_waits_unattended"]


def _payment(status: str) -> dict[str, Any]:
    return {"payment": {"terms": None, "status": status}}


def _tell(
    session: Session, order: Order, now: datetime, wanted: dict[str, Any], *, kind: str = "update", minutes: int = 0
) -> str:
    """The channel, which said at first that nothing is paid, tells this."""
    wish(session, order, now + timedelta(minutes=minutes), kind=kind, wanted={**UNPAID, **wanted})
    [done] = apply_all(session, now, first=lambda session, order_ids: {order.id: UNPAID})
    return done.outcome


def _record(session: Session, order: Order, amount: str, now: datetime, reference: str = "BANK-1") -> None:
    money = Money(Decimal(amount), "CNY")
    late_payments.record(session, order_id=order.id, amount=money, reference=reference, actor="staff:finance", now=now)


def _state(session: Session, order: Order) -> str:
    return session.get_one(Order, order.id, populate_existing=True).payment_status


def _refunds(session: Session) -> list[tuple[Decimal, str]]:
    return [(r.amount, r.status) for r in session.query(Refund).order_by(Refund.id).populate_existing()]


@pytest.fixture
def shipped(session: Session, business_now: datetime) -> Order:
    """An order that its shop sold unpaid, and whose goods are with the carrier."""
    fulfilment = released(session, make_floor(session), business_now, payment_status="pending", paid=Decimal(0))
    session.query(Fulfilment).update({"status": "handed_over"})
    return session.get_one(Order, fulfilment.order_id)


# ------------------------------------------------------------------ what finance recorded


@pytest.mark.parametrize("told", ["voided", "pending"])
def test_what_finance_recorded_goes_back_when_the_shop_that_got_nothing_cancels(
    session: Session, business_now: datetime, told: str
) -> None:
    order = make_order(session, status="awaiting_confirmation", payment_status="pending", paid=Decimal(0))
    _record(session, order, "10.00", business_now)
    assert _tell(session, order, business_now, _payment(told), kind="cancellation") == "applied"
    assert _refunds(session) == [(10, "pending")]
    assert _state(session, order) == "paid"
    assert check(session, names=MONEY) == []


def test_what_the_channel_itself_had_and_voided_is_not_given_back(session: Session, business_now: datetime) -> None:
    order = make_order(session, status="verifying", payment_status="paid")
    assert _tell(session, order, business_now, _payment("voided"), kind="cancellation") == "applied"
    assert (_refunds(session), _state(session, order)) == ([], "voided")


def test_of_a_rest_what_finance_recorded_goes_back_as_well(session: Session, business_now: datetime) -> None:
    order = partly_shipped(session, served_floor(session, qty=2), business_now)
    session.query(Order).filter_by(id=order.id).update({"payment_status": "pending", "paid": 0})
    _record(session, order, "60.00", business_now)
    assert _tell(session, order, business_now, _payment("voided"), kind="cancellation") == "applied"
    assert (_refunds(session), _state(session, order)) == ([(20, "pending")], "paid")
