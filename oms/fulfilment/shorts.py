"""Short at the bin: the ledger falls by what is missing, with its cause, and the line is backordered again (A-2, F-2).

A wrong stock record counts against inventory, never the picker.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from oms.errors import Conflict, InputInvalid
from oms.fulfilment import locks, release
from oms.fulfilment.models import Fulfilment, PickTask, Wave
from oms.inventory import ledger
from oms.inventory.ledger import Move
from oms.journey import holds, lifecycle
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import derived, locking

REASONS = ("not_found", "damaged", "wrong_goods", "expired")

#: The promise steps of a fulfilment of which nothing was found end and count nowhere: its order's follow them.
PROMISE_BACK = (("collect", "split"), ("deliver", "split"))

_SETTLED = "this stop is settled already: look at the list again"

_SHORT = text("""
    WITH t AS (SELECT id, fulfilment_line_id, bin_id, sku_id, qty - qty_picked AS missing FROM pick_task WHERE id = :task),
    -- What was picked of it before stays the work of who picked it.
    why AS (UPDATE pick_task SET short_reason = :reason,
                   picked_at = CASE WHEN qty_picked > 0 THEN picked_at ELSE :now END,
                   picked_by = CASE WHEN qty_picked > 0 THEN picked_by ELSE :actor END WHERE id = :task),
    b AS (UPDATE bin_stock SET allotted = allotted - t.missing FROM t
          WHERE bin_stock.bin_id = t.bin_id AND bin_stock.sku_id = t.sku_id),
    l AS (UPDATE fulfilment_line SET qty_short = qty_short + t.missing FROM t
          WHERE fulfilment_line.id = t.fulfilment_line_id RETURNING fulfilment_line.order_line_id)
    SELECT l.order_line_id, t.missing FROM l, t
