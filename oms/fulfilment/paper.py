"""A pick list on paper, reported as picked: every stop that is still open counts as printed, in a few statements.

What was not there is reported as short by scan or form before; stops of stopped orders stay open.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms.fulfilment.models import PickTask, Wave
from oms.fulfilment.picking import settle
from oms.fulfilment.progress import LINE_PROGRESS
from oms.ids import in_order
from oms.inventory.bins import packing_bin
from oms.inventory.carrying import Carried, carry
from oms.journey import lifecycle
from oms.journey.lifecycle import Own, Whole
from oms.orders import locking

_ORDERS = text("""
    SELECT DISTINCT order_id FROM pick_task WHERE wave_id = ANY(CAST(:waves AS uuid[])) AND status = 'pending'
""")

# What is written of a stop is written under its order's lock, so that these rows stay as they are read here.
# The lists are taken before the stock, as everywhere.
_OPEN = text("""
    WITH w AS MATERIALIZED (SELECT id, warehouse_id FROM wave WHERE id = ANY(CAST(:waves AS uuid[])) ORDER BY id FOR NO KEY UPDATE)
    SELECT t.id, t.fulfilment_id, t.order_id, t.bin_id, t.sku_id, t.qty - t.qty_picked AS left_over, w.warehouse_id
    FROM pick_task t JOIN w ON w.id = t.wave_id
    WHERE t.wave_id = ANY(CAST(:waves AS uuid[])) AND t.order_id = ANY(CAST(:orders AS uuid[])) AND t.status = 'pending'
      AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = t.order_id AND h.released_at IS NULL)
    ORDER BY t.id
""")

_LINES = text("""
    UPDATE fulfilment_line SET qty_picked = qty_picked + s.qty
    FROM (SELECT fulfilment_line_id, sum(qty - qty_picked) AS qty FROM pick_task
          WHERE id = ANY(CAST(:tasks AS uuid[])) GROUP BY 1) s
    WHERE fulfilment_line.id = s.fulfilment_line_id
""")


def confirm(session: Session, *, wave_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """Count every open stop of the lists as picked; return the fulfilments that are picked now. A repeat does nothing."""
    orders = list(session.execute(_ORDERS, {"waves": list(wave_ids)}).scalars().all())
    locking.touch(session, order_ids=orders)
    stops = session.execute(_OPEN, {"waves": list(wave_ids), "orders": orders}).all()
    if not stops:
        return []
    ids = [stop.id for stop in stops]
    _carry_to_packing(session, stops, actor, now)
    session.execute(_LINES, {"tasks": ids})
    lifecycle.advance(
        session, PickTask, ids, to="picked", cause="paper list", actor=actor, now=now,
        also={"qty_picked": Own("qty"), "picked_by": actor, "picked_at": now},
        whole=Whole("fulfilment", "fulfilment_id"),
    )  # fmt: skip
    session.execute(LINE_PROGRESS, {"orders": orders})
    picked = settle(session, fulfilment_ids=in_order({stop.fulfilment_id for stop in stops}), actor=actor, now=now)
    # A list with stops of stopped orders is not done yet.
    lifecycle.advance(session, Wave, wave_ids, to="in_progress", cause="paper list", actor=actor, now=now, lenient=True)
    return picked


def _carry_to_packing(session: Session, stops: Sequence[Row[Any]], actor: str, now: datetime) -> None:
    packing = {w: packing_bin(session, warehouse_id=w) for w in sorted({stop.warehouse_id for stop in stops})}
    carried = [
        Carried(
            f"paper:{stop.id}", stop.warehouse_id, stop.sku_id, stop.bin_id, packing[stop.warehouse_id],
            stop.left_over, stop.left_over, stop.order_id, stop.id,
        )
        for stop in stops
    ]  # fmt: skip
    carry(session, carried, cause="pick", actor=actor, now=now)
