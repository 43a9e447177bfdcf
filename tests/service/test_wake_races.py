"""Only an order in effect is promised goods and goes to the floor, whoever asked for it meanwhile (F-1)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db, transaction_memory
from oms.db import Database
from oms.fulfilment import release
from oms.fulfilment.models import Fulfilment
from oms.invariants.check import check
from oms.inventory.models import BinStock, Reservation
from oms.journey import steps
from oms.journey.lifecycle import LOCKED_ORDERS
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.orders.models import Order
from oms.supply import backorders, receipts
from oms.supply.receipts import Receipt
from tests.factories.at_once import at_once
from tests.factories.changes import apply_all, living_steps, wish
from tests.factories.floor import Floor, confirmed_order, make_floor, run_kind


def _goods_come(session: Session, floor: Floor, now: datetime) -> None:
    """Two pieces of each SKU, which open the steps `wake`."""
    for sku in floor.skus:
        place = session.scalars(select(BinStock.bin_id).where(BinStock.sku_id == sku.id)).one()
        came = Receipt(f"GR-{sku.id}", floor.warehouse.id, sku.id, place, Decimal(2))
        receipts.receive(session, receipts=[came], actor="staff:bob", now=now)


@pytest.mark.parametrize("kind", ["update", "cancellation"])
def test_an_order_that_changes_while_goods_come_is_not_allocated(database: Database, kind: str) -> None:
    with database.transaction() as session:
        now, floor = db.now(session), make_floor(session, qty=1)
        order = confirmed_order(session, floor, now, qty=3)
        run_kind(session, "allocate", backorders.allocate, now)
        wanted = {"ship_to": {**(order.ship_to or {}), "lines": ["新地址 9 号"]}} if kind == "update" else None
        wish(session, order, now, kind=kind, wanted=wanted)
        _goods_come(session, floor, now)
    woken = at_once(
        database, lambda s: apply_all(s, now), lambda s: run_kind(s, "wake", receipts.wake_orders, now)
    ).result()
    assert {done.outcome for done in woken} == {"woken"}
    with database.transaction() as session:
        assert set(living_steps(session, order)) - {"refund"} == ({"verify"} if kind == "update" else set())
        assert session.get_one(Order, order.id).round == (1 if kind == "update" else 0)
        assert check(session) == []


@pytest.mark.parametrize("status", ["received", "verifying", "awaiting_confirmation", "cancelled"])
def test_an_order_that_is_not_in_effect_gets_no_goods_and_is_not_released(
    session: Session, business_now: datetime, status: str
) -> None:
    floor = make_floor(session)
    order = confirmed_order(session, floor, business_now)
    run_kind(session, "allocate", backorders.allocate, business_now)
    promised = session.query(Reservation).count()
    order.status = status
    session.flush()
    transaction_memory.of(session, LOCKED_ORDERS).clear()  # as in another transaction
    steps.open_steps(session, [NewStep("allocate", order.id, order_id=order.id, round=1)], now=business_now)
    assert {d.outcome for d in run_kind(session, "allocate", backorders.allocate, business_now)} == {"superseded"}
    assert {d.outcome for d in run_kind(session, "release", release.release, business_now)} == {"superseded"}
    assert (session.query(Reservation).count(), session.query(Fulfilment).count()) == (promised, 0)
    assert session.query(Step).filter_by(kind="wave").count() == 0
