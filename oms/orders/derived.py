"""Derived states, computed in one place from the lines' quantities and stored for indexing only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from oms import together
from oms.together import Write

# The same rules as `rules.fulfilment_status` and `rules.return_status`; `tests/service/test_derived_states.py` holds them together.
_SUMS = """
    SELECT order_id, sum(CASE WHEN requires_shipping THEN qty - qty_cancelled - qty_shipped ELSE 0 END) AS open,
           sum(qty_shipped) AS shipped, sum(qty_delivered) AS delivered, sum(qty_backordered) AS backordered,
           sum(qty_reserved) AS reserved, sum(qty_returned) AS returned,
           sum(CASE WHEN requires_shipping THEN 0 ELSE qty - qty_cancelled END) AS services
    FROM order_line WHERE {orders} GROUP BY order_id
"""
_FULFILMENT = """
    CASE WHEN s.open = 0 AND s.shipped = 0 AND s.services > 0 THEN 'not_required'
         WHEN s.open = 0 AND s.shipped = 0 THEN 'cancelled'
         WHEN s.delivered > 0 AND s.open = 0 AND s.delivered >= s.shipped THEN 'delivered'
         WHEN s.delivered > 0 THEN 'partially_delivered'
         WHEN s.shipped > 0 AND s.open = 0 THEN 'shipped'
         WHEN s.shipped > 0 THEN 'partially_shipped'
         WHEN s.backordered > 0 THEN 'backordered'
         WHEN s.reserved >= s.open THEN 'scheduled'
         ELSE 'unfulfilled' END
"""
#: `fulfilment_status` of the row `t` of `orders`, for a statement that writes the row anyway.
FULFILMENT_STATUS = f"""
    coalesce((SELECT {_FULFILMENT} FROM ({_SUMS.format(orders="order_id = t.id")}) s), t.fulfilment_status)
"""
#: `rules.payable` of a row `{orders}` of `orders`.
PAYABLE = """coalesce({orders}.total, {orders}.lines_total - coalesce({orders}.discount, 0) + coalesce({orders}.shipping, 0)
    + coalesce({orders}.fees, 0) + CASE WHEN {orders}.tax_included THEN 0 ELSE coalesce({orders}.tax, 0) END)"""
_STATES = f"""
    SELECT s.order_id, {_FULFILMENT} AS fulfilment,
           CASE WHEN s.returned > 0 AND s.returned >= s.shipped THEN 'returned'
                WHEN s.returned > 0 THEN 'partially_returned' END AS return
    FROM ({_SUMS}) s
"""
_DIFFERS = (
    "orders.fulfilment_status <> n.fulfilment OR orders.return_status <> coalesce(n.return, orders.return_status)"
)
_REFRESH = f"""
    UPDATE orders SET fulfilment_status = n.fulfilment, return_status = coalesce(n.return, orders.return_status)
    FROM ({_STATES.format(orders="order_id = ANY(CAST(:derived_ids AS uuid[]))")}) n
    WHERE orders.id = n.order_id AND ({_DIFFERS})
"""
#: Orders on the floor or over whose derived states are not those of their lines: none. Before, nothing was derived yet.
STALE = f"""
    SELECT orders.number AS subject, orders.fulfilment_status || ', ' || orders.return_status || ' where lines say '
           || n.fulfilment || coalesce(', ' || n.return, '') AS detail
    FROM orders JOIN ({_STATES.format(orders="TRUE")}) n ON n.order_id = orders.id
    WHERE orders.status IN ('in_fulfilment', 'fulfilled', 'closed') AND ({_DIFFERS})
"""


def refresh(session: Session, *, order_ids: Sequence[uuid.UUID]) -> None:
    """Compute the derived states of (locked) orders anew and store what changed."""
    if order_ids:
        together.execute(session, [refreshing(order_ids)])


def refreshing(order_ids: Sequence[uuid.UUID]) -> Write:
    """`refresh` as a write that goes together with others; they may not change the orders' lines."""
    return Write(_REFRESH, {"derived_ids": list(order_ids)})
