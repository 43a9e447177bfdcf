"""A piece that is missing or damaged at the packing table goes the way of a short at the bin, without a stop (A-2, F-2, F-3, F-7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import put_backs
from oms.catalog.models import BundlePart
from oms.db import new_id
from oms.errors import Conflict, InputInvalid, NotFound
from oms.fulfilment import checking, incomplete, missing, release, shorts
from oms.fulfilment.boxing import Box
from oms.fulfilment.missing import Gone
from oms.fulfilment.models import Fulfilment, FulfilmentLine, PickTask
from oms.fulfilment.packing import PackScan
from oms.invariants.check import check
from oms.inventory.models import Bin, Reservation, Stock
from oms.journey import holds
from oms.journey.holds import NewHold
from oms.journey.models import ErrorEvent, HistoryEntry, Step
from oms.orders.models import Order, OrderLine
from oms.parties.models import Channel
from oms.shipping.models import Parcel
from oms.supply import backorders, receipts
from oms.supply.receipts import Receipt
from tests.factories.changes import WORKER, apply_all, check_all, living_steps, pack, pick, unbalanced, wish
from tests.factories.floor import Floor, confirmed_order, released, run_kind, to_the_floor
from tests.factories.orders import make_channel, make_sku
from tests.factories.packed import close, served_floor

PACKER = "staff:0197a1b2-0000-7000-8000-000000000002"


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session, qty=2)


@pytest.fixture
def in_parts(session: Session) -> Channel:
    """A channel that takes an order in parts."""
    return make_channel(session, settings={"partial_shipment": "true"})


def _at_table(session: Session, floor: Floor, now: datetime, **given: Any) -> Fulfilment:
    """Two pieces of each SKU, picked: all that the house has."""
    fulfilment = released(session, floor, now, qty=2, **given)
    pick(session, fulfilment, now)
    return session.get_one(Fulfilment, fulfilment.id, populate_existing=True)


def _line(session: Session, fulfilment: Fulfilment, place: int = 0) -> FulfilmentLine:
    own = session.query(FulfilmentLine).filter_by(fulfilment_id=fulfilment.id).order_by(FulfilmentLine.id)
    return own.populate_existing().all()[place]


def _gone(
    session: Session, line: FulfilmentLine, now: datetime, *, qty: int | str = 1, reason: str = "missing"
) -> None:
    gone = Gone(line.id, Decimal(qty), reason)
    missing.report(session, fulfilment_id=line.fulfilment_id, gone=gone, actor=PACKER, now=now)
    session.expire_all()


def _receive(session: Session, floor: Floor, sku_id: object, qty: int, now: datetime) -> None:
    task = session.query(PickTask).filter_by(sku_id=sku_id).first()
    assert task is not None
    goods = [Receipt(f"GRN-{sku_id}", floor.warehouse.id, task.sku_id, task.bin_id, Decimal(qty))]
    receipts.receive(session, receipts=goods, actor=WORKER, now=now)
    run_kind(session, "wake", receipts.wake_orders, now)


def _sent_after(session: Session, floor: Floor, first: Fulfilment, now: datetime) -> Fulfilment:
    """What was missing has come, and is picked as a part of its own."""
    to_the_floor(session, floor, now)
    second = session.query(Fulfilment).filter(Fulfilment.id != first.id).one()
    pick(session, second, now)
    return second


def test_stock_promise_and_line_fall_by_what_is_missing_and_it_is_sought_again(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = _at_table(session, floor, business_now)
    line = _line(session, fulfilment)
    _gone(session, line, business_now)
    assert (line.qty_picked, line.qty_short, line.qty_packed) == (1, 1, 0)
    stock = session.get_one(Stock, (floor.warehouse.id, line.sku_id))
    assert (stock.on_hand, stock.reserved) == (1, 1)
    order_line = session.get_one(OrderLine, line.order_line_id)
    assert (order_line.qty_reserved, order_line.qty_backordered, order_line.qty_picked) == (1, 1, 1)
    assert living_steps(session, session.get_one(Order, fulfilment.order_id)).keys() == {
        "short_pick",
        "collect",
        "deliver",
    }
    assert (unbalanced(session), check(session)) == ([], [])


def test_what_is_left_waits_for_the_missing_piece_and_is_packed_with_it(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    first = _at_table(session, floor, business_now)
    line = _line(session, first)
    _gone(session, line, business_now)
    assert (first.status, incomplete.is_put_aside(session, fulfilment_id=first.id)) == ("short", True)
    with pytest.raises(Conflict, match="put the rest aside"):
        check_all(session, first, business_now)
    scan = PackScan(str(new_id()), first.id, "any")
    assert checking.check(session, scans=[scan], actor=WORKER, now=business_now) == ["not_yours"]
    run_kind(session, "short_pick", shorts.source_again, business_now)
    assert [d.outcome for d in run_kind(session, "allocate", backorders.allocate, business_now)] == ["short"]
    assert check(session) == []
    _receive(session, floor, line.sku_id, 1, business_now)
    second = _sent_after(session, floor, first, business_now)
    packs = session.query(Step).filter_by(kind="pack", subject_id=first.id).order_by(Step.round)
    assert [(step.state, step.outcome) for step in packs] == [("done", "short"), ("open", None)]
    assert not incomplete.is_put_aside(session, fulfilment_id=first.id)
    for part in (first, second):
        pack(session, part, business_now)
    assert session.query(Parcel).count() == 2
    assert check(session) == []


def test_it_may_be_missing_twice_and_each_time_the_rest_is_put_aside(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    first = _at_table(session, floor, business_now)
    for place in (0, 1):
        line = _line(session, first, place)
        _gone(session, line, business_now)
        run_kind(session, "short_pick", shorts.source_again, business_now)
        run_kind(session, "allocate", backorders.allocate, business_now)
        _receive(session, floor, line.sku_id, 1, business_now)
        run_kind(session, "allocate", backorders.allocate, business_now)
        run_kind(session, "release", release.release, business_now)
    packs = session.query(Step).filter_by(kind="pack", subject_id=first.id).order_by(Step.round)
    assert [step.outcome for step in packs] == ["short", "short", None]
    pack(session, session.get_one(Fulfilment, first.id), business_now)
    assert check(session) == []


def test_of_an_order_that_may_come_in_parts_the_packing_goes_on(
    session: Session, floor: Floor, in_parts: Channel, business_now: datetime
) -> None:
    fulfilment = _at_table(session, floor, business_now, channel_id=in_parts.id)
    for _ in range(2):
        _gone(session, _line(session, fulfilment), business_now)
    steps = living_steps(session, session.get_one(Order, fulfilment.order_id))
    assert steps.keys() == {"short_pick", "pack", "collect", "deliver"}
    run_kind(session, "short_pick", shorts.source_again, business_now)
    pack(session, fulfilment, business_now)
    assert session.get_one(Fulfilment, fulfilment.id, populate_existing=True).status == "packed"
    assert (unbalanced(session), check(session)) == ([], [])


@pytest.mark.parametrize("taken_in_parts", [False, True])
def test_a_list_of_which_nothing_is_left_ends_and_its_order_waits_as_before_its_release(
    session: Session, floor: Floor, in_parts: Channel, business_now: datetime, taken_in_parts: bool
) -> None:
    given: dict[str, Any] = {"channel_id": in_parts.id} if taken_in_parts else {}
    fulfilment = _at_table(session, replace(floor, skus=floor.skus[:1]), business_now, **given)
    _gone(session, _line(session, fulfilment), business_now, qty=2)
    order = session.get_one(Order, fulfilment.order_id)
    assert (fulfilment.status, order.status) == ("cancelled", "confirmed")
    promises = session.query(Step).filter_by(kind="collect", state="open")
    assert {step.subject_id for step in promises} == {order.id}
    assert living_steps(session, order).keys() == {"short_pick", "collect", "deliver"}
    assert (unbalanced(session), check(session)) == ([], [])


def test_a_piece_that_broke_after_it_was_checked_is_taken_out_again(
    session: Session, floor: Floor, in_parts: Channel, business_now: datetime
) -> None:
    fulfilment = _at_table(session, floor, business_now, channel_id=in_parts.id)
    check_all(session, fulfilment, business_now)
    line = _line(session, fulfilment)
    _gone(session, line, business_now, reason="damaged")
    assert (line.qty_picked, line.qty_packed, line.qty_short) == (1, 1, 1)
    [parcel] = close(session, fulfilment, [Box("M", 120 + 3 * 300)], business_now)
    assert parcel.weight_g == 1020
    assert (unbalanced(session), check(session)) == ([], [])


@pytest.mark.parametrize(("reason", "blamed"), [("missing", [WORKER]), ("damaged", []), ("expired", [])])
def test_the_picker_answers_for_what_never_came_to_the_table_and_nobody_for_what_broke(
    session: Session, floor: Floor, business_now: datetime, reason: str, blamed: list[str]
) -> None:
    fulfilment = _at_table(session, floor, business_now)
    line = _line(session, fulfilment)
    _gone(session, line, business_now, reason=reason)
    found = session.query(ErrorEvent).all()
    assert [one.person for one in found] == blamed
    assert all((one.stage, one.caught) == ("pick", True) for one in found)
    assert [task.short_reason for task in session.query(PickTask).filter_by(sku_id=line.sku_id)] == [reason]
    [told] = session.query(HistoryEntry).filter_by(event="fulfilment.missing").all()
    assert (told.actor, told.cause, told.data["qty"]) == (PACKER, reason, "1")


def test_of_what_was_picked_at_two_bins_the_last_one_is_missing_first(
    session: Session, floor: Floor, in_parts: Channel, business_now: datetime
) -> None:
    sku = floor.skus[0]
    other = Bin(warehouse_id=floor.warehouse.id, code="Z-09")
    session.add(other)
    session.flush()
    goods = [Receipt("GRN-1", floor.warehouse.id, sku.id, other.id, Decimal(2))]
    receipts.receive(session, receipts=goods, actor=WORKER, now=business_now)
    fulfilment = released(session, replace(floor, skus=[sku]), business_now, qty=4, channel_id=in_parts.id)
    for minute in range(2):
        pick(session, fulfilment, business_now + timedelta(minutes=minute), stops=1)
    for left in ([2, 1], [2, 0], [1, 0]):
        _gone(session, _line(session, fulfilment), business_now)
        assert [task.qty_picked for task in session.query(PickTask).order_by(PickTask.picked_at)] == left
    assert (unbalanced(session), check(session)) == ([], [])


@pytest.mark.parametrize("qty", ["0", "-1", "2.001", "3", "0.0001", "1.0005"])
def test_no_more_is_missing_than_was_picked(session: Session, floor: Floor, business_now: datetime, qty: str) -> None:
    fulfilment = _at_table(session, floor, business_now)
    with pytest.raises(InputInvalid, match="so many") as refused:
        _gone(session, _line(session, fulfilment), business_now, qty=qty)
    assert refused.value.fields == {"qty": "more than 0 and at most 2, what was picked of it"}


def test_a_line_of_another_list_an_unknown_list_and_no_reason_are_refused(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    line = _line(session, _at_table(session, floor, business_now))
    for fulfilment_id, gone, fault in [
        (line.fulfilment_id, Gone(new_id(), Decimal(1), "missing"), InputInvalid),
        (new_id(), Gone(line.id, Decimal(1), "missing"), NotFound),
        (line.fulfilment_id, Gone(line.id, Decimal(1), "tired"), InputInvalid),
    ]:
        with pytest.raises(fault):
            missing.report(session, fulfilment_id=fulfilment_id, gone=gone, actor=PACKER, now=business_now)
    assert session.query(ErrorEvent).count() == 0


def test_of_a_stopped_order_nothing_is_reported_missing(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = _at_table(session, floor, business_now)
    hold = NewHold(fulfilment.order_id, "manual", "specialist", {"en": "wait", "zh_Hans": "等"}, business_now)
    holds.place(session, [hold], by="staff:anna", now=business_now)
    with pytest.raises(Conflict, match="stopped"):
        _gone(session, _line(session, fulfilment), business_now)


def test_what_is_packed_already_is_reported_missing_no_more(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = _at_table(session, floor, business_now)
    pack(session, fulfilment, business_now)
    with pytest.raises(Conflict, match="nothing to pack"):
        _gone(session, _line(session, fulfilment), business_now)


def test_an_order_that_is_stopped_afterwards_has_put_back_what_is_there_and_no_more(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = _at_table(session, floor, business_now)
    _gone(session, _line(session, fulfilment), business_now, qty=2)
    order = session.get_one(Order, fulfilment.order_id)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert [stop.qty for stop in put_backs.list_of(session, fulfilment_id=fulfilment.id)] == [2]
    put_backs.put_back_done(session, fulfilment_ids=[fulfilment.id], actor=WORKER, now=business_now)
    apply_all(session, business_now)
    assert session.get_one(Order, order.id).status == "cancelled"
    assert (unbalanced(session), check(session)) == ([], [])


def test_of_a_set_whose_part_is_missing_only_that_part_is_wanted_again(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    bundle = make_sku(session, bundle=True)
    session.add_all([BundlePart(bundle_id=bundle.id, part_id=sku.id, qty=1) for sku in floor.skus])
    order = confirmed_order(session, replace(floor, skus=[bundle]), business_now, qty=2)
    to_the_floor(session, floor, business_now)
    fulfilment = session.query(Fulfilment).one()
    pick(session, fulfilment, business_now)
    _gone(session, _line(session, fulfilment), business_now)
    line = session.query(OrderLine).filter_by(order_id=order.id).one()
    assert (line.qty_picked, line.qty_reserved, line.qty_backordered) == (1, 1, 1)
    assert sorted(r.qty - r.qty_released for r in session.query(Reservation)) == [1, 2]
    assert (unbalanced(session), check(session)) == ([], [])
