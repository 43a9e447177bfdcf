"""Hand-over: both sign, stock leaves, stopped orders stay; bundles ship whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from connectors.carriage import TrackingEvent
from oms import db
from oms.catalog.models import BundlePart
from oms.db import Database
from oms.documents.models import Document
from oms.errors import Conflict, InputInvalid
from oms.fulfilment.models import Fulfilment
from oms.inventory.models import Reservation, Stock, StockMove
from oms.journey import holds, steps
from oms.journey.holds import NewHold
from oms.journey.models import HistoryEntry, Step
from oms.messages import rendering
from oms.messages.models import Message
from oms.messages.rendering import House
from oms.orders.models import OrderLine
from oms.shipping import booking, closing, handover, list_papers, mending, tracking, voiding
from oms.shipping.booking import Booking
from oms.shipping.mending import Remedy
from oms.shipping.models import HandOverList, Parcel
from tests.factories.at_once import at_once
from tests.factories.floor import Floor, run_kind
from tests.factories.orders import make_sku
from tests.factories.packed import (
    booked,
    checked,
    close,
    handed_over,
    label,
    served_floor,
    sign_both,
    two_booked,
    two_boxes,
)


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session)


def lines(session: Session, parcel: Parcel) -> list[OrderLine]:
    return (
        session.query(OrderLine)
        .filter_by(order_id=parcel.order_id)
        .populate_existing()
        .order_by(OrderLine.position)
        .all()
    )


def sign(session: Session, parcel: Parcel, side: str, now: datetime) -> handover.Signed:
    assert parcel.hand_over_list_id
    return handover.sign(session, list_id=parcel.hand_over_list_id, side=side, signer="Cleo", actor="cleo", now=now)


def test_with_both_signatures_the_goods_leave_the_stock_and_the_promise(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = booked(session, floor, business_now, qty=2)
    assert sign_both(session, parcel, business_now).left == (parcel.id,)
    stock = session.query(Stock).filter_by(sku_id=floor.skus[0].id).populate_existing().one()
    in_bins = session.execute(
        text("SELECT sum(on_hand) FROM bin_stock WHERE sku_id = :s"), {"s": stock.sku_id}
    ).scalar_one()
    assert (stock.on_hand, stock.reserved, in_bins) == (8, 0, 8)
    assert {(line.qty_shipped, line.qty_reserved) for line in lines(session, parcel)} == {(2, 0)}
    assert {
        r.qty_shipped for r in session.query(Reservation).filter_by(order_id=parcel.order_id).populate_existing()
    } == {2}
    assert session.query(StockMove).filter_by(cause="ship").count() == 2


def test_parcel_fulfilment_list_and_steps_say_handed_over(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = booked(session, floor, business_now)
    sign_both(session, parcel, business_now)
    parcel = session.get_one(Parcel, parcel.id, populate_existing=True)
    assert (parcel.label_status, parcel.handed_over_at) == ("used", business_now)
    assert session.get_one(Fulfilment, parcel.fulfilment_id, populate_existing=True).status == "handed_over"
    assert session.get_one(HandOverList, parcel.hand_over_list_id, populate_existing=True).status == "handed_over"
    found = {s.kind: s.state for s in session.query(Step).filter(Step.kind.in_(("hand_over", "pick_up")))}
    assert found == {"hand_over": "done", "pick_up": "open"}
    ledger = session.query(HistoryEntry).filter_by(event="sales_ledger.shipped").one()
    assert ledger.data == {"qty_shipped": {str(line.id): "1.000" for line in lines(session, parcel)}}
    assert len(ledger.data["qty_shipped"]) == 2


def test_the_signed_list_is_filed_once(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = booked(session, floor, business_now)
    sign_both(session, parcel, business_now)
    assert parcel.hand_over_list_id
    for _ in range(2):
        list_papers.file(session, list_id=parcel.hand_over_list_id, by="system", now=business_now)
    paper = session.query(Document).filter_by(kind="hand_over_list").one()
    assert (paper.subject_id, paper.content[:5]) == (parcel.hand_over_list_id, b"%PDF-")


def test_one_signature_moves_nothing(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = booked(session, floor, business_now)
    assert sign(session, parcel, "us", business_now).status == "signed_by_us"
    assert session.query(Stock).filter_by(sku_id=floor.skus[0].id).populate_existing().one().on_hand == 10


def test_signing_twice_moves_nothing_twice(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = booked(session, floor, business_now)
    sign_both(session, parcel, business_now)
    for side in ("us", "carrier"):
        assert sign(session, parcel, side, business_now).left == ()
    assert session.query(StockMove).filter_by(cause="ship").count() == 2


def test_the_carrier_signs_only_what_we_have_signed(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = booked(session, floor, business_now)
    with pytest.raises(Conflict, match="we sign first"):
        sign(session, parcel, "carrier", business_now)


def test_a_signature_without_a_name_is_refused(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = booked(session, floor, business_now)
    assert parcel.hand_over_list_id
    with pytest.raises(InputInvalid):
        handover.sign(session, list_id=parcel.hand_over_list_id, side="us", signer=" ", actor="cleo", now=business_now)


def test_a_list_that_we_signed_takes_no_more_parcels(session: Session, floor: Floor, business_now: datetime) -> None:
    first = booked(session, floor, business_now)
    sign(session, first, "us", business_now)
    second = booked(session, floor, business_now)
    assert second.hand_over_list_id not in (None, first.hand_over_list_id)


def test_an_order_stopped_at_the_last_moment_is_struck_out(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    stopped, other = booked(session, floor, business_now), booked(session, floor, business_now)
    sign(session, stopped, "us", business_now)
    hold = NewHold(stopped.order_id, "fraud", "order_manager", {"en": "x"}, business_now + timedelta(hours=1))
    holds.place(session, [hold], by="meg", now=business_now)
    found = sign(session, stopped, "carrier", business_now)
    assert (found.left, found.struck_out) == ((other.id,), ((stopped.id, "held: fraud"),))
    assert {line.qty_shipped for line in lines(session, stopped)} == {0}
    with pytest.raises(Conflict, match="was stopped"):
        handover.scan(session, code=stopped.number, actor="cleo", now=business_now)


def test_a_parcel_left_behind_joins_the_next_list_by_scan(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    first, second = two_booked(session, floor, business_now)
    handover.leave_behind(session, parcel_id=second.id, reason="no room", actor="cleo", now=business_now)
    sign_both(session, first, business_now)
    assert session.get_one(Fulfilment, first.fulfilment_id, populate_existing=True).status == "labelled"
    again = handover.scan(session, code=str(second.waybill_number), actor="cleo", now=business_now)
    assert again.hand_over_list_id not in (None, first.hand_over_list_id)
    sign_both(session, again, business_now)
    assert session.get_one(Fulfilment, first.fulfilment_id, populate_existing=True).status == "handed_over"


def test_a_waybill_in_small_letters_is_found(session: Session, floor: Floor, business_now: datetime) -> None:
    parcel = booked(session, floor, business_now)
    parcel.waybill_number, parcel.hand_over_list_id = "jd0a1b", None
    session.flush()
    assert handover.scan(session, code="jd0a1b\n", actor="cleo", now=business_now).hand_over_list_id is not None


def test_a_parcel_that_has_left_is_told_as_one_when_it_is_scanned_once_more(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = handed_over(session, floor, business_now)
    with pytest.raises(Conflict, match="has left the house already"):
        handover.scan(session, code=parcel.number, actor="cleo", now=business_now)


def test_a_bundle_ships_when_its_last_part_has_left(session: Session, floor: Floor, business_now: datetime) -> None:
    bundle = make_sku(session, bundle=True)
    for part, qty in zip(floor.skus, (2, 1), strict=True):
        session.add(BundlePart(bundle_id=bundle.id, part_id=part.id, qty=Decimal(qty)))
    session.flush()
    fulfilment = checked(session, Floor(floor.warehouse, floor.carrier, [bundle]), business_now)
    parts = [
        label(session, p, business_now)
        for p in close(session, fulfilment, two_boxes(session, fulfilment), business_now)
    ]
    handover.leave_behind(session, parcel_id=parts[1].id, reason="no room", actor="cleo", now=business_now)
    sign_both(session, parts[0], business_now)
    assert [(line.qty_shipped, line.qty_reserved) for line in lines(session, parts[0])] == [(0, 1)]
    again = handover.scan(session, code=parts[1].number, actor="cleo", now=business_now)
    sign_both(session, again, business_now)
    assert [(line.qty_shipped, line.qty_reserved) for line in lines(session, parts[0])] == [(1, 0)]
    left = {s.sku_id: s.on_hand for s in session.query(Stock).populate_existing()}
    assert [left[part.id] for part in floor.skus] == [8, 9]


def test_every_message_that_shipping_writes_has_its_words(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = booked(session, floor, business_now)
    for status in ("collected", "out_for_delivery", "delivered"):
        scan = TrackingEvent(str(parcel.waybill_number), status, status, business_now)
        tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="poll", now=business_now)
    run_kind(session, "close", closing.close, business_now)
    house = House("Oms", "https://oms.example", ZoneInfo("Asia/Shanghai"))
    told = {
        m.template: rendering.render(m.template, language="zh_Hans", values=m.values, house=house)
        for m in session.query(Message)
    }
    assert told.keys() == {"collected", "out_for_delivery", "delivered", "closed"}
    assert str(parcel.waybill_number) in told["collected"].text
    assert "https://oms.example/survey/" in told["closed"].text


def test_a_parcel_that_joins_while_its_list_is_signed_goes_to_the_next_list(database: Database) -> None:
    with database.transaction() as session:
        now = db.now(session)
        first, second = two_booked(session, served_floor(session), now)
        handover.leave_behind(session, parcel_id=second.id, reason="late", actor="cleo", now=now)

    def join(session: Session) -> None:
        handover.join(session, parcel_ids=[second.id], now=now)

    at_once(database, lambda s: sign(s, first, "us", now), join).result()
    with database.transaction() as session:
        parcel = session.get_one(Parcel, second.id)
        assert parcel.hand_over_list_id not in (None, first.hand_over_list_id)


def half_signed(database: Database) -> tuple[Parcel, Callable[[Session], handover.Signed], Callable[[Session], None]]:
    """A parcel whose list we have signed; the carrier's signature; and how the parcel is left behind."""
    with database.transaction() as session:
        now = db.now(session)
        parcel = booked(session, served_floor(session), now)
        sign(session, parcel, "us", now)

    def stays(session: Session) -> None:
        handover.leave_behind(session, parcel_id=parcel.id, reason="wet", actor="bob", now=now)

    return parcel, lambda session: sign(session, parcel, "carrier", now), stays


