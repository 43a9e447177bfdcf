"""The carrier's scans: once, in any order, at their own time; what they end, open and tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from connectors.carriage import TrackingEvent as Scan
from oms import db
from oms.aftersales import put_backs
from oms.db import Database
from oms.errors import Conflict
from oms.fulfilment.models import Fulfilment
from oms.invariants.check import check
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.messages.models import Message
from oms.orders.models import Order, OrderLine
from oms.shipping import cases, closing, handover, tracking, voiding
from oms.shipping.models import Parcel, TrackingEvent
from tests.factories.at_once import at_once
from tests.factories.changes import apply_all, unbalanced, wish
from tests.factories.floor import Floor, run_kind
from tests.factories.packed import booked, handed_over, served_floor, two_booked

HOUR = timedelta(hours=1)


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session)


def told(session: Session, parcel: Parcel, status: str, at: datetime, now: datetime) -> tracking.Recorded:
    scan = Scan(
        str(parcel.waybill_number), status, status.upper(), at, "Hub", "Li Lei" if status == "delivered" else None
    )
    return tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="webhook", now=now)


def step(session: Session, kind: str, subject: object) -> Step:
    return session.query(Step).filter_by(kind=kind, subject_id=subject).populate_existing().one()


def fresh(session: Session, parcel: Parcel) -> Parcel:
    return session.get_one(Parcel, parcel.id, populate_existing=True)


def test_the_first_scan_ends_collect_at_the_scans_own_time(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now)
    told(session, parcel, "collected", business_now + HOUR, business_now + 3 * HOUR)
    ended = step(session, "collect", parcel.fulfilment_id)
    assert (ended.outcome, ended.finished_at) == ("collected", business_now + HOUR)
    assert fresh(session, parcel).tracking_status == "collected"
    assert session.get_one(Fulfilment, parcel.fulfilment_id, populate_existing=True).status == "collected"


@pytest.mark.parametrize(("days", "promised"), [(1, True), (-1, False)])
def test_a_customer_whose_parcel_leaves_after_its_promise_is_not_told_that_day(
    session: Session, floor: Floor, business_now: datetime, days: int, promised: bool
) -> None:
    parcel = handed_over(session, floor, business_now)
    session.query(Fulfilment).update({"promised_deliver_at": business_now + timedelta(days=days)})
    told(session, parcel, "collected", business_now, business_now)
    message = session.query(Message).filter_by(key=f"collected:{parcel.id}").one()
    assert bool(message.values["promised_deliver_at"]) == promised


def test_customer_and_channel_are_told_of_the_collection_once(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now)
    for _ in range(2):
        told(session, parcel, "collected", business_now + HOUR, business_now + HOUR)
    message = session.query(Message).filter_by(key=f"collected:{parcel.id}").one()
    assert message.values["waybill_number"] == parcel.waybill_number
    assert step(session, "tell", message.id).state == "open"
    assert session.query(Step).filter_by(kind="tell_channel", subject_id=parcel.id).count() == 1


def test_the_customer_is_told_of_the_arrival_before_it(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = handed_over(session, floor, business_now)
    told(session, parcel, "out_for_delivery", business_now, business_now)
    message = session.query(Message).filter_by(key=f"out_for_delivery:{parcel.id}").one()
    assert step(session, "tell", message.id).state == "open"


def test_the_same_scan_told_twice_is_one_row(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = handed_over(session, floor, business_now)
    assert told(session, parcel, "in_transit", business_now, business_now).new == 1
    assert told(session, parcel, "in_transit", business_now, business_now + HOUR).new == 0
    assert session.query(TrackingEvent).filter_by(parcel_id=parcel.id).count() == 1


def test_a_later_scan_means_collected_and_the_late_first_scan_sets_the_time_back(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now)
    told(session, parcel, "in_transit", business_now + 2 * HOUR, business_now + 2 * HOUR)
    assert step(session, "collect", parcel.fulfilment_id).finished_at == business_now + 2 * HOUR
    told(session, parcel, "collected", business_now + HOUR, business_now + 3 * HOUR)
    assert step(session, "collect", parcel.fulfilment_id).finished_at == business_now + HOUR
    assert (fresh(session, parcel).tracking_status, fresh(session, parcel).collected_at) == (
        "in_transit",
        business_now + HOUR,
    )


def test_a_scan_from_a_clock_that_runs_ahead_ends_the_step_now(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now)
    told(session, parcel, "collected", business_now + HOUR, business_now)
    assert step(session, "collect", parcel.fulfilment_id).finished_at == business_now


def test_a_fulfilment_is_collected_when_all_its_parcels_are(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    first, second = two_booked(session, floor, business_now, handed=True)
    told(session, first, "collected", business_now, business_now)
    assert step(session, "collect", first.fulfilment_id).state == "open"
    told(session, second, "collected", business_now + HOUR, business_now + HOUR)
    assert step(session, "collect", first.fulfilment_id).finished_at == business_now + HOUR


def test_delivered_to_the_last_piece_is_closed_and_asked_about(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now, qty=2)
    for status in ("collected", "delivered"):
        told(session, parcel, status, business_now + HOUR, business_now + HOUR)
    order = session.get_one(Order, parcel.order_id, populate_existing=True)
    assert (order.status, order.fulfilment_status) == ("fulfilled", "delivered")
    assert {
        line.qty_delivered for line in session.query(OrderLine).filter_by(order_id=order.id).populate_existing()
    } == {2}
    run_kind(session, "close", closing.close, business_now + HOUR)
    assert session.get_one(Order, order.id, populate_existing=True).closed_at == business_now + HOUR
    assert step(session, "rate_service", order.id).state == "open"
    assert fresh(session, parcel).signed_by == "Li Lei"


def test_half_an_order_delivered_closes_nothing(session: Session, floor: Floor, business_now: datetime) -> None:
    first, second = two_booked(session, floor, business_now, handed=True)
    told(session, first, "delivered", business_now, business_now)
    order = session.get_one(Order, first.order_id, populate_existing=True)
    assert (order.status, order.fulfilment_status) == ("in_fulfilment", "partially_delivered")
    assert session.query(Step).filter_by(kind="close").count() == 0
    told(session, second, "delivered", business_now, business_now)
    assert session.get_one(Order, first.order_id, populate_existing=True).status == "fulfilled"


def test_at_a_locker_is_not_delivered(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = handed_over(session, floor, business_now)
    told(session, parcel, "available_for_pickup", business_now, business_now)
    assert fresh(session, parcel).tracking_status == "available_for_pickup"
    assert step(session, "deliver", parcel.fulfilment_id).state == "open"
    assert session.query(OrderLine).filter_by(order_id=parcel.order_id).first().qty_delivered == 0


def test_goods_scanned_before_the_list_was_signed_have_left(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = booked(session, floor, business_now)
    told(session, parcel, "collected", business_now, business_now)
    assert fresh(session, parcel).handed_over_at == business_now
    assert step(session, "hand_over", parcel.id).outcome == "handed_over"
    assert {
        line.qty_shipped for line in session.query(OrderLine).filter_by(order_id=parcel.order_id).populate_existing()
    } == {1}


def _stop(session: Session, parcel: Parcel, now: datetime, *, back: bool) -> None:
    """Its order is cancelled, its goods may be `back` in their bins, and the carrier will not take the label back."""
    wish(session, session.get_one(Order, parcel.order_id), now, kind="cancellation")
    apply_all(session, now)
    if back:
        put_backs.put_back_done(session, fulfilment_ids=[parcel.fulfilment_id], actor="staff:bob", now=now)
        apply_all(session, now)
    void = steps.find(session, kind="void_label", subject_ids=[parcel.id])[parcel.id]
    kept = voiding.record_refusal(session, step=void, words="too late", now=now)
    steps.finish(session, [kept], by="system", now=now)


@pytest.mark.parametrize("back", [False, True])
def test_a_scan_of_a_parcel_whose_order_was_stopped_is_a_case_and_moves_no_goods(
    session: Session, floor: Floor, business_now: datetime, back: bool
) -> None:
    parcel, other = booked(session, floor, business_now), booked(session, floor, business_now)
    _stop(session, parcel, business_now, back=back)
    scans = [Scan(str(p.waybill_number), "collected", "PU", business_now, "Hub", None) for p in (parcel, other)]
    tracking.record_events(session, carrier_id=floor.carrier.id, events=scans, way="poll", now=business_now)
    assert (fresh(session, parcel).handed_over_at, fresh(session, other).handed_over_at) == (None, business_now)
    cases_of = session.query(Step).filter_by(kind="track_case", subject_id=parcel.id)
    assert {case.key for case in cases_of} == {f"{parcel.id}:void_refused", f"{parcel.id}:stopped"}
    assert unbalanced(session) == []


def test_nobody_hears_that_a_parcel_was_sent_whose_order_was_stopped(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = booked(session, floor, business_now)
    _stop(session, parcel, business_now, back=True)
    for status in ("collected", "out_for_delivery", "delivered"):
        told(session, parcel, status, business_now, business_now)
    assert session.query(Step).filter_by(kind="tell_channel").count() == 0
    assert not {"collected", "out_for_delivery", "delivered"} & {m.template for m in session.query(Message)}
    assert check(session, names=["no_channel_untold"]) == []


def test_a_box_whose_goods_went_back_leaves_with_no_list_although_its_label_is_good(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = booked(session, floor, business_now)
    _stop(session, parcel, business_now, back=True)
    assert fresh(session, parcel).label_status == "purchased"
    with pytest.raises(Conflict, match="went back to their bins"):
        handover.scan(session, code=str(parcel.waybill_number), actor="cleo", now=business_now)
    assert fresh(session, parcel).hand_over_list_id is None


@pytest.mark.parametrize("status", ["delayed", "failed", "lost", "damaged", "return_to_sender"])
def test_trouble_raises_one_case_by_itself(session: Session, floor: Floor, business_now: datetime, status: str) -> None:
    parcel = handed_over(session, floor, business_now)
    for minutes in (0, 5):
        at = business_now + timedelta(minutes=minutes)
        told(session, parcel, status, at, at)
    case = session.query(Step).filter_by(kind="track_case", subject_id=parcel.id).one()
    assert (case.performer, case.state) == ("shipping_clerk", "open")


def test_three_days_without_a_scan_raise_one_case(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = handed_over(session, floor, business_now)
    told(session, parcel, "collected", business_now, business_now)
    carrier = parcel.carrier_id
    assert cases.open_silent(session, carrier_id=carrier, now=business_now + timedelta(days=2, hours=23)) == 0
    assert cases.open_silent(session, carrier_id=carrier, now=business_now + timedelta(days=3, hours=1)) == 1
    assert cases.open_silent(session, carrier_id=carrier, now=business_now + timedelta(days=4)) == 0


def test_a_scan_of_no_parcel_of_ours_is_named_and_changes_nothing(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now)
    scan = Scan("NOBODY-1", "delivered", "DELIVERED", business_now)
    found = tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="poll", now=business_now)
    assert (found.new, found.unknown) == (0, ("NOBODY-1",))


def test_qty_of_a_parcel_left_behind_is_not_shipped(session: Session, floor: Floor, business_now: datetime) -> None:
    first, second = two_booked(session, floor, business_now)
    handover.leave_behind(session, parcel_id=second.id, reason="box torn", actor="cleo", now=business_now)
    told(session, first, "collected", business_now, business_now)
    shipped = sorted(
        line.qty_shipped for line in session.query(OrderLine).filter_by(order_id=first.order_id).populate_existing()
    )
    assert shipped == [Decimal(0), Decimal(1)]


@pytest.mark.parametrize(("minutes", "told_of_it"), [(1, 1), (60, 0)])
def test_a_delivered_parcel_is_announced_only_when_its_scans_crossed(
    session: Session, floor: Floor, business_now: datetime, minutes: int, told_of_it: int
) -> None:
    parcel = handed_over(session, floor, business_now)
    later = business_now + timedelta(minutes=minutes)
    told(session, parcel, "delivered", business_now, business_now)
    told(session, parcel, "out_for_delivery", business_now, later)
    assert session.query(Message).filter_by(key=f"out_for_delivery:{parcel.id}").count() == told_of_it


def test_what_a_carrier_answered_is_written_when_nobody_else_writes_of_these_orders(database: Database) -> None:
    """Who signs a list writes its parcels one after the other too: each would wait for what the other holds."""
    with database.transaction() as session:
        now = db.now(session)
        parcel = booked(session, served_floor(session), now)
        steps.open_steps(session, [NewStep("track", parcel.carrier_id, subject_type="carrier")], now=now)
        [claimed] = steps.claim(session, kind="track", limit=1, lease_s=30, worker="test")
        asking = tracking.prepare(session, step=claimed, now=now)
        assert isinstance(asking, tracking.Asking)

    def record(session: Session) -> None:
        tracking.record_poll(session, step=claimed, asking=asking, events=[], now=now)

    at_once(database, lambda s: s.execute(text("SELECT 1 FROM orders FOR NO KEY UPDATE")), record).result()
    with database.transaction() as session:
        assert session.get_one(Parcel, parcel.id).tracked_at == now
