"""What a channel tells of the money counts whatever becomes of its wish, and what finance recorded it cannot take away (S-2)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from connectors.base import ChannelOrder, Kind
from oms.aftersales import late_payments, refunds
from oms.aftersales.models import Refund, Ticket
from oms.db import new_id
from oms.errors import Conflict
from oms.fulfilment.models import Fulfilment
from oms.intake import inbox, rules
from oms.intake.inbox import NewMessage
from oms.intake.rules import Became, Known
from oms.invariants.check import check
from oms.journey import holds
from oms.journey.models import Step
from oms.money import Money
from oms.orders.models import ChangeRequest, Finding, Order, OrderLine
from tests.connectors.order_messages import shopify_order, woo_order
from tests.factories.changes import apply_all, ask, decide, pick, wish, wished_line
from tests.factories.floor import confirmed_order, make_floor, released, run_kind
from tests.factories.orders import ADDRESS, make_channel, make_order
from tests.factories.packed import served_floor
from tests.factories.partly import partly_shipped
from workers.intake import accept

TOTALS = {"lines": "20.00", "discount": "0.00", "shipping": "0.00", "fees": "0.00", "tax": "0.00", "tax_included": True,
          "total": "20.00", "paid": "0.00"}  # fmt: skip
UNPAID: dict[str, Any] = {"payment": {"terms": None, "status": "pending"}, "ship_to": ADDRESS, "totals": TOTALS}
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


# ------------------------------------------------------------------ beside a wish that is not carried out


def test_a_payment_told_with_a_change_that_comes_too_late_is_kept(
    session: Session, shipped: Order, business_now: datetime
) -> None:
    moved = {"ship_to": {**ADDRESS, "lines": ["新地址 9 号"]}}
    assert _tell(session, shipped, business_now, {**_payment("paid"), **moved}) == "declined"
    assert _state(session, shipped) == "paid"
    order = session.get_one(Order, shipped.id)
    assert order.ship_to == ADDRESS


def test_what_the_shop_gave_back_with_a_cancellation_that_comes_too_late_is_not_paid_again(
    session: Session, shipped: Order, business_now: datetime
) -> None:
    session.query(Order).update({"payment_status": "paid", "paid": 20})
    assert _tell(session, shipped, business_now, _payment("refunded"), kind="cancellation") == "declined"
    assert _state(session, shipped) == "refunded"
    assert session.query(Ticket).count() == 1


def test_what_the_shop_gave_back_for_a_rest_is_known(session: Session, business_now: datetime) -> None:
    order = partly_shipped(session, served_floor(session, qty=2), business_now)
    assert _tell(session, order, business_now, _payment("refunded"), kind="cancellation") == "applied"
    assert (_refunds(session), _state(session, order)) == ([], "refunded")
    assert {line.qty_cancelled for line in session.query(OrderLine)} == {1}


def test_of_a_rest_that_the_shop_gave_back_in_part_a_person_finds_out_how_much(
    session: Session, business_now: datetime
) -> None:
    order = partly_shipped(session, served_floor(session, qty=2), business_now)
    assert _tell(session, order, business_now, _payment("partially_refunded"), kind="cancellation") == "applied"
    assert (_refunds(session), _state(session, order)) == ([], "partially_refunded")
    assert any("Part of the payment" in ticket.subject for ticket in session.query(Ticket))


def test_a_payment_told_with_a_change_that_the_manager_declines_is_kept(
    session: Session, business_now: datetime
) -> None:
    floor = make_floor(session)
    fulfilment = released(session, floor, business_now, qty=2, payment_status="pending", paid=Decimal(0))
    pick(session, fulfilment, business_now, stops=1)
    order = session.get_one(Order, fulfilment.order_id)
    less = {"lines": [wished_line("1", floor.skus[0].code, 1)]}
    assert _tell(session, order, business_now, {**_payment("paid"), **less}) == "approval"
    request = session.query(ChangeRequest).one()
    decide(session, request.id, business_now, approve=False)
    assert _state(session, order) == "paid"
    assert session.get_one(ChangeRequest, request.id, populate_existing=True).status == "declined"
    assert {line.qty for line in session.query(OrderLine)} == {2}
    assert holds.standing(session, order_ids=[order.id]) == {}
    assert session.query(Step).filter_by(kind="apply_change", state="open").count() == 0


# ------------------------------------------------------------------ of an order that is over


@pytest.fixture
def cancelled(session: Session, business_now: datetime) -> Order:
    """An order of 20.00 that the desk cancelled; what was paid waits to be given back."""
    order = confirmed_order(session, make_floor(session), business_now)
    decide(session, ask(session, order, business_now), business_now)
    assert _refunds(session) == [(20, "pending")]
    return order


def test_what_the_shop_gives_back_of_an_order_that_the_desk_cancelled_does_not_go_back_twice(
    session: Session, cancelled: Order, business_now: datetime
) -> None:
    assert _tell(session, cancelled, business_now, _payment("refunded"), kind="cancellation", minutes=1) == "applied"
    assert _state(session, cancelled) == "refunded"
    with pytest.raises(Conflict, match="given back already"):
        refunds.pay_out(session, refund_id=session.query(Refund).one().id, actor="staff:finance", now=business_now)


def _deliver(session: Session, channel_id: Any, topic: str, order: dict[str, Any], now: datetime) -> None:
    topics = {"x-shopify-topic": topic, "x-wc-webhook-topic": topic}
    message = NewMessage(str(new_id()), "webhook", json.dumps(order).encode(), topics)
    inbox.receive(session, channel_id=channel_id, received=[message], now=now)
    run_kind(session, "accept", lambda session, *, steps, now: accept(session, steps, now), now)


def test_a_shop_that_cancels_first_and_pays_back_later_is_heard_both_times(
    session: Session, business_now: datetime
) -> None:
    channel = make_channel(session, source="shopify", currency="EUR")
    _deliver(session, channel.id, "orders/create", shopify_order(), business_now)
    gone = {"cancelled_at": "2026-11-22T09:05:00+01:00"}
    told = shopify_order(**gone, updated_at="2026-11-22T09:05:00+01:00")
    _deliver(session, channel.id, "orders/cancelled", told, business_now)
    apply_all(session, business_now)
    assert [status for _, status in _refunds(session)] == ["pending"]
    back = shopify_order(**gone, updated_at="2026-11-22T09:09:00+01:00", financial_status="refunded")
    _deliver(session, channel.id, "orders/updated", back, business_now + timedelta(minutes=4))
    apply_all(session, business_now + timedelta(minutes=4))
    assert _state(session, session.query(Order).one()) == "refunded"
    assert session.query(Refund).count() == 1
    assert check(session, names=MONEY) == []


def test_an_order_that_is_cancelled_and_then_refunded_is_not_taken_up_again(
    session: Session, business_now: datetime
) -> None:
    """WooCommerce calls an order that was paid back whole `refunded`, and no longer `cancelled`."""
    channel = make_channel(session, source="woocommerce")
    for minute, status in enumerate(("processing", "cancelled", "refunded")):
        told = woo_order(status=status, date_modified_gmt=f"2026-11-22T09:0{minute}:00")
        now = business_now + timedelta(minutes=minute)
        _deliver(session, channel.id, "order.updated", told, now)
        apply_all(session, now)
    order = session.query(Order).one()
    assert (order.status, order.payment_status, session.query(Ticket).count()) == ("cancelled", "refunded", 0)
    assert session.query(Refund).count() == 1


def test_a_cancellation_with_other_words_is_news_and_one_with_the_same_is_none() -> None:
    told = ChannelOrder(channel="c", source="shopify", channel_order_id="1", kind=Kind.CANCELLATION, version="6")
    known = Known(True, "5", b"a", cancelled=True)
    assert rules.decide(known, told, b"b")[0] is Became.CANCELLED
    assert rules.decide(known, told, b"a")[0] is Became.SUPERSEDED


def test_a_cancellation_told_again_asks_nobody_again(session: Session, shipped: Order, business_now: datetime) -> None:
    session.query(Order).update({"payment_status": "paid", "paid": 20})
    assert _tell(session, shipped, business_now, _payment("paid"), kind="cancellation") == "declined"
    again = _payment("refunded")
    assert _tell(session, shipped, business_now, again, kind="cancellation", minutes=1) == "applied"
    assert (_state(session, shipped), session.query(Ticket).count()) == ("refunded", 1)


@pytest.mark.parametrize("more", [{}, {"buyer_message": "paid at last"}])
def test_what_is_paid_in_the_shop_for_an_order_that_was_cancelled_here_goes_back(
    session: Session, business_now: datetime, more: dict[str, Any]
) -> None:
    order = confirmed_order(session, make_floor(session), business_now, payment_status="pending", paid=Decimal(0))
    decide(session, ask(session, order, business_now), business_now)
    assert _refunds(session) == []
    wanted = {**_payment("paid"), "totals": {**TOTALS, "paid": "20.00"}, **more}
    assert _tell(session, order, business_now, wanted, minutes=1) == "applied"
    assert (_refunds(session), _state(session, order)) == ([(20, "pending")], "paid")
    assert session.query(Step).filter_by(kind="refund", state="open").count() == 1
    assert check(session, names=MONEY) == []


def test_what_is_paid_for_an_order_that_its_shop_sent_itself_stays(session: Session, business_now: datetime) -> None:
    order = make_order(session, status="rejected", payment_status="pending", paid=Decimal(0))
    finding = {"severity": "hold", "owner": "order_specialist", "field": "lines", "en": "sent", "zh_hans": "已发"}
    session.add(Finding(order_id=order.id, round=0, rule="sent_already", found_at=business_now, **finding))
    session.flush()
    assert _tell(session, order, business_now, _payment("paid")) == "applied"
    assert (_refunds(session), _state(session, order)) == ([], "paid")


def test_of_what_comes_late_nothing_goes_back_that_finance_kept_before(
    session: Session, cancelled: Order, business_now: datetime
) -> None:
    """Of the cancelled order the costs were kept, as agreed; then the customer pays 5.00 once more by mistake."""
    kept = session.query(Refund).one()
    refunds.refuse(
        session, refund_id=kept.id, reason="made to order, costs agreed", actor="staff:finance", now=business_now
    )
    _record(session, cancelled, "5.00", business_now, "BANK-2")
    assert _refunds(session) == [(20, "refused"), (5, "pending")]
