"""An order whose goods are promised at two warehouses: what is taken back is taken from the right one (C-6, I2)."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import returns
from oms.aftersales.models import Return
from oms.aftersales.returns import Wanted
from oms.fulfilment import release, waves
from oms.fulfilment.boxing import Box
from oms.fulfilment.models import Fulfilment, FulfilmentLine
from oms.invariants.check import check
from oms.invariants.stock import STOCK
from oms.inventory.models import Reservation
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.orders.models import Order, OrderLine
from oms.parties.models import CarrierService
from oms.shipping.models import Parcel
from oms.supply import backorders
from tests.factories.changes import apply_all, check_all, pick, unbalanced, wish
from tests.factories.floor import Floor, run_kind
from tests.factories.orders import make_order, make_stock, make_warehouse, tell_beginning
from tests.factories.packed import close, label, served_floor, sign_both


def _two_houses(session: Session, now: datetime) -> tuple[Floor, list[Fulfilment]]:
    """Four pieces of one line, two from each warehouse; each has its list, in the order of the warehouses' ids."""
    floor = served_floor(session, qty=2)
    far = make_warehouse(session, priority=2)
    make_stock(session, far, floor.skus[0], 2)
    for service in session.query(CarrierService).filter_by(warehouse_id=floor.warehouse.id).all():
        same = {
            name: getattr(service, name) for name in ("carrier_id", "service", "country", "transit_days", "base_price")
        }
        session.add(CarrierService(warehouse_id=far.id, cut_off=time(17), price_per_kg=1, currency="CNY", **same))
    order = make_order(session, lines=[{"qty": Decimal(4), "sku_id": floor.skus[0].id}], status="confirmed")
    tell_beginning(session, order)
    steps.open_steps(session, [NewStep("allocate", order.id, order_id=order.id)], now=now)
    run_kind(session, "allocate", backorders.allocate, now)
    run_kind(session, "release", release.release, now)
    for house in (floor.warehouse, far):
        waves.plan_now(session, warehouse_id=house.id)
    run_kind(session, "wave", waves.plan, now)
    return floor, session.query(Fulfilment).order_by(Fulfilment.warehouse_id).all()


def _one_box_of_two_leaves(session: Session, fulfilment: Fulfilment, now: datetime) -> Parcel:
    """Return the box that stays behind."""
    pick(session, fulfilment, now)
    check_all(session, fulfilment, now)
    line = session.query(FulfilmentLine).filter_by(fulfilment_id=fulfilment.id).one()
    boxes = [Box("M", 420, ((line.id, Decimal(1)),))] * 2
    first, second = (label(session, parcel, now) for parcel in close(session, fulfilment, boxes, now))
    session.query(Parcel).filter_by(id=second.id).update({"hand_over_list_id": None})
    sign_both(session, first, now)
    return second


@pytest.mark.parametrize("place", [0, 1])
def test_the_rest_at_one_house_is_cancelled_and_the_box_at_the_other_keeps_its_goods(
    session: Session, business_now: datetime, place: int
) -> None:
    _, lists = _two_houses(session, business_now)
    stays, goes = lists[place], lists[1 - place]
    _one_box_of_two_leaves(session, stays, business_now)
    order = session.get_one(Order, stays.order_id)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    line = session.query(OrderLine).one()
    assert (line.qty_cancelled, line.qty_shipped, line.qty_reserved) == (2, 1, 1)
    standing = {r.warehouse_id: r.qty - r.qty_shipped - r.qty_released for r in session.query(Reservation)}
    assert standing == {stays.warehouse_id: 1, goes.warehouse_id: 0}
    assert (unbalanced(session), check(session, names=list(STOCK))) == ([], [])


@pytest.mark.parametrize("place", [0, 1])
def test_goods_come_back_to_the_house_that_sent_them(session: Session, business_now: datetime, place: int) -> None:
    """A carrier brings what it cannot deliver back to its sender: booked in elsewhere, it stood in two houses at once."""
    _, lists = _two_houses(session, business_now)
    order = session.get_one(Order, lists[0].order_id)
    first = session.query(OrderLine).one()
    other = OrderLine(order_id=order.id, position=1, sku_id=first.sku_id, qty=Decimal(2))
    session.add(other)
    session.flush()
    session.query(FulfilmentLine).filter_by(fulfilment_id=lists[1].id).update({"order_line_id": other.id})
    done: dict[Any, Any] = {"qty_picked": 2, "qty_packed": 2}
    session.query(FulfilmentLine).update(done)
    session.query(OrderLine).update({"qty": 2, "qty_reserved": 0, "qty_shipped": 2, **done})
    line = (first, other)[place]
    return_id = returns.request(
        session, order_id=order.id, wanted=[Wanted(line.id, Decimal(1))], reason="undelivered", actor="staff:service",
        now=business_now,
    )  # fmt: skip
    assert session.get_one(Return, return_id).warehouse_id == lists[place].warehouse_id
