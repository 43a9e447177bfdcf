"""The one lock order of the floor: orders, lists, stock, and last what lies in the bins; each by id, none taken going back.

Bins' rows have no lock of their own: whoever writes them holds their warehouse's stock row of the SKU.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.inventory import ledger
from oms.orders import locking

_TAKE = text("""
    SELECT id FROM orders
    WHERE id = ANY(ARRAY(SELECT order_id FROM fulfilment WHERE fulfilment.id = ANY(CAST(:ids AS uuid[]))))
    ORDER BY id FOR NO KEY UPDATE
""")

_WAVES = text("""
    SELECT id FROM wave WHERE id = ANY(ARRAY(
        SELECT wave_id FROM fulfilment WHERE order_id = ANY(CAST(:orders AS uuid[])) AND wave_id IS NOT NULL))
    ORDER BY id FOR NO KEY UPDATE
""")

_PROMISED = text("""
    SELECT DISTINCT warehouse_id, sku_id FROM reservation
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND qty - qty_shipped - qty_released > 0
""")


def take_orders(session: Session, *, fulfilment_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Lock the orders of the fulfilments by id, in that order, in one statement; return their ids."""
    return list(session.execute(_TAKE, {"ids": list(fulfilment_ids)}).scalars().all())


def take_goods(session: Session, *, order_ids: Sequence[uuid.UUID]) -> None:
    """Lock the orders, then their lists, then the stock of what they were promised: before any of it is written.

    For whoever moves goods of an order and ends its list in one transaction; a repeat takes nothing more.
    """
    locking.touch(session, order_ids=order_ids)
    orders = {"orders": list(order_ids)}
    session.execute(_WAVES, orders)
    ledger.lock_places(session, places=[(row.warehouse_id, row.sku_id) for row in session.execute(_PROMISED, orders)])
