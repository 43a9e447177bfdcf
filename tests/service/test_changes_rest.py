"""A cancellation when a part has left: the rest is stopped, cancelled and paid back, the part goes on (C-5, C-6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from connectors.carriage import TrackingEvent
from oms.aftersales import put_backs, resting
from oms.aftersales.models import Refund, Ticket
from oms.db import new_id
from oms.errors import Conflict
from oms.fulfilment.models import Fulfilment
from oms.invariants.check import check
from oms.inventory.models import Reservation
from oms.journey import holds, steps
from oms.messages.models import Message
from oms.orders.models import ChangeRequest, Order, OrderLine
from oms.shipping import notices, tracking
from oms.shipping.models import Parcel
from oms.shipping.notices import ChannelNotice
from oms.supply.models import SupplyRequest
from tests.factories.changes import apply_all, ask, decide, living_steps, pack, pick, unbalanced, wish
from tests.factories.floor import Floor
from tests.factories.packed import served_floor, sign_both, two_booked
from tests.factories.partly import partly_shipped, rest_released


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session, qty=2)


def _waits(session: Session, floor: Floor, now: datetime) -> None:
    """Nothing more has come."""


def _on_a_list(session: Session, floor: Floor, now: datetime) -> None:
    rest_released(session, floor, now)


def _picked(session: Session, floor: Floor, now: datetime) -> None:
    pick(session, rest_released(session, floor, now), now)


def _packed(session: Session, floor: Floor, now: datetime) -> None:
    fulfilment = rest_released(session, floor, now)
    pick(session, fulfilment, now)
    pack(session, fulfilment, now)


def _put_back(session: Session, now: datetime) -> None:
    ids = [f.id for f in session.query(Fulfilment).filter_by(status="putback")]
    if ids:
        put_backs.put_back_done(session, fulfilment_ids=ids, actor="staff:bob", now=now)
        apply_all(session, now)


def _deliver(session: Session, floor: Floor, now: datetime) -> None:
    numbers = [p.waybill_number for p in session.query(Parcel).filter(Parcel.handed_over_at.is_not(None))]
    scans = [
        TrackingEvent(n, status, status, now, None, None) for n in numbers for status in ("collected", "delivered")
    ]
    tracking.record_events(session, carrier_id=floor.carrier.id, events=scans, way="webhook", now=now)


Stage = Callable[[Session, Floor, datetime], None]


@pytest.mark.parametrize("stage", [_waits, _on_a_list, _picked, _packed])
def test_the_rest_is_cancelled_and_what_has_left_goes_on(
    session: Session, floor: Floor, business_now: datetime, stage: Stage
) -> None:
    order = partly_shipped(session, floor, business_now)
    stage(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    _put_back(session, business_now)
    assert [(x.qty, x.qty_shipped, x.qty_cancelled, x.qty_backordered, x.qty_reserved)
            for x in session.query(OrderLine)] == [(3, 2, 1, 0, 0)] * 2  # fmt: skip
    assert session.query(ChangeRequest).one().status == "applied"
    assert sum(r.qty - r.qty_released - r.qty_shipped for r in session.query(Reservation)) == 0
    assert {r.status for r in session.query(SupplyRequest)} <= {"withdrawn", "received"}
    assert holds.standing(session, order_ids=[order.id]) == {}
    left = living_steps(session, order)
    assert (
        {"collect", "deliver", "refund"}
        <= left.keys()
        <= {"collect", "deliver", "refund", "ticket_contact", "ticket_pass_on"}
    )
    assert session.query(Refund).one().amount == 20
    assert (unbalanced(session), check(session)) == ([], [])
    _deliver(session, floor, business_now)
    assert session.get_one(Order, order.id, populate_existing=True).status == "fulfilled"
    assert living_steps(session, order)["close"] == "open"
    assert check(session) == []


def test_the_customer_hears_of_both_parts_and_somebody_is_asked_to_recall(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = partly_shipped(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert "rest_cancelled" in {m.template for m in session.query(Message)}
    assert "cancelled" not in {m.template for m in session.query(Message)}
    assert session.query(Ticket).one().order_id == order.id


def test_the_channel_hears_that_nothing_more_comes_when_the_rest_was_in_a_box(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = partly_shipped(session, floor, business_now)
    _packed(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    _put_back(session, business_now)
    _deliver(session, floor, business_now)
    claimed = steps.claim(session, kind="tell_channel", limit=9, lease_s=30, worker="test")
    told = [notices.prepare_channel(session, step=step) for step in claimed]
    assert [one.notice.last for one in told if isinstance(one, ChannelNotice)] == [True, True]


def test_an_order_whose_part_was_delivered_is_complete_without_its_rest(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = partly_shipped(session, floor, business_now)
    _deliver(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert session.get_one(Order, order.id).status == "fulfilled"
    assert living_steps(session, order)["close"] == "open"
    assert check(session) == []


def test_a_second_cancellation_of_the_rest_finds_nothing_left(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = partly_shipped(session, floor, business_now)
    for minutes in (0, 1):
        wish(session, order, business_now + timedelta(minutes=minutes), kind="cancellation")
        apply_all(session, business_now)
    assert sorted(r.status for r in session.query(ChangeRequest)) == ["applied", "superseded"]
    assert (session.query(Refund).count(), session.query(Ticket).count()) == (1, 1)
    assert check(session) == []


def test_the_desk_may_cancel_the_rest_and_nothing_else(session: Session, floor: Floor, business_now: datetime) -> None:
    order = partly_shipped(session, floor, business_now)
    with pytest.raises(Conflict, match="handed over"), session.begin_nested():
        ask(session, order, business_now, kind="update", wanted={"ship_to": {"lines": ["9"]}})
    decide(session, ask(session, order, business_now), business_now)
    assert {line.qty_cancelled for line in session.query(OrderLine)} == {1}
    assert session.query(Ticket).count() == 0
    with pytest.raises(Conflict, match="handed over"), session.begin_nested():
        ask(session, order, business_now)
    assert check(session) == []


def test_what_was_not_paid_yet_is_not_given_back(session: Session, floor: Floor, business_now: datetime) -> None:
    order = partly_shipped(session, floor, business_now)
    session.query(Order).filter_by(id=order.id).update({"payment_status": "partially_paid", "paid": 45})
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert session.query(Refund).one().amount == 5


def test_a_box_beside_one_that_has_left_follows_it(session: Session, business_now: datetime) -> None:
    floor = served_floor(session)
    first, second = two_booked(session, floor, business_now)
    session.query(Parcel).filter_by(id=second.id).update({"hand_over_list_id": None})
    sign_both(session, first, business_now)
    order = session.get_one(Order, first.order_id)
    wish(session, order, business_now, kind="cancellation")
    [done] = apply_all(session, business_now)
    assert done.outcome == "declined"
    assert session.query(Fulfilment).one().status == "labelled"
    assert {line.qty_cancelled for line in session.query(OrderLine)} == {0}


@pytest.mark.parametrize(
    ("paid", "discount", "back"), [(60, 0, 20), (40, 0, 0), (None, 0, 20), (54, 6, 18), (80, 0, 20)]
)
def test_what_is_given_back_is_what_was_paid_for_the_rest(paid: int | None, discount: int, back: int) -> None:
    lines = [OrderLine(id=new_id(), qty=Decimal(3), total=Decimal(30)) for _ in range(2)]
    order = Order(
        total=Decimal(60 - discount), lines_total=Decimal(60), discount=Decimal(discount), currency="CNY",
        tax_included=True, paid=None if paid is None else Decimal(paid),
    )  # fmt: skip
    assert resting.paid_for(order, lines, {line.id: Decimal(1) for line in lines}) == back


@pytest.mark.parametrize(("discount", "back"), [(0, "55.00"), (20, "45.00")])
def test_of_a_discounted_order_the_whole_tax_of_the_rest_goes_back(discount: int, back: str) -> None:
    """100.00 in two lines less the discount, and 5.00 of tax on each: half of it all is the rest's."""
    lines = [OrderLine(id=new_id(), qty=Decimal(1), total=Decimal(50), tax=Decimal(5)) for _ in range(2)]
    total = Decimal(110 - discount)
    order = Order(
        total=total, lines_total=Decimal(100), discount=Decimal(discount), tax=Decimal(10), currency="CNY",
        tax_included=False, paid=total,
    )  # fmt: skip
    assert resting.paid_for(order, lines, {lines[0].id: Decimal(1)}) == Decimal(back)


@pytest.mark.parametrize(("paid", "off", "back"), [(200, 100, 100), (150, 100, 50), (100, 100, 0), (300, 0, 100)])
def test_of_an_order_of_which_goods_came_back_unpaid_the_rest_is_given_back_as_well(
    paid: int, off: int, back: int
) -> None:
    """Three goods at 100 on account, one came back before anything was paid, one is cancelled."""
    lines = [OrderLine(id=new_id(), qty=Decimal(1), total=Decimal(100)) for _ in range(3)]
    order = Order(
        total=Decimal(300), lines_total=Decimal(300), discount=Decimal(0), currency="CNY", tax_included=True,
        paid=Decimal(paid),
    )  # fmt: skip
    assert resting.paid_for(order, lines, {lines[2].id: Decimal(1)}, Decimal(off)) == back
