"""Put-back: picked goods of a stopped order return to their bins, and the change that waited for them goes on (C-6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.errors import Conflict, NotFound
from oms.fulfilment import locks, release
from oms.fulfilment.models import Fulfilment, PickTask, Wave
from oms.fulfilment.pick_sql import no_open_stop
from oms.fulfilment.progress import LINE_PROGRESS
from oms.inventory.bins import packing_bin
from oms.inventory.carrying import Carried, carry
from oms.inventory.models import Bin
from oms.journey import holds, lifecycle, steps
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import derived


@dataclass(frozen=True, slots=True)
class PutBack:
    """One stop of a put-back list: so many pieces of a SKU into a bin."""

    task_id: uuid.UUID
    sku_id: uuid.UUID
    bin_id: uuid.UUID
    bin_code: str
    qty: Decimal


@dataclass(frozen=True, slots=True)
class _Goods:
    fulfilment_id: uuid.UUID
    order_id: uuid.UUID
    warehouse_id: uuid.UUID
    task_id: uuid.UUID
    sku_id: uuid.UUID
    bin_id: uuid.UUID
    qty: Decimal


_PICKED = text("""
    SELECT f.id, f.order_id, f.warehouse_id, t.id AS task_id, t.sku_id, t.bin_id, t.qty_picked
    FROM pick_task t JOIN fulfilment f ON f.id = t.fulfilment_id
    WHERE f.id = ANY(CAST(:ids AS uuid[])) AND t.qty_picked > 0 ORDER BY t.id
""")

_UNPICKED = text("""
    WITH t AS (SELECT id, bin_id, sku_id, qty - qty_picked AS qty FROM pick_task
               WHERE fulfilment_id = ANY(CAST(:ids AS uuid[])) AND status = 'pending'),
    freed AS (UPDATE bin_stock SET allotted = allotted - x.qty
              FROM (SELECT bin_id, sku_id, sum(qty) AS qty FROM t GROUP BY 1, 2) x
              WHERE bin_stock.bin_id = x.bin_id AND bin_stock.sku_id = x.sku_id)
    SELECT id FROM t ORDER BY id
""")

_IDLE_WAVES = text(f"""
    SELECT w.id, w.status FROM wave w WHERE w.status IN ('released', 'in_progress')
      AND w.id IN (SELECT wave_id FROM fulfilment WHERE id = ANY(CAST(:ids AS uuid[])))
      AND {no_open_stop("w.id")}
    ORDER BY w.id
""")

_STILL = text("""
    SELECT DISTINCT order_id FROM fulfilment WHERE order_id = ANY(CAST(:ids AS uuid[])) AND status = 'putback'
""")

_WAITING = text("""
    SELECT id, order_id FROM change_request
    WHERE order_id = ANY(CAST(:ids AS uuid[])) AND status = 'approved' ORDER BY order_id, requested_at, id
""")


def list_of(session: Session, *, fulfilment_id: uuid.UUID) -> list[PutBack]:
    """What has to go back where, in the order of the bins."""
    statement = (
        select(PickTask.id, PickTask.sku_id, Bin.id, Bin.code, PickTask.qty_picked)
        .join(Bin, Bin.id == PickTask.bin_id)
        .where(PickTask.fulfilment_id == fulfilment_id, PickTask.qty_picked > 0)
        .order_by(Bin.code, PickTask.id)
    )
    return [PutBack(task, sku, place, code, qty) for task, sku, place, code, qty in session.execute(statement)]


def put_back_done(session: Session, *, fulfilment_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> None:
    """The goods lie in their bins again: ends the steps `put_back`; the last one of an order wakes its change.

    Raises NotFound for an unknown fulfilment, Conflict where nothing has to be put back (also for a repeat).
    """
    rows = session.execute(select(Fulfilment.id, Fulfilment.order_id).where(Fulfilment.id.in_(fulfilment_ids))).all()
    if len(rows) < len(set(fulfilment_ids)):
        raise NotFound("no such fulfilment: scan the code on the pick list")
    order_ids = sorted({row.order_id for row in rows})
    locks.take_goods(session, order_ids=order_ids)
    found = steps.find(session, kind="put_back", subject_ids=list(fulfilment_ids))
    if len(found) < len(rows):
        raise Conflict("nothing of this fulfilment waits to be put back")
    lifecycle.advance(
        session, Fulfilment, list(fulfilment_ids), to="putback", cause="stopped", actor=actor, now=now, lenient=True
    )
    _move_goods(session, fulfilment_ids, actor, now)
    end(session, fulfilment_ids=fulfilment_ids, actor=actor, now=now)
    opens = _wake(session, order_ids, actor, now)
    steps.finish(session, [_done(step, opens) for step in found.values()], by=actor, now=now)


def end(session: Session, *, fulfilment_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> None:
    """End fulfilments that hold no goods any more: open tasks cancelled, their pieces free, waves without work ended.

    The caller took their orders' goods (`locks.take_goods`).
    """
    if not fulfilment_ids:
        return
    ids = list(fulfilment_ids)
    tasks = list(session.execute(_UNPICKED, {"ids": ids}).scalars())
    lifecycle.advance(session, PickTask, tasks, to="cancelled", cause="stopped", actor=actor, now=now)
    moved = lifecycle.advance(session, Fulfilment, ids, to="cancelled", cause="stopped", actor=actor, now=now)
    waves = session.execute(_IDLE_WAVES, {"ids": ids}).all()
    for was, state in (("released", "cancelled"), ("in_progress", "completed")):
        own = [wave.id for wave in waves if wave.status == was]
        lifecycle.advance(session, Wave, own, to=state, cause="no task is left", actor=actor, now=now)
    orders = sorted(set(session.scalars(select(Fulfilment.order_id).where(Fulfilment.id.in_(moved)))))
    session.execute(LINE_PROGRESS, {"orders": orders})
    release.undo(session, order_ids=orders, cause="stopped on the floor", actor=actor, now=now)
    derived.refresh(session, order_ids=orders)


def _move_goods(session: Session, fulfilment_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> None:
    goods = [_Goods(*row) for row in session.execute(_PICKED, {"ids": list(fulfilment_ids)})]
    packing = {w: packing_bin(session, warehouse_id=w) for w in sorted({g.warehouse_id for g in goods})}
    carried = [
        Carried(
            f"put_back:{g.task_id}", g.warehouse_id, g.sku_id, packing[g.warehouse_id], g.bin_id, g.qty,
            Decimal(0), g.order_id, g.task_id,
        )
        for g in goods
    ]  # fmt: skip
    carry(session, carried, cause="put_back", actor=actor, now=now)


def _wake(
    session: Session, order_ids: Sequence[uuid.UUID], actor: str, now: datetime
) -> dict[uuid.UUID, list[NewStep]]:
    """The changes that waited for the last put-back of their order; its interception ends."""
    still = set(session.execute(_STILL, {"ids": list(order_ids)}).scalars())
    done = [order_id for order_id in order_ids if order_id not in still]
    holds.release_all(
        session, order_ids=done, by=actor, now=now, why="the goods are back in their bins", reasons=["interception"]
    )
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for row in session.execute(_WAITING, {"ids": done}):
        step = NewStep("apply_change", row.id, order_id=row.order_id, key=f"{row.id}:put_back")
        opens.setdefault(row.order_id, []).append(step)
    return opens


def _done(step: Claimed, opens: dict[uuid.UUID, list[NewStep]]) -> Done:
    follow = opens.pop(step.order_id, ()) if step.order_id else ()
    return Done(step, "put_back", tuple(follow))
