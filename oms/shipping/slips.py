"""The packing slip of a parcel: what is in it, what was ordered, what another parcel brings (F-3)."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.clock import local_day, zone_named
from oms.documents import packing_slip
from oms.documents.packing_slip import PackedLine, PackingSlipDocument
from oms.documents.postal import postal_lines
from oms.errors import NotFound
from oms.fulfilment.models import Fulfilment
from oms.inventory.models import Warehouse
from oms.orders.models import Order
from oms.parties.models import Carrier
from oms.shipping.models import Parcel

# A box whose goods went back to their bins brought nothing.
_LINES = text("""
    SELECT s.code, s.name_en, s.name_zh, s.unit, pl.qty, fl.order_line_id,
           ol.qty * coalesce(bp.qty, 1) AS ordered,
           (ol.qty - ol.qty_cancelled) * coalesce(bp.qty, 1)
           - coalesce((SELECT sum(x.qty) FROM parcel_line x JOIN fulfilment_line y ON y.id = x.fulfilment_line_id
                       JOIN parcel z ON z.id = x.parcel_id JOIN fulfilment f ON f.id = z.fulfilment_id
                       WHERE (z.id = p.id OR f.status NOT IN ('putback', 'cancelled')) AND y.order_line_id = fl.order_line_id AND y.sku_id = fl.sku_id
                         AND (z.packed_at, z.position) <= (p.packed_at, p.position)), 0) AS to_follow
    FROM parcel p JOIN parcel_line pl ON pl.parcel_id = p.id
    JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
    JOIN order_line ol ON ol.id = fl.order_line_id
    JOIN sku s ON s.id = fl.sku_id
    LEFT JOIN bundle_part bp ON bp.bundle_id = ol.sku_id AND bp.part_id = fl.sku_id
    WHERE p.id = :parcel ORDER BY s.code
""")

_PARCELS = text("SELECT count(*) FROM parcel WHERE fulfilment_id = :fulfilment")


def slip(session: Session, *, parcel_id: uuid.UUID, language: str | None, zone: str) -> bytes:
    """The slip as a PDF, in `language` or the customer's own; four statements, nothing is written.

    `zone` is the organisation's, in which the order has its date; when it was packed is told in the house's own.
    """
    row = session.execute(_ABOUT.where(Parcel.id == parcel_id)).one_or_none()
    if row is None:
        raise NotFound("no such parcel")
    parcel, order, house, carrier = row
    spoken = language or order.language
    document = PackingSlipDocument(
        number=parcel.number,
        order_number=order.number,
        ordered_on=local_day(order.placed_at or order.received_at, zone_named(zone)),
        sender=postal_lines(house.address, phone=False),
        ship_to=postal_lines(order.ship_to or {}, phone=False),
        lines=tuple(_line(line, spoken) for line in session.execute(_LINES, {"parcel": parcel_id})),
        packed_at=parcel.packed_at,
        packed_by=parcel.packed_by,
        carrier=carrier,
        waybill=parcel.waybill_number or "",
        channel_number=order.channel_order_number,
        parcel=parcel.position + 1,
        parcels=session.execute(_PARCELS, {"fulfilment": parcel.fulfilment_id}).scalar_one(),
        weight_g=parcel.weight_g,
        zone=zone_named(house.zone or zone),
    )
    return packing_slip.render(document, language=spoken)


_ABOUT = (
    select(Parcel, Order, Warehouse, Carrier.name)
    .join(Order, Order.id == Parcel.order_id)
    .join(Fulfilment, Fulfilment.id == Parcel.fulfilment_id)
    .join(Warehouse, Warehouse.id == Fulfilment.warehouse_id)
    .join(Carrier, Carrier.id == Parcel.carrier_id)
)


def _line(row: Any, language: str) -> PackedLine:
    return PackedLine(
        sku=row.code,
        name=row.name_zh if language == "zh_Hans" else row.name_en,
        qty=row.qty,
        unit=row.unit,
        ordered=row.ordered,
        to_follow=max(row.to_follow, 0),
    )
