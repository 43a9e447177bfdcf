"""What is missing at the bin: promises, ledger and lines fall together, whatever the promise was made of (A-2, F-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from oms.fulfilment import picking, release, shorts, waves
from oms.fulfilment.models import PickTask
from oms.invariants.check import check
from oms.invariants.stock import STOCK
from oms.inventory.models import BinStock, Reservation
from oms.orders.models import OrderLine
from oms.supply import backorders, receipts
from oms.supply.receipts import Receipt
from tests.factories.changes import unbalanced
from tests.factories.floor import Floor, confirmed_order, make_floor, run_kind

WORKER = "staff:bob"


def _short(session: Session, task: PickTask, now: datetime) -> None:
    done = shorts.report_short(session, task_id=task.id, reason="not_found", actor=WORKER, now=now)
    picking.settle(session, fulfilment_ids=[done], actor=WORKER, now=now)


def _receive(session: Session, floor: Floor, qty: int, now: datetime) -> None:
    place = session.query(BinStock).filter_by(sku_id=floor.skus[0].id).one()
    goods = [Receipt("GRN-1", floor.warehouse.id, floor.skus[0].id, place.bin_id, Decimal(qty))]
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
    _receive(session, floor, 3, business_now)
    _to_the_floor(session, floor, business_now)
    assert sorted(r.qty for r in session.query(Reservation)) == [2, 3]
    _short(session, session.query(PickTask).one(), business_now)
    assert sum(r.qty - r.qty_released for r in session.query(Reservation).populate_existing()) == 0
    line = session.query(OrderLine).filter_by(order_id=order.id).populate_existing().one()
    assert (line.qty_reserved, line.qty_backordered) == (0, 5)
    assert (unbalanced(session), check(session, names=list(STOCK))) == ([], [])
