"""Order numbers for lists that know only ids."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.orders.models import Order


def numbers(session: Session, *, order_ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Our number of each order."""
    wanted = {order_id for order_id in order_ids if order_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Order.id, Order.number).where(Order.id.in_(wanted)))
    return {row.id: row.number for row in rows}
