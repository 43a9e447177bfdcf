"""What a customer owes no more: the worth of goods that were cancelled or came back before they were paid (B-1, S-2).

The order's own sums stay as they were agreed; its history keeps what has come off them.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.orders import derived

EVENT = "payment.owed_less"
#: What has come off the sum of a row `{orders}` of `orders`.
TAKEN_OFF = f"""(SELECT coalesce(sum(CAST(h.data ->> 'amount' AS numeric)), 0) FROM history_entry h
    WHERE h.order_id = {{orders}}.id AND h.event = '{EVENT}')"""
_OF_ONE = text(f"SELECT {TAKEN_OFF.format(orders='o')} FROM orders o WHERE o.id = :id")
_TOO_MUCH = text(f"""
    SELECT o.id FROM orders o CROSS JOIN LATERAL (SELECT {derived.PAYABLE.format(orders="o")} AS due, {TAKEN_OFF.format(orders="o")} AS off) s
    WHERE o.id = ANY(CAST(:ids AS uuid[])) AND s.off > 0 AND coalesce(o.paid, s.due) > s.due - s.off ORDER BY o.id
""")


def taken_off(session: Session, *, order_id: uuid.UUID) -> Decimal:
    """What has come off the order's sum so far; 0 for an order that nobody knows."""
    return Decimal(session.execute(_OF_ONE, {"id": order_id}).scalar() or 0)


def paid_too_much(session: Session, *, order_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those of the paid orders of whose sum something has come off, and more was paid than is left of it."""
    return list(session.scalars(_TOO_MUCH, {"ids": list(order_ids)})) if order_ids else []
