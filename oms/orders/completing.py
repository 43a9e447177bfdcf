"""An order of which nothing is to come any more, delivered or not, is fulfilled, and step `close` follows (S-5)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import lifecycle
from oms.journey.steps import NewStep
from oms.orders.models import Order

# Why an order is over: a parcel of it will never arrive, or there was none (services, gift cards: the shop gives them itself).
_COMPLETE = text("""
    SELECT o.id, CASE
        WHEN EXISTS (SELECT 1 FROM parcel p WHERE p.order_id = o.id AND p.undelivered_at IS NOT NULL AND p.delivered_at IS NULL)
        THEN 'not delivered'
        WHEN EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.qty_shipped > 0) THEN 'all delivered'
        ELSE 'nothing to be shipped' END AS cause
    FROM orders o
    WHERE o.id = ANY(CAST(:orders AS uuid[])) AND o.status IN ('confirmed', 'in_fulfilment')
      AND NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.requires_shipping
                      AND l.qty_shipped + l.qty_cancelled < l.qty)
      AND EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.qty_cancelled < l.qty)
      AND NOT EXISTS (SELECT 1 FROM fulfilment f WHERE f.order_id = o.id AND f.status NOT IN ('delivered', 'cancelled')
                      AND NOT (f.status IN ('handed_over', 'collected') AND EXISTS (
                          SELECT 1 FROM parcel p WHERE p.fulfilment_id = f.id AND p.undelivered_at IS NOT NULL)))
      AND NOT EXISTS (SELECT 1 FROM parcel p WHERE p.order_id = o.id AND p.handed_over_at IS NOT NULL
                      AND p.delivered_at IS NULL AND p.undelivered_at IS NULL)
""")


def complete(session: Session, *, order_ids: Sequence[uuid.UUID], by: str, now: datetime) -> dict[uuid.UUID, NewStep]:
    """Those of (locked) orders in effect that wait for no parcel are fulfilled; return the steps `close` to open by order."""
    if not order_ids:
        return {}
    found = session.execute(_COMPLETE, {"orders": list(order_ids)}).all()
    for cause in sorted({row.cause for row in found}):
        ids = [row.id for row in found if row.cause == cause]
        lifecycle.advance(session, Order, ids, to="fulfilled", cause=cause, actor=by, now=now)
    return {row.id: NewStep("close", row.id, order_id=row.id) for row in found}
