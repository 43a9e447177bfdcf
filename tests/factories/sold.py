"""An order that was sold and delivered, and its goods on their way back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.aftersales import inspections, returns
from oms.aftersales.inspections import Found
from oms.aftersales.models import ReturnLine
from oms.aftersales.returns import Arrived, Wanted
from oms.catalog.models import BundlePart, Sku
from oms.db import new_id
from oms.inventory import ledger
from oms.inventory.ledger import Move
from oms.orders.models import Order, OrderLine
from tests.factories.changes import pick
from tests.factories.floor import make_floor, released
from tests.factories.orders import make_sku

SERVICE, INSPECTOR = "staff:service", "staff:quality"


def make_sold(session: Session, now: datetime, *, qty: int = 4) -> Order:
    """An order of two lines of so many pieces that was picked, handed over and delivered."""
    floor = make_floor(session)
    fulfilment = released(session, floor, now, qty=qty)
    pick(session, fulfilment, now)
    order = session.get_one(Order, fulfilment.order_id)
    _ship(session, order, now)
    return order


def make_sold_sets(session: Session, now: datetime, *, qty: int) -> tuple[Order, list[Sku]]:
    """An order of so many sets of one piece of two SKUs each that was delivered; return those SKUs by id."""
    floor = make_floor(session)
    bundle = make_sku(session, bundle=True)
    session.add_all([BundlePart(bundle_id=bundle.id, part_id=sku.id, qty=1) for sku in floor.skus])
    fulfilment = released(session, replace(floor, skus=[bundle]), now, qty=qty)
    pick(session, fulfilment, now)
    order = session.get_one(Order, fulfilment.order_id)
    _ship(session, order, now)
    return order, sorted(floor.skus, key=lambda sku: sku.id)


def _ship(session: Session, order: Order, now: datetime) -> None:
    """Stock leaves as at hand-over, and the parcel is signed for."""
    rows = session.execute(
        text("""SELECT r.id, r.warehouse_id, r.sku_id, r.qty, b.id AS bin_id FROM reservation r
                JOIN bin b ON b.warehouse_id = r.warehouse_id AND b.kind = 'packing' WHERE r.order_id = :o"""),
        {"o": order.id},
    ).all()
    moves = [Move(f"ship:{r.id}", r.warehouse_id, r.sku_id, "ship", -r.qty, -r.qty, r.bin_id, order.id) for r in rows]
    ledger.post(session, moves, actor="system", now=now)
    session.execute(text("UPDATE reservation SET qty_shipped = qty"))
    session.execute(
        text("UPDATE order_line SET qty_reserved = 0, qty_packed = qty, qty_shipped = qty, qty_delivered = qty")
    )
    session.execute(
        text("""INSERT INTO parcel (id, number, reference, order_id, fulfilment_id, position, weight_g, length_mm, width_mm,
                height_mm, carrier_id, service, label_status, tracking_status, packed_at, packed_by, delivered_at)
                SELECT :id, 'PA-1', 'r', order_id, id, 0, 1, 1, 1, 1, carrier_id, service, 'used', 'delivered', :now, 's', :now
                FROM fulfilment"""),
        {"id": new_id(), "now": now},
    )
    session.expire_all()


def line_of(session: Session, order: Order, place: int = 0) -> OrderLine:
    found = session.query(OrderLine).filter_by(order_id=order.id).order_by(OrderLine.position).populate_existing()
    return found.all()[place]


def ask_back(session: Session, order: Order, now: datetime, qty: int = 2, **given: Any) -> uuid.UUID:
    values = {
        "wanted": [Wanted(line_of(session, order).id, Decimal(qty))],
        "reason": "faulty",
        "actor": SERVICE,
        **given,
    }
    return returns.request(session, order_id=order.id, now=now, **values)


def received(session: Session, order: Order, now: datetime, qty: int = 2) -> uuid.UUID:
    return_id = ask_back(session, order, now, qty)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=now)
    arrived = [Arrived(code_of(session, order), Decimal(1)) for _ in range(qty)]
    returns.receive(session, return_id=return_id, arrived=arrived, actor="staff:bob", now=now)
    return return_id


def code_of(session: Session, order: Order) -> str:
    return session.get_one(Sku, line_of(session, order).sku_id).code


def inspect(session: Session, return_id: uuid.UUID, now: datetime, restock: int, scrap: int, **given: Any) -> Any:
    line = session.query(ReturnLine).filter_by(return_id=return_id).one()
    found = Found(line.order_line_id, line.sku_id, Decimal(restock), Decimal(scrap), "one is chipped", **given)
    return inspections.inspect(session, return_id=return_id, found=[found], actor=INSPECTOR, now=now)
