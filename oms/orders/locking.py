"""Take order rows first: a write that touches an order begins here, in the one lock order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

_TOUCH = text("""
    SELECT id, round, status FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")


def touch(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    """Lock the orders by id, in that order; return {id: (round, status)}."""
    rows = session.execute(_TOUCH, {"ids": sorted(set(order_ids))})
    return {row.id: (row.round, row.status) for row in rows}


def raise_round(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Begin a new round of the (locked) orders: steps opened from now on have new keys."""
    rows = session.execute(
        text("UPDATE orders SET round = round + 1 WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING id, round"),
        {"ids": list(order_ids)},
    )
    return {row.id: row.round for row in rows}
