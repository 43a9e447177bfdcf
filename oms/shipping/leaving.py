"""Goods leave the house: on hand and reserved fall together, lines are shipped in whole bundles (I1, I6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms import db
from oms.fulfilment.models import Fulfilment
from oms.ids import in_order
from oms.inventory import ledger
from oms.inventory.bins import packing_bin
from oms.inventory.ledger import Move
from oms.journey import move_sql, step_sql
from oms.journey.steps import Claimed
from oms.shipping.models import Parcel

_GONE = move_sql.parts(
    Parcel, "gone", axis="label_status", to="used", source="want", cause=":cause",
    also={"handed_over_at": "coalesce(t.handed_over_at, :now)"},
)  # fmt: skip
_COMPLETE = move_sql.parts(Fulfilment, "complete", to="handed_over", source="empty", cause=":cause")

# The parcels that leave, and the fulfilments of which nothing is left in the house; the answer is the pieces in them. A box whose
# label was taken back gets another one and is still to leave.
_LEAVE = text(f"""
    WITH want AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:entries AS uuid[])) AS w(id, entry_id)), {_GONE},
    empty AS (
        SELECT f.id, e.entry_id
        FROM (SELECT p.fulfilment_id AS id, row_number() OVER (ORDER BY p.fulfilment_id) AS place
              FROM parcel p JOIN gone ON gone.id = p.id GROUP BY 1) f
        JOIN unnest(CAST(:fulfilment_entries AS uuid[])) WITH ORDINALITY AS e(entry_id, place) ON e.place = f.place
        WHERE NOT EXISTS (SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id AND p.handed_over_at IS NULL
                          AND p.id NOT IN (SELECT id FROM gone))),
    {_COMPLETE},
    house AS MATERIALIZED (
        SELECT w.id, (SELECT id FROM bin WHERE bin.warehouse_id = w.id AND kind = 'packing' LIMIT 1) AS packing_bin_id
        FROM (SELECT DISTINCT f.warehouse_id AS id FROM gone JOIN parcel p ON p.id = gone.id
              JOIN fulfilment f ON f.id = p.fulfilment_id) w)
    SELECT gone.id AS parcel_id, pl.fulfilment_line_id, pl.qty, fl.order_id, fl.fulfilment_id, fl.sku_id, f.warehouse_id,
           house.packing_bin_id
    FROM gone LEFT JOIN parcel_line pl ON pl.parcel_id = gone.id
    LEFT JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id LEFT JOIN fulfilment f ON f.id = fl.fulfilment_id
    LEFT JOIN house ON house.id = f.warehouse_id
    ORDER BY f.warehouse_id, fl.sku_id, pl.parcel_id, fl.id
""")

# What left of a line and SKU is taken off its promises, the oldest round first.
_RESERVATIONS = """
    total AS (SELECT fl.order_line_id AS line, f.warehouse_id AS warehouse, fl.sku_id AS sku, sum(pl.qty) AS qty
                   FROM parcel_line pl JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
                   JOIN fulfilment f ON f.id = fl.fulfilment_id
                   WHERE pl.parcel_id = ANY(CAST(:ids AS uuid[])) GROUP BY 1, 2, 3),
    open AS (SELECT r.id, t.qty, r.qty - r.qty_shipped - r.qty_released AS left_over,
                    coalesce(sum(r.qty - r.qty_shipped - r.qty_released)
                             OVER (PARTITION BY t.line, t.warehouse, t.sku ORDER BY r.round, r.id
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
             FROM total t JOIN reservation r
               ON r.order_line_id = t.line AND r.warehouse_id = t.warehouse AND r.sku_id = t.sku),
    kept AS (UPDATE reservation SET qty_shipped = qty_shipped + least(o.left_over, greatest(o.qty - o.before, 0))
             FROM open o WHERE reservation.id = o.id AND o.left_over > 0 AND o.qty > o.before)
"""

# A bundle's line is shipped as often as every part allows; a plain line's part is itself.
_LINES = """
    shipped AS (
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
    RETURNING order_line.id, order_line.order_id, order_line.qty_shipped)
"""

# What is shipped of an order's lines now is one entry of the record (F-6).
_SALES_LEDGER = """
    told AS (INSERT INTO history_entry (id, order_id, subject_type, subject_id, at, actor, event, cause, data)
        SELECT e.entry_id, s.order_id, 'order', s.order_id, :now, :actor, 'sales_ledger.shipped', 'handed over', s.data
        FROM (SELECT order_id, jsonb_build_object('qty_shipped', jsonb_object_agg(CAST(id AS text), CAST(qty_shipped AS text)))
                               AS data FROM shipped GROUP BY 1) s
        JOIN unnest(CAST(:orders AS uuid[]), CAST(:entries AS uuid[])) AS e(order_id, entry_id) ON e.order_id = s.order_id)
"""
_STEPS = step_sql.find_part(kind="hand_over", subjects="SELECT unnest(CAST(:ids AS uuid[]))")
_SHIP = text(f"WITH {_RESERVATIONS}, {_LINES}, {_SALES_LEDGER}, {_STEPS} SELECT {step_sql.FOUND} FROM running")


@dataclass(frozen=True, slots=True)
class Left:
    """Parcels that left now, their orders, and the running steps `hand_over` that end with it."""

    parcel_ids: Sequence[uuid.UUID] = ()
    order_ids: Sequence[uuid.UUID] = ()
    steps: Sequence[Claimed] = ()


def leave(session: Session, *, parcel_ids: Sequence[uuid.UUID], cause: str, actor: str, now: datetime) -> Left:
    """Let labelled parcels of (locked) orders leave; `handover.end_steps` follows. A repeat moves nothing.

    A fixed number of statements: the parcels with their pieces, the ledger, promises with lines.
    """
    if not parcel_ids:
        return Left()
    count = len(parcel_ids)
    leaving = {"ids": list(parcel_ids), "entries": db.new_ids(count), "fulfilment_entries": db.new_ids(count)}
    rows = session.execute(_LEAVE, leaving | {"cause": cause, "actor": actor, "now": now}).all()
    ids = in_order({row.parcel_id for row in rows})
    pieces = [row for row in rows if row.fulfilment_line_id is not None]
    orders = in_order({piece.order_id for piece in pieces})
    _post(session, pieces, actor, now)
    shipped = {"ids": ids, "orders": orders, "entries": db.new_ids(len(orders))}
    found = session.execute(_SHIP, shipped | {"actor": actor, "now": now}).all() if ids else ()
    return Left(ids, orders, [Claimed(*row) for row in found])


def _post(session: Session, pieces: Sequence[Row[Any]], actor: str, now: datetime) -> None:
    bins = {p.warehouse_id: p.packing_bin_id for p in pieces}
    missing = sorted(warehouse for warehouse, found in bins.items() if found is None)
    bins |= {warehouse: packing_bin(session, warehouse_id=warehouse) for warehouse in missing}
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
