"""The limit from which a refund needs an approval is kept in the house's currency; others are held against it by rate (G-1)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import refunds
from oms.aftersales.refunds import NewRefund
from oms.errors import NotAllowed
from oms.invariants.check import check
from oms.orders.models import Order
from tests.factories.sold import SERVICE, make_sold
from tests.factories.verification import set_policy

FINANCE = "staff:finance"


def _asked(session: Session, amount: str, currency: str, now: datetime) -> uuid.UUID:
    order = make_sold(session, now)
    session.query(Order).update({"currency": currency, "paid": Decimal(100_000), "total": Decimal(100_000)})
    return refunds.ask(session, new=NewRefund("k", order.id, Decimal(amount), "x"), actor=SERVICE, now=now)


@pytest.mark.parametrize(("amount", "currency"), [("999", "CNY"), ("19999", "JPY"), ("124", "EUR")])
def test_what_comes_to_less_than_the_limit_needs_nobody(
    session: Session, business_now: datetime, amount: str, currency: str
) -> None:
    refund_id = _asked(session, amount, currency, business_now)
    refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
    assert check(session, names=["large_refunds_took_two"]) == []


@pytest.mark.parametrize(("amount", "currency"), [("1000", "CNY"), ("20000", "JPY"), ("125", "EUR"), ("1", "KWD")])
def test_what_comes_to_the_limit_or_cannot_be_compared_needs_another_person(
    session: Session, business_now: datetime, amount: str, currency: str
) -> None:
    refund_id = _asked(session, amount, currency, business_now)
    with pytest.raises(NotAllowed, match="another person's approval"):
        refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
    refunds.approve(session, refund_id=refund_id, actor="staff:boss", now=business_now)
    refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
    assert check(session, names=["large_refunds_took_two"]) == []


def test_a_house_of_another_currency_says_so(session: Session, business_now: datetime) -> None:
    set_policy(session, "house.currency", "EUR", business_now)
    refund_id = _asked(session, "999", "EUR", business_now)
    refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
