"""Demand that is withdrawn takes nothing away from others who wait for the same goods (A-3, C-6)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from oms.catalog.models import Sku
from oms.invariants.check import check
from oms.inventory.models import Bin, Warehouse
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.orders.models import Order, OrderLine
from oms.supply import backorders, receipts
from oms.supply.models import SupplyRequest
from oms.supply.receipts import Receipt
from tests.factories.changes import apply_all, wish, wished_line
from tests.factories.floor import run_kind
from tests.factories.orders import make_order, make_sku, make_warehouse, tell_beginning


def _allocated(session: Session, wanted: list[tuple[Sku, int]], now: datetime) -> Order:
    lines = [{"qty": Decimal(qty), "sku_id": sku.id, "channel_sku": sku.code} for sku, qty in wanted]
    order = make_order(session, lines=lines, status="confirmed")
    tell_beginning(session, order)
    steps.open_steps(session, [NewStep("allocate", order.id, order_id=order.id)], now=now)
    run_kind(session, "allocate", backorders.allocate, now)
    return order


def _receive(session: Session, house: Warehouse, sku: Sku, qty: int, now: datetime) -> None:
    place = session.query(Bin).filter_by(warehouse_id=house.id, code="R-1").one_or_none()
    if place is None:
        place = Bin(warehouse_id=house.id, code="R-1")
        session.add(place)
        session.flush()
    goods = [Receipt(f"GRN-{sku.code}", house.id, sku.id, place.id, Decimal(qty))]
    receipts.receive(session, receipts=goods, actor="staff:bob", now=now)
    run_kind(session, "wake", receipts.wake_orders, now)
    run_kind(session, "allocate", backorders.allocate, now)


def _coming(session: Session, sku: Sku) -> Decimal:
    rows = session.query(SupplyRequest).filter_by(sku_id=sku.id).populate_existing()
    return sum((r.qty - r.qty_received for r in rows if r.status in ("raised", "ordered")), Decimal(0))


def test_an_order_that_was_short_twice_withdraws_its_demand_once(session: Session, business_now: datetime) -> None:
    house, cup, pot = make_warehouse(session), make_sku(session), make_sku(session)
    twice = _allocated(session, [(cup, 5), (pot, 5)], business_now)
    other = _allocated(session, [(cup, 3)], business_now)
    _receive(session, house, pot, 1, business_now)
    assert _coming(session, cup) == 8
    wish(session, twice, business_now, kind="cancellation")
    apply_all(session, business_now)
    run_kind(session, "wake", receipts.wake_orders, business_now)
    run_kind(session, "allocate", backorders.allocate, business_now)
    assert session.query(OrderLine).filter_by(order_id=other.id).one().qty_backordered == 3
    assert _coming(session, cup) == 3
    assert check(session, names=["a_backorder_is_on_its_way"]) == []


def test_goods_that_came_and_stay_promised_are_not_taken_off_what_others_wait_for(
    session: Session, business_now: datetime
) -> None:
    house, cup = make_warehouse(session), make_sku(session)
    served = _allocated(session, [(cup, 5)], business_now)
    _allocated(session, [(cup, 3)], business_now)
    _receive(session, house, cup, 5, business_now)
    assert session.query(OrderLine).filter_by(order_id=served.id).one().qty_reserved == 5
    line = wished_line("1", cup.code, 5)
    wish(session, served, business_now, wanted={"lines": [line], "buyer_message": "ring twice"})
    apply_all(session, business_now)
    assert session.get_one(Order, served.id).status == "received"
    assert session.query(OrderLine).filter_by(order_id=served.id).one().qty_reserved == 5
    assert _coming(session, cup) == 3
    assert check(session, names=["a_backorder_is_on_its_way"]) == []
