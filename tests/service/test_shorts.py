"""What is missing at the bin: promises, ledger and lines fall together, whatever the promise was made of (A-2, F-2)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from connectors.carriage import TrackingEvent
from oms.aftersales import put_backs
from oms.catalog.models import BundlePart, Sku
from oms.db import new_id
from oms.errors import Conflict
from oms.fulfilment import paper, picking, release, shorts, waves
from oms.fulfilment.models import Fulfilment, PickTask
from oms.fulfilment.picking import PickScan
from oms.invariants.check import INVARIANTS, check
from oms.invariants.stock import STOCK
from oms.inventory.models import Bin, BinStock, Reservation
from oms.journey import holds
from oms.journey.holds import NewHold
from oms.journey.models import Step
from oms.orders.models import Order, OrderLine
from oms.shipping import tracking
from oms.shipping.models import Parcel
from oms.supply import backorders, receipts
from oms.supply.receipts import Receipt
from tests.factories.changes import apply_all, living_steps, pack, pick, unbalanced, wish
from tests.factories.floor import Floor, confirmed_order, make_floor, released, run_kind
from tests.factories.orders import make_sku
from tests.factories.packed import label, served_floor, sign_both

WORKER = "staff:bob"


def _short(session: Session, task: PickTask, now: datetime) -> None:
    done = shorts.report_short(session, task_id=task.id, reason="not_found", actor=WORKER, now=now)
    picking.settle(session, fulfilment_ids=[done], actor=WORKER, now=now)


def _receive(session: Session, floor: Floor, sku: Sku, qty: int, now: datetime) -> None:
    place = session.query(BinStock).filter(BinStock.sku_id == sku.id).order_by(BinStock.bin_id).first()
    assert place is not None
    goods = [Receipt(f"GRN-{sku.code}", floor.warehouse.id, sku.id, place.bin_id, Decimal(qty))]
    receipts.receive(session, receipts=goods, actor=WORKER, now=now)
    run_kind(session, "wake", receipts.wake_orders, now)


def _to_the_floor(session: Session, floor: Floor, now: datetime) -> None:
    run_kind(session, "allocate", backorders.allocate, now)
    run_kind(session, "release", release.release, now)
    waves.plan_now(session, warehouse_id=floor.warehouse.id)
    run_kind(session, "wave", waves.plan, now)


def test_a_short_of_goods_that_were_promised_in_two_rounds_takes_both_promises_back(
    session: Session, business_now: datetime
) -> None:
    made = make_floor(session, qty=2)
    floor = replace(made, skus=made.skus[:1])
    order = confirmed_order(session, floor, business_now, qty=5)
    run_kind(session, "allocate", backorders.allocate, business_now)
    _receive(session, floor, floor.skus[0], 3, business_now)
    _to_the_floor(session, floor, business_now)
    assert sorted(r.qty for r in session.query(Reservation)) == [2, 3]
    _short(session, session.query(PickTask).one(), business_now)
    assert sum(r.qty - r.qty_released for r in session.query(Reservation).populate_existing()) == 0
    line = session.query(OrderLine).filter_by(order_id=order.id).populate_existing().one()
    assert (line.qty_reserved, line.qty_backordered) == (0, 5)
    assert (unbalanced(session), check(session, names=list(STOCK))) == ([], [])


def _set_order(session: Session, now: datetime, *, qty: int) -> tuple[Floor, Order]:
    """An order of `qty` sets of a cup and a lid, with just as many of each in the house; it is on a list."""
    floor = served_floor(session, qty=qty)
    bundle = make_sku(session, bundle=True)
    session.add_all([BundlePart(bundle_id=bundle.id, part_id=sku.id, qty=1) for sku in floor.skus])
    order = confirmed_order(session, replace(floor, skus=[bundle]), now, qty=qty)
    _to_the_floor(session, floor, now)
    return floor, order


def _pick_with_short(session: Session, now: datetime, missing: Mapping[uuid.UUID, int]) -> Fulfilment:
    """Pick the one list but for so many pieces of SKUs, which are short."""
    for task in session.query(PickTask).order_by(PickTask.stop).all():
        left = task.qty - missing.get(task.sku_id, 0)
        place, sku = session.get_one(Bin, task.bin_id), session.get_one(Sku, task.sku_id)
        if left:
            scanned = PickScan(str(new_id()), task.wave_id, place.code, sku.code, left)
            assert picking.scan(session, scanned=scanned, actor=WORKER, staff_id=None, now=now).answer == "ok"
        if left < task.qty:
            _short(session, task, now)
    session.expire_all()
    return session.query(Fulfilment).one()


def test_sets_that_lack_different_parts_are_short_by_as_many_as_are_not_whole(
    session: Session, business_now: datetime
) -> None:
    floor, order = _set_order(session, business_now, qty=3)
    _pick_with_short(session, business_now, {sku.id: 1 for sku in floor.skus})
    line = session.query(OrderLine).filter_by(order_id=order.id).one()
    assert (line.qty_reserved, line.qty_backordered) == (2, 1)
    assert (unbalanced(session), check(session, names=list(STOCK))) == ([], [])


def test_of_a_set_of_which_a_part_was_short_only_that_part_is_sent_after(
    session: Session, business_now: datetime
) -> None:
    floor, order = _set_order(session, business_now, qty=3)
    cup, lid = floor.skus
    first = _pick_with_short(session, business_now, {cup.id: 1})
    for sku in (cup, lid):
        _receive(session, floor, sku, 5, business_now)
    run_kind(session, "short_pick", shorts.source_again, business_now)
    _to_the_floor(session, floor, business_now)
    second = session.query(Fulfilment).filter(Fulfilment.id != first.id).one()
    pick(session, second, business_now)
    for fulfilment in (first, second):
        pack(session, fulfilment, business_now)
    parcels = [label(session, parcel, business_now) for parcel in session.query(Parcel).all()]
    sign_both(session, parcels[0], business_now)
    line = session.query(OrderLine).filter_by(order_id=order.id).populate_existing().one()
    assert (line.qty_shipped, line.qty_reserved, line.qty_backordered) == (3, 0, 0)
    shipped = {r.sku_id: Decimal(0) for r in session.query(Reservation)}
    for promise in session.query(Reservation).populate_existing():
        shipped[promise.sku_id] += promise.qty_shipped
    assert shipped == {cup.id: 3, lid.id: 3}
    assert (unbalanced(session), check(session, names=list(STOCK))) == ([], [])


def test_a_set_that_was_short_and_is_cancelled_keeps_nothing_promised(session: Session, business_now: datetime) -> None:
    floor, order = _set_order(session, business_now, qty=1)
    fulfilment = _pick_with_short(session, business_now, {floor.skus[0].id: 1})
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    put_backs.put_back_done(session, fulfilment_ids=[fulfilment.id], actor=WORKER, now=business_now)
    apply_all(session, business_now)
    assert session.get_one(Order, order.id).status == "cancelled"
    assert sum(r.qty - r.qty_shipped - r.qty_released for r in session.query(Reservation)) == 0
    assert (unbalanced(session), check(session, names=list(STOCK))) == ([], [])


def _short_stops(session: Session, fulfilment: Fulfilment, now: datetime, *, most: int = 99) -> None:
    tasks = session.query(PickTask).filter_by(fulfilment_id=fulfilment.id).order_by(PickTask.stop).limit(most)
    for task in tasks.all():
        _short(session, task, now)
    session.expire_all()


def test_an_order_is_complete_though_nothing_was_found_at_first(session: Session, business_now: datetime) -> None:
    floor = served_floor(session, qty=2)
    first = released(session, floor, business_now, qty=2)
    order = session.get_one(Order, first.order_id)
    _short_stops(session, first, business_now)
    assert first.status == "cancelled"
    assert {s.subject_id for s in session.query(Step).filter_by(kind="collect", state="open")} == {order.id}
    for sku in floor.skus:
        _receive(session, floor, sku, 2, business_now)
    run_kind(session, "short_pick", shorts.source_again, business_now)
    _to_the_floor(session, floor, business_now)
    second = session.query(Fulfilment).filter(Fulfilment.id != first.id).one()
    pick(session, second, business_now)
    pack(session, second, business_now)
    parcel = label(session, session.query(Parcel).one(), business_now)
    sign_both(session, parcel, business_now)
    scans = [
        TrackingEvent(str(parcel.waybill_number), status, status, business_now, None, None)
        for status in ("collected", "delivered")
    ]
    tracking.record_events(session, carrier_id=floor.carrier.id, events=scans, way="webhook", now=business_now)
    session.expire_all()
    assert order.status == "fulfilled"
    assert living_steps(session, order).keys() & {"collect", "deliver"} == set()
    assert check(session, names=INVARIANTS.keys() - {"a_label_has_its_effect"}) == []


def test_the_rest_of_a_list_that_begins_with_a_short_can_be_confirmed_on_paper(
    session: Session, business_now: datetime
) -> None:
    floor = served_floor(session)
    fulfilment = released(session, floor, business_now, qty=2)
    _short_stops(session, fulfilment, business_now, most=1)
    assert fulfilment.wave_id is not None
    paper.confirm(session, wave_ids=[fulfilment.wave_id], actor=WORKER, now=business_now)
    session.expire_all()
    assert fulfilment.status == "short"
    run_kind(session, "short_pick", shorts.source_again, business_now)
    _to_the_floor(session, floor, business_now)
    pack(session, fulfilment, business_now)
    assert session.query(Parcel).count() == 1
    assert check(session) == []


@pytest.mark.parametrize(("kind", "became"), [("cancellation", "cancelled"), ("update", "received")])
def test_an_order_of_which_nothing_was_found_can_be_changed_and_cancelled(
    session: Session, business_now: datetime, kind: str, became: str
) -> None:
    fulfilment = released(session, served_floor(session, qty=2), business_now, qty=2)
    order = session.get_one(Order, fulfilment.order_id)
    _short_stops(session, fulfilment, business_now)
    wish(session, order, business_now, kind=kind, wanted={"ship_to": {"lines": ["9"]}})
    assert [d.outcome for d in apply_all(session, business_now)] == ["applied"]
    assert session.get_one(Order, order.id, populate_existing=True).status == became
    assert check(session) == []


def test_nothing_is_reported_short_of_an_order_that_is_held(session: Session, business_now: datetime) -> None:
    fulfilment = released(session, served_floor(session, qty=2), business_now, qty=2)
    hold = NewHold(fulfilment.order_id, "manual", "specialist", {"en": "wait", "zh_Hans": "等"}, business_now)
    holds.place(session, [hold], by="staff:anna", now=business_now)
    task = session.query(PickTask).order_by(PickTask.stop).first()
    assert task is not None
    with pytest.raises(Conflict, match="stopped"), session.begin_nested():
        _short(session, task, business_now)
    holds.release_all(session, order_ids=[fulfilment.order_id], by="staff:anna", now=business_now, why="go on")
    _short_stops(session, fulfilment, business_now)
    assert living_steps(session, session.get_one(Order, fulfilment.order_id)).keys() == {
        "short_pick",
        "collect",
        "deliver",
    }


@pytest.mark.parametrize(("bin_empty", "left"), [(True, 3), (False, 8)])
def test_of_an_empty_bin_nothing_is_promised_any_more_but_what_others_were(
    session: Session, business_now: datetime, bin_empty: bool, left: int
) -> None:
    """Ten by the record, two of them missing, three promised to another: else each later order would be short as well."""
    floor = make_floor(session)
    fulfilment = released(session, floor, business_now, qty=2)
    other = released(session, floor, business_now, qty=3)
    task = session.query(PickTask).filter_by(fulfilment_id=fulfilment.id, sku_id=floor.skus[0].id).one()
    shorts.report_short(
        session, task_id=task.id, reason="not_found", actor=WORKER, now=business_now, bin_empty=bin_empty
    )
    bin_stock = session.get_one(BinStock, (task.bin_id, task.sku_id), populate_existing=True)
    assert (bin_stock.on_hand, bin_stock.allotted) == (left, 3)
    assert session.query(OrderLine).filter_by(order_id=other.order_id).first().qty_reserved == 3
    assert unbalanced(session) == []
    next_one = confirmed_order(session, floor, business_now, qty=4)
    run_kind(session, "allocate", backorders.allocate, business_now)
    lines = session.query(OrderLine).filter_by(order_id=next_one.id, sku_id=task.sku_id)
    assert lines.one().qty_backordered == (4 if bin_empty else 0)


def test_what_is_promised_and_on_no_list_yet_stays_in_the_record_of_an_empty_bin(
    session: Session, business_now: datetime
) -> None:
    floor = make_floor(session)
    fulfilment = released(session, floor, business_now, qty=2)
    confirmed_order(session, floor, business_now, qty=3)
    run_kind(session, "allocate", backorders.allocate, business_now)
    task = session.query(PickTask).filter_by(fulfilment_id=fulfilment.id, sku_id=floor.skus[0].id).one()
    shorts.report_short(session, task_id=task.id, reason="not_found", actor=WORKER, now=business_now, bin_empty=True)
    bin_stock = session.get_one(BinStock, (task.bin_id, task.sku_id), populate_existing=True)
    assert (bin_stock.on_hand, bin_stock.allotted) == (3, 0)
    assert unbalanced(session) == []
