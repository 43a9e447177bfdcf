"""Money that arrives for an order that is over, or of which money was given back (S-2)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import late_payments, refunds
from oms.aftersales.models import Refund, Ticket
from oms.aftersales.refunds import NewRefund
from oms.errors import Conflict
from oms.invariants.check import check
from oms.journey.models import Step
from oms.money import Money
from oms.orders.models import Order
from oms.orders.states import undoes
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


def _given_back(session: Session, order: Order, amount: str, now: datetime) -> None:
    """We pay so much back ourselves."""
    new = NewRefund(f"back:{amount}", order.id, Decimal(amount), "price difference")
    refund_id = refunds.ask(session, new=new, actor="staff:service", now=now)
    refunds.pay_out(session, refund_id=refund_id, actor="staff:finance", now=now)


def _state(session: Session, order: Order) -> tuple[str, Decimal | None]:
    found = session.get_one(Order, order.id, populate_existing=True)
    return found.payment_status, found.paid


def test_money_that_comes_after_all_of_it_went_back_goes_back_as_well(session: Session, business_now: datetime) -> None:
    order = make_order(session, status="cancelled", payment_status="paid", paid=Decimal(10))
    _given_back(session, order, "10.00", business_now)
    for _ in range(2):
        assert _paid(session, order, "2.50", "BANK-2", business_now) == "partially_refunded"
    refund = session.query(Refund).filter_by(status="pending").one()
    assert refund.amount == Decimal("2.5")
    refunds.pay_out(session, refund_id=refund.id, actor="staff:finance", now=business_now)
    assert _state(session, order) == ("refunded", Decimal("12.5"))
    assert check(session, names=["refunded_at_most_what_was_paid", "every_move_is_allowed"]) == []


def test_money_that_comes_after_the_shop_gave_all_back_goes_back_alone(
    session: Session, business_now: datetime
) -> None:
    """A refund that still waited when the shop paid is not paid out beside it."""
    order = make_order(session, status="cancelled", payment_status="paid", paid=Decimal(10))
    waiting = refunds.ask(
        session, new=NewRefund("k", order.id, Decimal(4), "x"), actor="staff:service", now=business_now
    )
    session.query(Order).update({"payment_status": "refunded"})
    assert _paid(session, order, "2.50", "BANK-2", business_now) == "partially_refunded"
    assert session.get_one(Refund, waiting, populate_existing=True).status == "refused"
    assert [r.amount for r in session.query(Refund).filter_by(status="pending")] == [Decimal("2.5")]
    assert session.query(Ticket).count() == 0
    assert _paid(session, order, "1.00", "BANK-3", business_now) == "partially_refunded"
    assert sorted(r.amount for r in session.query(Refund).filter_by(status="pending")) == [1, Decimal("2.5")]


@pytest.mark.parametrize(("back", "state"), [("4.00", "partially_refunded"), ("1.00", "overpaid")])
def test_of_an_order_that_goes_on_a_person_decides_about_the_money(
    session: Session, business_now: datetime, back: str, state: str
) -> None:
    order = make_order(session, status="closed", payment_status="paid", paid=Decimal(10))
    _given_back(session, order, back, business_now)
    for _ in range(2):
        assert _paid(session, order, "2.50", "BANK-2", business_now) == state
    assert _state(session, order) == (state, Decimal("12.5"))
    ticket = session.query(Ticket).one()
    assert (ticket.order_id, "2.50 CNY" in ticket.body, "BANK-2" in ticket.body) == (order.id, True, True)
    assert session.query(Refund).filter_by(status="pending").count() == 0
    refunds.ask(session, new=NewRefund("k", order.id, Decimal("2.50"), "late"), actor="staff:service", now=business_now)


@pytest.mark.parametrize("state", ["voided", "failed"])
@pytest.mark.parametrize(("amount", "became"), [("2.50", "partially_paid"), ("12.50", "overpaid")])
def test_a_payment_after_one_that_came_to_nothing_counts(
    session: Session, business_now: datetime, state: str, amount: str, became: str
) -> None:
    order = make_order(session, status="awaiting_confirmation", payment_status=state, paid=Decimal(0))
    assert _paid(session, order, amount, "BANK-1", business_now) == became


@pytest.mark.parametrize(
    ("was", "told", "late"),
    [("refunded", "paid", True), ("refunded", "partially_refunded", True), ("partially_refunded", "paid", True),
     ("partially_refunded", "refunded", False), ("paid", "partially_paid", False)],
)  # fmt: skip
def test_what_others_tell_never_undoes_that_money_went_back(was: str, told: str, late: bool) -> None:
    assert undoes(was, told) is late


def test_another_amount_under_a_known_reference_is_refused(session: Session, business_now: datetime) -> None:
    """It is another payment, or one of the two was keyed wrongly: taken for a repeat it would be lost."""
    order = make_order(session, status="awaiting_confirmation", payment_status="pending", paid=Decimal(0))
    _paid(session, order, "4.00", "BANK-1", business_now)
    with pytest.raises(Conflict, match=r"BANK-1 was recorded with 4\.00 CNY"):
        _paid(session, order, "6.00", "BANK-1", business_now)
    assert _state(session, order) == ("partially_paid", Decimal(4))


def test_a_cent_does_not_pay_an_order_of_which_the_sender_named_no_total(
    session: Session, business_now: datetime
) -> None:
    order = make_order(session, status="verifying", payment_status="pending", paid=None, total=None)
    assert _paid(session, order, "0.01", "BANK-1", business_now) == "partially_paid"
    assert _paid(session, order, "9.99", "BANK-2", business_now) == "paid"
    unknown = make_order(session, status="verifying", payment_status="pending", paid=None, total=None, lines_total=None)
    assert _paid(session, unknown, "0.01", "BANK-1", business_now) == "partially_paid"


def test_a_payment_beside_one_of_which_no_sum_was_told_is_too_much(session: Session, business_now: datetime) -> None:
    order = make_order(session, status="confirmed", payment_status="paid", paid=None)
    assert _paid(session, order, "2.50", "BANK-1", business_now) == "overpaid"
    assert _state(session, order) == ("overpaid", Decimal("12.5"))


def test_of_a_payment_that_is_too_much_a_person_is_asked_once(session: Session, business_now: datetime) -> None:
    order = make_order(session, status="confirmed", payment_status="pending", paid=Decimal(0))
    for _ in range(2):
        assert _paid(session, order, "12.00", "BANK-1", business_now) == "overpaid"
    assert "More was paid" in session.query(Ticket).one().subject
