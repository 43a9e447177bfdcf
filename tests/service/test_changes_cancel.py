"""Cancellations at each stage of an order: everything follows, or nothing does (C-5, C-6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from oms import together
from oms.aftersales import put_backs
from oms.aftersales.models import Refund, Ticket
from oms.catalog.models import Sku
from oms.effects import recording
from oms.errors import Conflict
from oms.fulfilment import picking
from oms.fulfilment.models import Fulfilment, PickTask, Wave
from oms.fulfilment.picking import PickScan
from oms.invariants.check import check
from oms.inventory.models import Bin, BinStock, Reservation
from oms.journey import holds
from oms.journey.models import Step
from oms.messages.models import Message
from oms.orders.models import ChangeRequest, Order, OrderLine
from oms.shipping.models import Parcel
from oms.supply import backorders, receipts
from oms.supply.models import SupplyRequest
from tests.factories.calls import intend
from tests.factories.changes import apply_all, living_steps, pack, pick, statements, unbalanced, wish
from tests.factories.floor import Floor, confirmed_order, released, run_kind
from tests.factories.packed import booked, served_floor


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session)


def _confirmed(session: Session, floor: Floor, now: datetime) -> Order:
    return confirmed_order(session, floor, now)


def _allocated(session: Session, floor: Floor, now: datetime) -> Order:
    order = confirmed_order(session, floor, now, qty=2)
    run_kind(session, "allocate", backorders.allocate, now)
    return order


def _short(session: Session, floor: Floor, now: datetime) -> Order:
    order = confirmed_order(session, floor, now, qty=25)
    run_kind(session, "allocate", backorders.allocate, now)
    return order


def _on_a_wave(session: Session, floor: Floor, now: datetime) -> Order:
    return session.get_one(Order, released(session, floor, now, qty=2).order_id)


def _half_picked(session: Session, floor: Floor, now: datetime) -> Order:
    fulfilment = released(session, floor, now, qty=2)
    pick(session, fulfilment, now, stops=1)
    return session.get_one(Order, fulfilment.order_id)


def _picked(session: Session, floor: Floor, now: datetime) -> Order:
    fulfilment = released(session, floor, now, qty=2)
    pick(session, fulfilment, now)
    return session.get_one(Order, fulfilment.order_id)


def _packed(session: Session, floor: Floor, now: datetime) -> Order:
    fulfilment = released(session, floor, now, qty=2)
    pick(session, fulfilment, now)
    pack(session, fulfilment, now)
    return session.get_one(Order, fulfilment.order_id)


def _labelled(session: Session, floor: Floor, now: datetime) -> Order:
    parcel = booked(session, floor, now)
    key = f"book:{parcel.reference}"
    intend(session, key=key, subject_id=parcel.id, now=now)
    together.execute(session, [recording(key=key, state="done", now=now)])
    return session.get_one(Order, parcel.order_id)


def _put_back(session: Session, order: Order, now: datetime) -> None:
    ids = [f.id for f in session.query(Fulfilment).filter_by(order_id=order.id, status="putback")]
    if ids:
        put_backs.put_back_done(session, fulfilment_ids=ids, actor="staff:bob", now=now)
        apply_all(session, now)


Stage = Callable[[Session, Floor, datetime], Order]
STAGES = [_confirmed, _allocated, _short, _on_a_wave, _half_picked, _picked, _packed, _labelled]


@pytest.mark.parametrize("stage", STAGES)
def test_a_cancellation_leaves_nothing_behind_at_any_stage(
    session: Session, floor: Floor, business_now: datetime, stage: Stage
) -> None:
    order = stage(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    _put_back(session, order, business_now)
    assert session.get_one(Order, order.id).status == "cancelled"
    assert unbalanced(session) == []
    assert check(session) == []
    assert sum(r.qty - r.qty_released for r in session.query(Reservation)) == 0
    assert {line.qty_cancelled - line.qty for line in session.query(OrderLine)} == {0}
    assert {f.status for f in session.query(Fulfilment)} <= {"cancelled"}
    assert set(living_steps(session, order)) <= {"refund", "void_label"}
    assert session.query(ChangeRequest).one().status == "applied"


@pytest.mark.parametrize("stage", STAGES)
def test_a_cancellation_told_twice_changes_nothing_more(
    session: Session, floor: Floor, business_now: datetime, stage: Stage
) -> None:
    order = stage(session, floor, business_now)
    for minutes in (0, 1):
        wish(session, order, business_now + timedelta(minutes=minutes), kind="cancellation")
        apply_all(session, business_now)
        _put_back(session, order, business_now)
    assert session.query(Refund).count() == 1
    assert {r.status for r in session.query(ChangeRequest)} == {"applied", "superseded"}
    assert unbalanced(session) == []


def test_what_was_paid_waits_for_finance_and_the_customer_is_told(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    refund = session.query(Refund).one()
    assert (refund.amount, refund.status) == (order.paid, "pending")
    assert living_steps(session, order) == {"refund": "open"}
    assert [m.template for m in session.query(Message)] == ["cancelled"]


def test_money_that_the_channel_gave_back_itself_is_not_given_back_again(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _allocated(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation", wanted={"payment": {"terms": None, "status": "refunded"}})
    apply_all(session, business_now)
    assert session.query(Refund).count() == 0
    assert session.get_one(Order, order.id).payment_status == "refunded"


@pytest.mark.parametrize(
    ("stage", "outcome"), [(_allocated, "cancelled_by_customer"), (_short, "cancelled_for_shortage")]
)
def test_the_promise_ends_with_whose_fault_it_was(
    session: Session, floor: Floor, business_now: datetime, stage: Stage, outcome: str
) -> None:
    order = stage(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    promise = session.query(Step).filter(Step.order_id == order.id, Step.kind.in_(["collect", "deliver"]))
    assert {(s.state, s.outcome) for s in promise} == {("cancelled", outcome)}


def test_the_demand_of_a_cancelled_order_is_withdrawn(session: Session, floor: Floor, business_now: datetime) -> None:
    order = _short(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert {r.status for r in session.query(SupplyRequest)} == {"withdrawn"}
    assert session.query(Step).filter_by(kind="supply", state="open").count() == 0


def test_freed_pieces_go_to_the_oldest_backorder(session: Session, floor: Floor, business_now: datetime) -> None:
    first = _allocated_all(session, floor, business_now)
    waiting = _allocated(session, floor, business_now)
    wish(session, first, business_now, kind="cancellation")
    apply_all(session, business_now)
    run_kind(session, "wake", receipts.wake_orders, business_now)
    run_kind(session, "allocate", backorders.allocate, business_now)
    lines = session.query(OrderLine).filter_by(order_id=waiting.id).populate_existing()
    assert {(line.qty_reserved, line.qty_backordered) for line in lines} == {(2, 0)}


def _allocated_all(session: Session, floor: Floor, now: datetime) -> Order:
    order = confirmed_order(session, floor, now, qty=10)
    run_kind(session, "allocate", backorders.allocate, now)
    return order


def test_the_next_scan_says_stop(session: Session, floor: Floor, business_now: datetime) -> None:
    order = _half_picked(session, floor, business_now)
    task = session.query(PickTask).filter_by(order_id=order.id, status="pending").one()
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    place, sku = session.get_one(Bin, task.bin_id), session.get_one(Sku, task.sku_id)
    scanned = PickScan("s", task.wave_id, place.code, sku.code, task.qty)
    with pytest.raises(Conflict, match="stopped"):
        picking.scan(session, scanned=scanned, actor="staff:bob", staff_id=None, now=business_now)
    assert holds.standing(session, order_ids=[order.id]) == {order.id: ["interception"]}


def test_a_wave_without_work_ends(session: Session, floor: Floor, business_now: datetime) -> None:
    order = _on_a_wave(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert {w.status for w in session.query(Wave)} == {"cancelled"}


def test_the_label_is_taken_back_and_the_goods_lie_in_their_bins(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _labelled(session, floor, business_now)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert living_steps(session, order) == {"put_back": "open", "void_label": "open"}
    _put_back(session, order, business_now)
    packing = session.query(BinStock.on_hand).join(Bin, Bin.id == BinStock.bin_id).filter(Bin.kind == "packing")
    assert {row.on_hand for row in packing} == {0}
    assert session.query(Parcel).one().label_status == "void_requested"


def test_after_hand_over_it_is_declined_and_someone_is_asked_to_recall_it(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    order = _packed(session, floor, business_now)
    session.query(Fulfilment).update({"status": "handed_over"})
    wish(session, order, business_now, kind="cancellation")
    [done] = apply_all(session, business_now)
    assert (done.outcome, session.query(ChangeRequest).one().status) == ("declined", "declined")
    assert session.query(Ticket).one().order_id == order.id
    assert [m.template for m in session.query(Message)] == ["change_declined"]
    assert session.get_one(Order, order.id).status == "in_fulfilment"


@pytest.mark.parametrize("stage", [_allocated, _on_a_wave, _packed])
def test_a_batch_takes_as_many_statements_as_one(
    session: Session, floor: Floor, business_now: datetime, stage: Stage
) -> None:
    counts = []
    for size in (1, 3):
        orders = [stage(session, floor, business_now) for _ in range(size)]
        for order in orders:
            wish(session, order, business_now, kind="cancellation")
        with statements(session) as seen:
            done = apply_all(session, business_now)
        counts.append(len(seen))
        assert [d.outcome for d in done] == ["applied"] * size
        for order in orders:
            _put_back(session, order, business_now)
    assert counts[0] == counts[1]