def test_a_parcel_that_the_carrier_is_just_signing_for_is_not_left_behind(database: Database) -> None:
    parcel, leaves, stays = half_signed(database)
    with pytest.raises(Conflict, match="still in the house"):
        at_once(database, leaves, stays).result()
    with database.transaction() as session:
        assert session.get_one(Parcel, parcel.id).hand_over_list_id == parcel.hand_over_list_id


def test_a_parcel_that_is_left_behind_just_then_is_not_signed_for(database: Database) -> None:
    parcel, leaves, stays = half_signed(database)
    assert at_once(database, stays, leaves).result().left == ()
    with database.transaction() as session:
        assert session.get_one(Parcel, parcel.id).handed_over_at is None


def test_a_box_whose_label_was_taken_back_leaves_after_the_other(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    first, second = two_booked(session, floor, business_now)
    asked = voiding.request(session, parcel_ids=[second.id], cause="torn", actor="cleo", now=business_now)
    steps.open_steps(session, asked, now=business_now)
    [void] = steps.find(session, kind="void_label", subject_ids=[second.id]).values()
    done = voiding.record(session, step=void, voided=str(second.waybill_number), now=business_now)
    steps.finish(session, [done], by="system", now=business_now)
    sign_both(session, first, business_now)
    scan = TrackingEvent(str(first.waybill_number), "collected", "PU", business_now, None, None)
    tracking.record_events(session, carrier_id=first.carrier_id, events=[scan], way="poll", now=business_now)
    assert session.query(Step).filter_by(kind="collect", subject_id=first.fulfilment_id).one().state == "open"
    mending.mend(session, parcel_id=second.id, remedy=Remedy(), actor="cleo", now=business_now)
    [book] = steps.find(session, kind="book", subject_ids=[second.id]).values()
    assert isinstance(booking.prepare(session, step=book, now=business_now), Booking)
    sign_both(session, label(session, second, business_now), business_now)
    assert session.get_one(Fulfilment, first.fulfilment_id, populate_existing=True).status == "handed_over"


def test_nothing_is_left_to_hand_over_of_a_parcel_that_was_taken_although_its_order_was_held(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = booked(session, floor, business_now)
    hold = NewHold(parcel.order_id, "manual", "order_specialist", {"en": "wait", "zh_Hans": "等"}, business_now)
    holds.place(session, [hold], by="staff:anna", now=business_now)
    scan = TrackingEvent(str(parcel.waybill_number), "collected", "PU", business_now, None, None)
    tracking.record_events(session, carrier_id=parcel.carrier_id, events=[scan], way="poll", now=business_now)
    holds.release_all(session, order_ids=[parcel.order_id], by="staff:anna", now=business_now, why="go on")
    assert session.get_one(Parcel, parcel.id, populate_existing=True).handed_over_at == business_now
    assert session.query(Step).filter_by(kind="hand_over", subject_id=parcel.id).one().state == "cancelled"
