"""The cartons that a packer is shown: what holds the goods, within what the planned service takes in one box (F-3, F-4)."""

from __future__ import annotations

import uuid
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.catalog.models import Sku
from oms.fulfilment import cartons
from oms.fulfilment.carton_goods import CartonKind, Packing, Piece
from oms.fulfilment.models import Carton, Fulfilment, FulfilmentLine
from oms.orders.models import Order
from oms.parties import carriers


def suggest(session: Session, *, fulfilment_id: uuid.UUID) -> Packing:
    """The cartons for a fulfilment's picked pieces; SKUs without sizes are packed by weight.

    A carton's limit, and the carrier's for one box, are what it may weigh on the scale, its own weight included.
    """
    statement = (
        select(FulfilmentLine.qty_picked, Sku)
        .join(Sku, Sku.id == FulfilmentLine.sku_id)
        .where(FulfilmentLine.fulfilment_id == fulfilment_id)
        .order_by(Sku.code)
    )
    pieces = [piece for qty, sku in session.execute(statement) for piece in _pieces(sku, qty)]
    most_g = _most_g(session, fulfilment_id)
    kinds = [
        CartonKind(c.code, c.length_mm, c.width_mm, c.height_mm, limit_g - c.tare_g, c.tare_g, c.price)
        for c in session.execute(select(Carton).order_by(Carton.code)).scalars()
        if (limit_g := min(c.limit_g, most_g or c.limit_g)) > c.tare_g
    ]
    return cartons.choose_cartons(pieces, kinds)


def _most_g(session: Session, fulfilment_id: uuid.UUID) -> int | None:
    """What one box may weigh by the planned service's table; None where it stands there no more."""
    planned = select(Fulfilment.warehouse_id, Fulfilment.carrier_id, Fulfilment.service, Order.ship_country)
    row = session.execute(
        planned.join(Order, Order.id == Fulfilment.order_id).where(Fulfilment.id == fulfilment_id)
    ).one()
    route = (row.warehouse_id, row.ship_country or "*")
    table = carriers.services(session, routes={route})[route]
    return next((s.max_weight_g for s in table if (s.carrier_id, s.service) == (row.carrier_id, row.service)), None)


def _pieces(sku: Sku, qty: Decimal) -> list[Piece]:
    """Whole pieces, and of goods by weight or length the part of one that is left: it needs its room as well."""
    whole = int(qty)
    return [_piece(sku, Decimal(1))] * whole + ([_piece(sku, qty - whole)] if qty > whole else [])


def _piece(sku: Sku, part: Decimal) -> Piece:
    weight_g = int((sku.weight_g or 0) * part)
    return Piece(sku.code, weight_g, sku.length_mm, sku.width_mm, sku.height_mm, this_side_up=sku.this_side_up)
