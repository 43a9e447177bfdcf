"""Take order rows first: a write that touches an order begins here, in the one lock order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import transaction_memory
from oms.ids import in_order
from oms.journey.lifecycle import LOCKED_ORDERS as ORDERS

_TOUCH = text("""
    SELECT id, round, status FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")


def touch(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    """Lock the orders by id, in that order; return {id: (round, status)}. Those that are locked already are not asked for again."""
    known = transaction_memory.of(session, ORDERS)
    if not all(order_id in known for order_id in order_ids):
        rows = session.execute(_TOUCH, {"ids": in_order(set(order_ids))}).all()
        known.update((row.id, (row.round, row.status)) for row in rows)
    return {order_id: known[order_id] for order_id in order_ids if order_id in known}


def raise_round(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Begin a new round of the (locked) orders: steps opened from now on have new keys."""
    rows = session.execute(
        text("UPDATE orders SET round = round + 1 WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING id, round"),
        {"ids": list(order_ids)},
    )
    raised: dict[uuid.UUID, int] = {row.id: row.round for row in rows}
    known = transaction_memory.of(session, ORDERS)
    known.update((order_id, (round_, known[order_id][1])) for order_id, round_ in raised.items() if order_id in known)
    return raised
