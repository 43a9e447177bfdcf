"""Which pieces of an order are still to leave by a parcel whose list has begun to leave, and which rest has not (C-5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.orders.models import OrderLine

NOTHING = Decimal(0)

# Units of each line on lists that have left, or of which one parcel has; a bundle counts by its fullest part.
_LEAVING = text("""
    SELECT x.order_line_id, max(ceil(x.qty / CASE WHEN s.bundle THEN b.qty ELSE 1 END)) AS units
    FROM (SELECT fl.order_line_id, fl.sku_id, sum(fl.qty - fl.qty_short) AS qty FROM fulfilment_line fl
          JOIN fulfilment f ON f.id = fl.fulfilment_id
          WHERE f.order_id = ANY(CAST(:orders AS uuid[])) AND f.status <> 'cancelled'
            AND (f.status IN ('handed_over', 'collected', 'delivered')
                 OR EXISTS (SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id AND p.handed_over_at IS NOT NULL))
          GROUP BY 1, 2) x
    JOIN order_line l ON l.id = x.order_line_id JOIN sku s ON s.id = l.sku_id
    LEFT JOIN bundle_part b ON b.bundle_id = l.sku_id AND b.part_id = x.sku_id
    GROUP BY x.order_line_id
""")


def leaving(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Decimal]:
    """By line, the units on lists that have left or are leaving; lines without any are missing."""
    return {row.order_line_id: row.units for row in session.execute(_LEAVING, {"orders": list(order_ids)})}


def of_line(line: OrderLine, leaving: Mapping[uuid.UUID, Decimal]) -> Decimal:
    """The units of a line that need a parcel and are in none that has left or follows one that has."""
    if not line.requires_shipping:
        return NOTHING
    return line.qty - line.qty_cancelled - max(line.qty_shipped, leaving.get(line.id, NOTHING))
