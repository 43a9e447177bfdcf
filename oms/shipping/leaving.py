"""Goods leave the house: on hand and reserved fall together, lines are shipped in whole bundles (I1, I6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms.fulfilment.models import Fulfilment
from oms.inventory import ledger
from oms.inventory.bins import packing_bin
from oms.inventory.ledger import Move
from oms.journey import lifecycle
from oms.journey.lifecycle import Note
from oms.orders import derived
from oms.shipping.models import Parcel

_PIECES = text("""
    SELECT pl.parcel_id, pl.fulfilment_line_id, pl.qty, fl.order_id, fl.fulfilment_id, fl.sku_id, f.warehouse_id
    FROM parcel_line pl JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
    JOIN fulfilment f ON f.id = fl.fulfilment_id
    WHERE pl.parcel_id = ANY(CAST(:ids AS uuid[])) ORDER BY f.warehouse_id, fl.sku_id, pl.parcel_id, fl.id
""")

# What left of a line and SKU is taken off its promises, the oldest round first.
_RESERVATIONS = text("""
    WITH total AS (SELECT fl.order_line_id AS line, f.warehouse_id AS warehouse, fl.sku_id AS sku, sum(pl.qty) AS qty
                   FROM parcel_line pl JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
                   JOIN fulfilment f ON f.id = fl.fulfilment_id
                   WHERE pl.parcel_id = ANY(CAST(:ids AS uuid[])) GROUP BY 1, 2, 3),
    open AS (SELECT r.id, t.qty, r.qty - r.qty_shipped - r.qty_released AS left_over,
                    coalesce(sum(r.qty - r.qty_shipped - r.qty_released)
                             OVER (PARTITION BY t.line, t.warehouse, t.sku ORDER BY r.round, r.id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
             FROM total t JOIN reservation r
               ON r.order_line_id = t.line AND r.warehouse_id = t.warehouse AND r.sku_id = t.sku)
    UPDATE reservation SET qty_shipped = qty_shipped + least(o.left_over, greatest(o.qty - o.before, 0))
    FROM open o WHERE reservation.id = o.id AND o.left_over > 0 AND o.qty > o.before
""")

# A bundle's line is shipped as often as every part allows; a plain line's part is itself.
_LINES = text("""
    UPDATE order_line SET qty_shipped = p.shipped,
           qty_reserved = greatest(qty_reserved - (p.shipped - qty_shipped), 0)
    FROM (
        SELECT ol.id, CASE WHEN s.bundle THEN floor(min(coalesce(x.gone, 0) / coalesce(bp.qty, 1)))
                      ELSE min(coalesce(x.gone, 0)) END AS shipped
        FROM order_line ol JOIN sku s ON s.id = ol.sku_id
        LEFT JOIN bundle_part bp ON bp.bundle_id = s.id AND s.bundle
        LEFT JOIN (
            SELECT fl.order_line_id, fl.sku_id, sum(pl.qty) AS gone FROM parcel pa
            JOIN parcel_line pl ON pl.parcel_id = pa.id JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
            WHERE pa.order_id = ANY(CAST(:orders AS uuid[])) AND pa.handed_over_at IS NOT NULL GROUP BY 1, 2) x
          ON x.order_line_id = ol.id AND x.sku_id = coalesce(bp.part_id, ol.sku_id)
        WHERE ol.order_id = ANY(CAST(:orders AS uuid[])) GROUP BY ol.id, s.bundle) p
    WHERE order_line.id = p.id AND order_line.qty_shipped < p.shipped
    RETURNING order_line.id, order_line.order_id, order_line.qty_shipped
""")

_COMPLETE = text("""
    SELECT f.id FROM fulfilment f WHERE f.id = ANY(CAST(:ids AS uuid[]))
      AND NOT EXISTS (SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id AND p.handed_over_at IS NULL
                      AND p.label_status <> 'voided')
    ORDER BY f.id FOR UPDATE OF f
""")


def leave(
    session: Session, *, parcel_ids: Sequence[uuid.UUID], cause: str, actor: str, now: datetime
) -> list[uuid.UUID]:
    """Let labelled parcels of (locked) orders leave; return those that left now. A repeat moves nothing.

    A fixed number of statements: the parcels, their pieces, the ledger, promises, lines, derived states.
    """
    by: dict[str, Any] = {"cause": cause, "actor": actor, "now": now, "lenient": True}
    ids = lifecycle.advance(session, Parcel, parcel_ids, to="used", axis="label_status", stamp="handed_over_at", **by)
    if not ids:
        return []
    pieces = session.execute(_PIECES, {"ids": ids}).all()
    orders = sorted({piece.order_id for piece in pieces})
    complete = session.execute(_COMPLETE, {"ids": list({piece.fulfilment_id for piece in pieces})}).scalars()
    lifecycle.advance(session, Fulfilment, list(complete), to="handed_over", **by)
    _post(session, pieces, actor, now)
    session.execute(_RESERVATIONS, {"ids": ids})
    shipped = session.execute(_LINES, {"orders": orders}).all()
    _write_sales_ledger(session, shipped, actor, now)
    derived.refresh(session, order_ids=orders)
    return ids


def _post(session: Session, pieces: Sequence[Row[Any]], actor: str, now: datetime) -> None:
    bins = {w: packing_bin(session, warehouse_id=w) for w in sorted({p.warehouse_id for p in pieces})}
    moves = [
        Move(
            f"ship:{p.parcel_id}:{p.fulfilment_line_id}",
            p.warehouse_id,
            p.sku_id,
            "ship",
            on_hand=-p.qty,
            reserved=-p.qty,
            bin_id=bins[p.warehouse_id],
            order_id=p.order_id,
            subject_id=p.parcel_id,
        )
        for p in pieces
    ]
    ledger.post(session, moves, actor=actor, now=now)


def _write_sales_ledger(session: Session, shipped: Sequence[Row[Any]], actor: str, now: datetime) -> None:
    """What is shipped of an order's lines now, as one entry of the record (F-6)."""
    lines: dict[uuid.UUID, dict[str, str]] = {}
    for row in shipped:
        lines.setdefault(row.order_id, {})[str(row.id)] = str(row.qty_shipped)
    notes = [
        Note("order", order_id, "sales_ledger.shipped", "handed over", order_id, data={"qty_shipped": of})
        for order_id, of in lines.items()
    ]
    lifecycle.note(session, notes, actor=actor, now=now)
