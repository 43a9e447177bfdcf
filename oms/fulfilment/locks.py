"""The rows of the orders that fulfilments belong to: taken first, in the one lock order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

_TAKE = text("""
    SELECT id FROM orders
    WHERE id = ANY(ARRAY(SELECT order_id FROM fulfilment WHERE fulfilment.id = ANY(CAST(:ids AS uuid[]))))
    ORDER BY id FOR NO KEY UPDATE
""")


def take_orders(session: Session, *, fulfilment_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Lock the orders of the fulfilments by id, in that order, in one statement; return their ids."""
    return list(session.execute(_TAKE, {"ids": list(fulfilment_ids)}).scalars().all())
