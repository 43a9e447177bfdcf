"""Derived states, computed in one place from the lines' quantities and stored for indexing only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

# The same rule as `rules.fulfilment_status` and `rules.return_status`, which a test holds against it.
_REFRESH = text("""
    UPDATE orders SET
        fulfilment_status = CASE
            WHEN s.open = 0 AND s.shipped = 0 THEN 'cancelled'
            WHEN s.delivered > 0 AND s.open = 0 AND s.delivered >= s.shipped THEN 'delivered'
            WHEN s.delivered > 0 THEN 'partially_delivered'
            WHEN s.shipped > 0 AND s.open = 0 THEN 'shipped'
            WHEN s.shipped > 0 THEN 'partially_shipped'
            WHEN s.backordered > 0 THEN 'backordered'
            WHEN s.reserved >= s.open THEN 'scheduled'
            ELSE 'unfulfilled' END,
        return_status = CASE
            WHEN s.returned > 0 AND s.returned >= s.shipped THEN 'returned'
            WHEN s.returned > 0 THEN 'partially_returned'
            ELSE orders.return_status END
    FROM (SELECT order_id, sum(qty - qty_cancelled - qty_shipped) AS open, sum(qty_shipped) AS shipped,
                 sum(qty_delivered) AS delivered, sum(qty_backordered) AS backordered, sum(qty_reserved) AS reserved,
                 sum(qty_returned) AS returned
          FROM order_line WHERE order_id = ANY(CAST(:ids AS uuid[])) AND requires_shipping GROUP BY order_id) s
    WHERE orders.id = s.order_id
""")


def refresh(session: Session, *, order_ids: Sequence[uuid.UUID]) -> None:
    """Compute and store the derived states of (locked) orders anew."""
    if order_ids:
        session.execute(_REFRESH, {"ids": list(order_ids)})
