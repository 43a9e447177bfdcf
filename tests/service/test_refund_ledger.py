"""What may still go back: our own refunds and the shop's are told apart, and nothing goes back twice or never (I16)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import refunds, rejections, returns
from oms.aftersales.models import Refund, Return, Ticket
from oms.aftersales.refunds import NewRefund
from oms.errors import Conflict, InputInvalid, NotAllowed
from oms.invariants.check import check
from oms.journey import lifecycle
from oms.orders.models import Order, OrderLine
from oms.verification import decisions
from tests.factories.changes import apply_all, wish
from tests.factories.floor import confirmed_order, make_floor
from tests.factories.sold import SERVICE, ask_back, code_of, inspect, make_sold, received
from tests.factories.verification import DIRECTOR, make_house, make_web_order, open_step, verified

FINANCE = "staff:finance"
MONEY = [
    "refunded_at_most_what_was_paid",
    "who_asked_did_not_approve",
    "every_move_is_allowed",
    "state_is_fold_of_history",
]


def _is_sound(session: Session) -> bool:
    """What is told of the money; the parcel of a sold order is written by hand and has no history."""
    assert [wrong for wrong in check(session, names=MONEY) if not wrong.subject.startswith("parcel")] == []
    return True


def _waiting(session: Session) -> dict[str, Decimal]:
    return {r.reason: r.amount for r in session.query(Refund).filter_by(status="pending").populate_existing()}


def _given_back(session: Session, order: Order, amount: str, now: datetime, key: str = "k") -> None:
    """We pay so much back ourselves."""
    new = NewRefund(key, order.id, Decimal(amount), "price difference")
    refund_id = refunds.ask(session, new=new, actor=SERVICE, now=now)
    refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=now)
    session.expire_all()


def _told(session: Session, order: Order, state: str, now: datetime) -> None:
    """The shop says that it gave money back itself."""
    lifecycle.advance(
        session,
        Order,
        [order.id],
        to=state,
        axis="payment_status",
        cause="told by the channel",
        actor="system",
        now=now,
    )
    session.expire_all()


@pytest.fixture
def order(session: Session, business_now: datetime) -> Order:
    """An order of 100.00, paid and in effect."""
    return confirmed_order(session, make_floor(session), business_now, qty=5)


@pytest.fixture
def sold(session: Session, business_now: datetime) -> Order:
    """An order of 4 + 4 pieces for 80.00 that was delivered."""
    return make_sold(session, business_now)


@pytest.mark.parametrize(("paid", "rest"), [(Decimal(100), 90), (None, 90)])
def test_what_we_gave_back_before_a_cancellation_is_taken_off(
    session: Session, order: Order, business_now: datetime, paid: Decimal | None, rest: int
) -> None:
    session.query(Order).update({"paid": paid})
    _given_back(session, order, "10.00", business_now)
    assert session.get_one(Order, order.id).payment_status == "partially_refunded"
    wish(session, order, business_now, kind="cancellation")
    assert [done.outcome for done in apply_all(session, business_now)] == ["applied"]
    assert _waiting(session) == {"cancelled": rest}
    assert _is_sound(session)


def test_all_of_it_goes_back_in_two_parts(session: Session, order: Order, business_now: datetime) -> None:
    _given_back(session, order, "10.00", business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    rest = session.query(Refund).filter_by(status="pending").one()
    refunds.pay_out(session, refund_id=rest.id, actor=FINANCE, now=business_now)
    session.expire_all()
    assert session.get_one(Order, order.id).payment_status == "refunded"
    with pytest.raises(InputInvalid) as refused:
        refunds.ask(session, new=NewRefund("x", order.id, Decimal(1), "more"), actor=SERVICE, now=business_now)
    assert "at most 0.00" in refused.value.fields["amount"]
    assert _is_sound(session)


def test_a_sum_that_was_not_told_is_the_orders_total_also_after_a_part_went_back(
    session: Session, sold: Order, business_now: datetime
) -> None:
    session.query(Order).update({"paid": None})
    _given_back(session, sold, "10.00", business_now)
    assert inspect(session, received(session, sold, business_now), business_now, restock=2, scrap=0) is not None
    assert _waiting(session) == {"faulty": 20}
    assert _is_sound(session)


def test_what_the_shop_gave_back_is_not_paid_again_for_a_return(
    session: Session, sold: Order, business_now: datetime
) -> None:
    return_id = received(session, sold, business_now)
    _told(session, sold, "refunded", business_now)
    assert inspect(session, return_id, business_now, restock=2, scrap=0) is None
    assert session.get_one(Return, return_id, populate_existing=True).status == "closed"
    assert (session.query(Refund).count(), session.query(Ticket).count()) == (0, 0)


def test_what_the_shop_gave_back_is_not_paid_again_for_a_rejection(session: Session, business_now: datetime) -> None:
    order = make_web_order(session, make_house(session), payment_status="refunded", buyer_message="?")
    verified(session, order, business_now)
    step = open_step(session, "review", order)
    rejections.decide(
        session, step_id=step.id, token=step.token, decision=decisions.Decision("reject", "no"), actor=DIRECTOR,
        roles=["order_specialist", "general_manager"], now=business_now,
    )  # fmt: skip
    assert session.query(Refund).count() == 0
    assert check(session, names=[*MONEY[:3], "no_order_forgotten", "nothing_reserved_for_ended_orders"]) == []


def test_of_a_part_that_the_shop_gave_back_a_person_finds_out_how_much(
    session: Session, sold: Order, business_now: datetime
) -> None:
    return_id = received(session, sold, business_now)
    _told(session, sold, "partially_refunded", business_now)
    assert inspect(session, return_id, business_now, restock=2, scrap=0) is None
    ticket = session.query(Ticket).one()
    assert (ticket.order_id, ticket.status, "gave" in ticket.body or "given" in ticket.body) == (sold.id, "new", True)
    refunds.ask(session, new=NewRefund("k", sold.id, Decimal(20), "rest"), actor=SERVICE, now=business_now)
    assert _waiting(session) == {"rest": 20}
    assert _is_sound(session)


@pytest.mark.parametrize(
    ("said", "back", "tickets"), [("paid", 1, 0), ("refunded", 0, 0), ("partially_refunded", 0, 1)]
)
def test_a_cancellation_that_says_what_became_of_the_money(
    session: Session, order: Order, business_now: datetime, said: str, back: int, tickets: int
) -> None:
    wish(session, order, business_now, kind="cancellation", wanted={"payment": {"terms": None, "status": said}})
    apply_all(session, business_now)
    assert (session.query(Refund).count(), session.query(Ticket).count()) == (back, tickets)
    assert _is_sound(session)


def test_a_cancellation_that_names_no_sum_leaves_what_was_paid(
    session: Session, order: Order, business_now: datetime
) -> None:
    totals = dict.fromkeys(("lines", "discount", "shipping", "fees", "tax", "total", "paid")) | {"tax_included": True}
    wanted = {"payment": {"terms": None, "status": None}, "totals": totals}
    wish(session, order, business_now, kind="cancellation", wanted=wanted)
    apply_all(session, business_now)
    assert session.get_one(Order, order.id).paid == 100
    assert _waiting(session) == {"cancelled": 100}


def test_a_refund_that_waits_is_not_paid_once_the_shop_gave_all_back(
    session: Session, sold: Order, business_now: datetime
) -> None:
    new = NewRefund("k", sold.id, Decimal(20), "price difference")
    refund_id = refunds.ask(session, new=new, actor=SERVICE, now=business_now)
    _told(session, sold, "refunded", business_now)
    with pytest.raises(Conflict, match="given back already"):
        refunds.pay_out(session, refund_id=refund_id, actor=FINANCE, now=business_now)
    refunds.refuse(session, refund_id=refund_id, reason="the shop paid", actor=FINANCE, now=business_now)
    assert _is_sound(session)


# ------------------------------------------------------------------ amounts


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "333"), ("CNY", "333.33"), ("KWD", "333.333")])
def test_a_third_is_counted_in_the_currencys_own_units(
    session: Session, sold: Order, business_now: datetime, currency: str, amount: str
) -> None:
    return_id = received(session, sold, business_now, qty=1)
    session.query(Order).update(
        {"currency": currency, "paid": Decimal(2000), "total": Decimal(2000), "lines_total": 2000}
    )
    session.query(OrderLine).update({"total": Decimal(4000) / 3})  # of four pieces
    inspect(session, return_id, business_now, restock=1, scrap=0)
    assert _waiting(session) == {"faulty": Decimal(amount)}


@pytest.mark.parametrize(
    ("currency", "amount"), [("CNY", "10.005"), ("CNY", "0.00001"), ("JPY", "0.5"), ("KWD", "1.0001")]
)
def test_an_amount_finer_than_the_currency_is_refused(
    session: Session, sold: Order, business_now: datetime, currency: str, amount: str
) -> None:
    session.query(Order).update({"currency": currency})
    with pytest.raises(InputInvalid) as refused:
        refunds.ask(session, new=NewRefund("k", sold.id, Decimal(amount), "x"), actor=SERVICE, now=business_now)
    assert f"{currency} has " in refused.value.fields["amount"]
    assert session.query(Refund).count() == 0


def test_an_amount_with_zeros_behind_it_is_not_too_fine(session: Session, sold: Order, business_now: datetime) -> None:
    refunds.ask(session, new=NewRefund("k", sold.id, Decimal("10.500"), "x"), actor=SERVICE, now=business_now)
    assert _waiting(session) == {"x": Decimal("10.50")}


def test_a_discount_on_the_whole_order_is_taken_off_what_comes_back(
    session: Session, sold: Order, business_now: datetime
) -> None:
    session.query(Order).update({"discount": Decimal(20), "total": Decimal(60), "paid": Decimal(60)})
    inspect(session, received(session, sold, business_now, qty=2), business_now, restock=2, scrap=0)
    assert _waiting(session) == {"faulty": 15}  # 2 of 8 pieces, of 60.00


def test_pieces_that_did_not_come_may_be_sent_back_later(session: Session, sold: Order, business_now: datetime) -> None:
    return_id = ask_back(session, sold, business_now, 4)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=business_now)
    arrived = [returns.Arrived(code_of(session, sold), Decimal(3))]
    returns.receive(session, return_id=return_id, arrived=arrived, actor="staff:bob", now=business_now)
    with pytest.raises(InputInvalid):
        ask_back(session, sold, business_now, 1)  # they may lie in the parcel still
    inspect(session, return_id, business_now, restock=3, scrap=0)
    with pytest.raises(InputInvalid):
        ask_back(session, sold, business_now, 2)
    assert isinstance(ask_back(session, sold, business_now, 1), uuid.UUID)


@pytest.mark.parametrize(("currency", "sums"), [("CNY", ["3.33", "3.34", "3.33"]), ("JPY", ["3", "4", "3"])])
def test_what_comes_back_piece_by_piece_is_worth_what_was_paid(
    session: Session, business_now: datetime, currency: str, sums: list[str]
) -> None:
    order = make_sold(session, business_now, qty=3)
    session.query(OrderLine).update({"total": Decimal(10)})
    session.query(Order).update({"currency": currency, "paid": 20, "total": 20, "lines_total": 20})
    given = []
    for _ in range(3):
        inspect(session, received(session, order, business_now, qty=1), business_now, restock=1, scrap=0)
        given.append(session.query(Refund).order_by(Refund.id.desc()).first())
    assert [refund.amount for refund in given if refund] == [Decimal(sum_) for sum_ in sums]


def test_a_large_refund_in_small_parts_needs_the_approval_of_a_large_one(
    session: Session, sold: Order, business_now: datetime
) -> None:
    session.query(Order).update({"paid": Decimal(5000), "total": Decimal(5000)})

    def part(key: str, amount: str, by: str) -> uuid.UUID:
        new = NewRefund(key, sold.id, Decimal(amount), "price difference")
        return refunds.ask(session, new=new, actor=by, now=business_now)

    small, rest, others = part("1", "600", SERVICE), part("2", "400", SERVICE), part("3", "500", "staff:other")
    refunds.pay_out(session, refund_id=small, actor=FINANCE, now=business_now)
    with pytest.raises(NotAllowed, match="approval"):
        refunds.pay_out(session, refund_id=rest, actor=FINANCE, now=business_now)
    refunds.pay_out(session, refund_id=others, actor=FINANCE, now=business_now)
    refunds.approve(session, refund_id=rest, actor="staff:boss", now=business_now)
    refunds.pay_out(session, refund_id=rest, actor=FINANCE, now=business_now)
    assert _is_sound(session)
