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

from oms.fulfilment.models import Fulfilment, PickTask, Wave
from oms.fulfilment.picking import LINE_PROGRESS, settle
from oms.inventory import ledger
from oms.inventory.bins import packing_bin
from oms.inventory.ledger import Move
from oms.journey import lifecycle
from oms.orders import locking

_ORDERS = text("""
    SELECT DISTINCT t.order_id FROM pick_task t WHERE t.wave_id = ANY(CAST(:waves AS uuid[])) AND t.status = 'pending'
    AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = t.order_id AND h.released_at IS NULL)
""")

_COUNT = text("""
    WITH t AS (UPDATE pick_task t SET qty_picked = t.qty, picked_by = :actor, picked_at = :now
               FROM (SELECT id, qty - qty_picked AS left_over FROM pick_task
                     WHERE wave_id = ANY(CAST(:waves AS uuid[])) AND order_id = ANY(CAST(:orders AS uuid[]))
                       AND status = 'pending' ORDER BY id FOR UPDATE) p
               WHERE t.id = p.id
               RETURNING t.id, t.wave_id, t.fulfilment_id, t.fulfilment_line_id, t.order_id, t.bin_id, t.sku_id, p.left_over),
    l AS (UPDATE fulfilment_line SET qty_picked = qty_picked + s.qty
          FROM (SELECT fulfilment_line_id, sum(left_over) AS qty FROM t GROUP BY 1) s
          WHERE fulfilment_line.id = s.fulfilment_line_id),
    b AS (UPDATE bin_stock SET allotted = allotted - s.qty
          FROM (SELECT bin_id, sku_id, sum(left_over) AS qty FROM t GROUP BY 1, 2) s
          WHERE bin_stock.bin_id = s.bin_id AND bin_stock.sku_id = s.sku_id)
    SELECT t.*, w.warehouse_id FROM t JOIN wave w ON w.id = t.wave_id ORDER BY t.id
""")


def confirm(session: Session, *, wave_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """Count every open stop of the lists as picked; return the fulfilments that are picked now. A repeat does nothing."""
    orders = list(session.execute(_ORDERS, {"waves": list(wave_ids)}).scalars())
    locking.touch(session, order_ids=orders)
    params = {"waves": list(wave_ids), "orders": orders, "actor": actor, "now": now}
    tasks = session.execute(_COUNT, params).all()
    if not tasks:
        return []
    fulfilments = sorted({task.fulfilment_id for task in tasks})
    given: dict[str, Any] = {"cause": "paper list", "actor": actor, "now": now}
    lifecycle.advance(session, Wave, wave_ids, to="in_progress", lenient=True, **given)
    lifecycle.advance(session, Fulfilment, fulfilments, to="picking", lenient=True, **given)
    _move_to_packing(session, tasks, actor, now)
    session.execute(LINE_PROGRESS, {"orders": orders})
    lifecycle.advance(session, PickTask, [task.id for task in tasks], to="picked", **given)
    return settle(session, fulfilment_ids=fulfilments, actor=actor, now=now)


def _move_to_packing(session: Session, tasks: Sequence[Row[Any]], actor: str, now: datetime) -> None:
    targets = {w: packing_bin(session, warehouse_id=w) for w in sorted({task.warehouse_id for task in tasks})}
    places = {(task.warehouse_id, task.sku_id, targets[task.warehouse_id]) for task in tasks}
    ledger.ensure_rows(session, places=sorted(places))
    moves = []
    for task in tasks:
        same: dict[str, Any] = {"order_id": task.order_id, "subject_id": task.id}
        place = (task.warehouse_id, task.sku_id, "pick")
        moves.append(Move(f"paper:{task.id}:from", *place, on_hand=-task.left_over, bin_id=task.bin_id, **same))
        moves.append(
            Move(f"paper:{task.id}:to", *place, on_hand=task.left_over, bin_id=targets[task.warehouse_id], **same)
        )
    ledger.post(session, moves, actor=actor, now=now)