""")

# The goods may have been promised in several rounds: the youngest promise goes first, then those before it.
_RELEASE = text("""
    UPDATE reservation SET qty_released = qty_released + least(o.standing, CAST(:qty AS numeric) - o.before)
    FROM (SELECT id, qty - qty_shipped - qty_released AS standing,
                 coalesce(sum(qty - qty_shipped - qty_released) OVER (
                     ORDER BY round DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
          FROM reservation WHERE order_line_id = :line AND sku_id = :sku AND warehouse_id = :warehouse
            AND qty - qty_shipped - qty_released > 0) o
    WHERE reservation.id = o.id AND o.before < CAST(:qty AS numeric)
""")

# The line is promised as many units as every part still stands for; what is lost is wanted again.
_LINE = text("""
    UPDATE order_line SET qty_reserved = p.left_over,
           qty_backordered = least(qty_backordered + qty_reserved - p.left_over, qty - qty_cancelled - qty_shipped)
    FROM (SELECT least(ol.qty_reserved, greatest(
                     CASE WHEN s.bundle THEN floor(min(coalesce(r.qty, 0) / bp.qty)) ELSE min(coalesce(r.qty, 0)) END
                     - ol.qty_shipped, 0)) AS left_over
          FROM order_line ol JOIN sku s ON s.id = ol.sku_id
          LEFT JOIN bundle_part bp ON bp.bundle_id = s.id AND s.bundle
          LEFT JOIN (SELECT sku_id, sum(qty - qty_released) AS qty FROM reservation WHERE order_line_id = :line GROUP BY 1) r
            ON r.sku_id = coalesce(bp.part_id, ol.sku_id)
          WHERE ol.id = :line GROUP BY ol.id, s.bundle) p
    WHERE id = :line
""")


# What lies there by the record beside what is missing, and is promised to nobody.
_UNPROMISED = text("""
    SELECT least(b.on_hand - b.allotted, s.on_hand - s.reserved) FROM bin_stock b
    JOIN stock s ON s.warehouse_id = b.warehouse_id AND s.sku_id = b.sku_id WHERE b.bin_id = :bin AND b.sku_id = :sku
""")


def report_short(
    session: Session, *, task_id: uuid.UUID, reason: str, actor: str, now: datetime, bin_empty: bool = False
) -> uuid.UUID:
    """Record that the rest of a pick task is not in its bin; return its fulfilment.

    `bin_empty`: nothing at all is there, so what the record still has there is promised to nobody any more. What others were
    promised of it stays theirs until their own pickers look.

    Raises Conflict on a repeat, and for an order that is held: its step `pick` is paused and could not end.

    `reason`: one of REASONS. The caller settles the fulfilment (`picking.settle`).
    """
    if reason not in REASONS:
        raise InputInvalid("a short needs its reason", fields={"reason": f"one of {', '.join(REASONS)}"})
    task = session.get(PickTask, task_id)
    if task is None:
        raise Conflict(_SETTLED)
    locks.take_goods(session, order_ids=[task.order_id])
    refuse_held(session, order_id=task.order_id)
    warehouse_id = session.execute(select(Wave.warehouse_id).where(Wave.id == task.wave_id)).scalar_one()
    # Two may report the same stop at once: who waited for the order finds it short already, and counts nothing.
    moved = lifecycle.advance(
        session, PickTask, [task.id], to="short", cause=reason, actor=actor, now=now, lenient=True
    )
    if not moved:
        raise Conflict(_SETTLED)
    row = session.execute(_SHORT, {"task": task.id, "reason": reason, "actor": actor, "now": now}).one()
    _book(session, task, warehouse_id, row.missing, bin_empty, actor, now)
    want_again(
        session,
        order_id=task.order_id,
        order_line_id=row.order_line_id,
        sku_id=task.sku_id,
        warehouse_id=warehouse_id,
        qty=row.missing,
    )
    return task.fulfilment_id


def want_again(
    session: Session,
    *,
    order_id: uuid.UUID,
    order_line_id: uuid.UUID,
    sku_id: uuid.UUID,
    warehouse_id: uuid.UUID,
    qty: Decimal,
) -> None:
    """Take the promise of `qty` pieces back from a line of a (locked) order: they are lost, and it is backordered by them."""
    params = {"qty": qty, "line": order_line_id, "sku": sku_id, "warehouse": warehouse_id}
    session.execute(_RELEASE, params)
    session.execute(_LINE, params)
    derived.refresh(session, order_ids=[order_id])


def _book(
    session: Session,
    task: PickTask,
    warehouse_id: uuid.UUID,
    missing: Decimal,
    bin_empty: bool,
    actor: str,
    now: datetime,
) -> None:
    """Take what is missing off the ledger, and of an empty bin the rest that nobody was promised."""
    lost = Move(
        f"short:{task.id}", warehouse_id, task.sku_id, "short", -missing, -missing, task.bin_id, task.order_id, task.id
    )
    ledger.post(session, [lost], actor=actor, now=now)
    rest = session.scalar(_UNPROMISED, {"bin": task.bin_id, "sku": task.sku_id}) if bin_empty else None
    if rest is not None and rest > 0:
        same = (warehouse_id, task.sku_id, "short")
        moved = Move(f"empty:{task.id}", *same, -rest, bin_id=task.bin_id, subject_id=task.id)
        ledger.post(session, [moved], actor=actor, now=now)


def refuse_held(session: Session, *, order_id: uuid.UUID) -> None:
    """Raise Conflict for an order that is held, with the reasons and what the picker is to do."""
    reasons = holds.standing(session, order_ids=[order_id]).get(order_id)
    if reasons:
        raise Conflict(f"this order was stopped ({', '.join(reasons)}): leave its goods and take the next stop")


def source_again(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Step `short_pick`: what was missing is allocated again at once, here or in a sister warehouse (F-2, A-8).

    What no warehouse has raises supply there, and the customer is told. Two shorts of one order ask once.
    """
    orders = sorted({step.order_id for step in steps if step.order_id is not None})
    locking.touch(session, order_ids=orders)
    rounds = locking.raise_round(session, order_ids=orders)
    done = []
    for step in steps:
        number = rounds.pop(step.order_id, None) if step.order_id else None
        new = () if number is None else (NewStep("allocate", step.order_id, order_id=step.order_id, round=number),)  # type: ignore[arg-type]
        done.append(Done(step, "settled", new))
    return done


# The ids come by way of a query, so that one plan serves any number of them and is kept.
_EMPTY = text("""
    SELECT id, order_id, promised_ship_at, promised_deliver_at FROM fulfilment f
    WHERE id = ANY(ARRAY(SELECT unnest(CAST(:ids AS uuid[])))) AND status <> 'cancelled'
      AND NOT EXISTS (SELECT 1 FROM fulfilment_line l WHERE l.fulfilment_id = f.id AND l.qty_picked > 0) ORDER BY id
""")


def end_empty(
    session: Session, *, fulfilment_ids: Sequence[uuid.UUID], actor: str, now: datetime
) -> dict[uuid.UUID, tuple[NewStep, ...]]:
    """End those of which nothing at all was found: nothing is packed, and the order is not to wait for them.

    Return for each the promise steps that its order gets back, until what is found elsewhere is released.
    """
    rows = session.execute(_EMPTY, {"ids": list(fulfilment_ids)}).all()
    ids = [row.id for row in rows]
    same: dict[str, Any] = {"cause": "nothing was found", "actor": actor, "now": now}
    lifecycle.advance(session, Fulfilment, ids, to="cancelled", **same)
    release.undo(session, order_ids=sorted({row.order_id for row in rows}), **same)
    return {row.id: _promise(row) for row in rows}


def _promise(row: Row[Any]) -> tuple[NewStep, ...]:
    due = (("collect", row.promised_ship_at), ("deliver", row.promised_deliver_at))
    return tuple(
        NewStep(
            kind, row.order_id, order_id=row.order_id, due_at=at, subject_type="order", key=f"{row.order_id}:{row.id}"
        )
        for kind, at in due
    )
