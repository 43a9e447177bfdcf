"""Picking by scan: each scan is recorded, right or wrong; the last one ends the step `pick` (F-2).

Picked goods move to the warehouse's packing bin; they stay promised until hand-over.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from oms.errors import Conflict, NotFound
from oms.fulfilment import scan_rules, shorts
from oms.fulfilment.models import Fulfilment, PickTask, Scan, Wave
from oms.fulfilment.scan_rules import Wanted
from oms.fulfilment.scans import write_scan
from oms.inventory.bins import packing_bin
from oms.inventory.carrying import Carried, carry
from oms.journey import holds, lifecycle
from oms.journey import steps as journey
from oms.journey.steps import Done, NewStep
from oms.orders import locking

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PickScan:
    """A scan at a bin. `scan_id` is made by the device, so that a scan sent twice counts once."""

    scan_id: str
    wave_id: uuid.UUID
    bin_code: str
    code: str
    qty: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the worker sees: the verdict, the task, how many are left of it, and whether the list is done."""

    answer: str
    task_id: uuid.UUID | None
    left: Decimal
    fulfilment_picked: bool = False
    wave_completed: bool = False


# All that a scan is judged by: the list, what its code is, whether the device sent it before, the open stops of that SKU.
_READ = text("""
    SELECT w.id AS wave_id, w.status AS wave_status, w.warehouse_id, p.id AS packing_bin_id, c.sku_id AS scanned_sku_id,
           coalesce(c.qty, 0) AS per_scan, k.answer AS known, k.task_id AS known_task_id,
           (SELECT fulfilment_id FROM pick_task WHERE wave_id = w.id ORDER BY stop LIMIT 1) AS first_fulfilment_id,
           t.id, t.fulfilment_id, t.order_id, t.bin_id, t.sku_id, t.qty - t.qty_picked AS left_over, t.bin_code, t.fulfilment_status
    FROM wave w
    LEFT JOIN LATERAL (SELECT sku_id, qty FROM barcode WHERE code = :code
                       UNION ALL SELECT id, 1 FROM sku WHERE code = :code LIMIT 1) c ON TRUE
    LEFT JOIN LATERAL (SELECT id FROM bin WHERE bin.warehouse_id = w.warehouse_id AND kind = 'packing' LIMIT 1) p ON TRUE
    LEFT JOIN scan k ON k.scan_id = :scan
    LEFT JOIN LATERAL (SELECT pick_task.*, bin.code AS bin_code, f.status AS fulfilment_status
                       FROM pick_task JOIN bin ON bin.id = pick_task.bin_id
                       JOIN fulfilment f ON f.id = pick_task.fulfilment_id
                       WHERE pick_task.wave_id = w.id AND pick_task.sku_id = c.sku_id AND pick_task.status = 'pending') t ON TRUE
    WHERE w.id = :wave ORDER BY t.stop
""")

_COUNT = text("""
    WITH t AS (UPDATE pick_task SET qty_picked = qty_picked + :qty, picked_by = :actor, picked_at = :now
               WHERE id = :task AND status = 'pending' AND qty_picked + :qty <= qty AND NOT EXISTS (
                   SELECT 1 FROM hold h WHERE h.order_id = pick_task.order_id AND h.released_at IS NULL)
               RETURNING fulfilment_line_id, qty_picked, qty - qty_picked AS left_over),
    l AS (UPDATE fulfilment_line SET qty_picked = fulfilment_line.qty_picked + :qty FROM t
          WHERE fulfilment_line.id = t.fulfilment_line_id)
    SELECT qty_picked, left_over FROM t
""")

# A bundle's line is picked as often as every part allows; a plain line's part is itself.
LINE_PROGRESS = text("""
    UPDATE order_line SET qty_picked = p.picked, qty_packed = p.packed FROM (
        SELECT ol.id,
               floor(min(coalesce(x.picked, 0) / coalesce(bp.qty, 1)) * (CASE WHEN s.bundle THEN 1 ELSE 1000 END))
                   / (CASE WHEN s.bundle THEN 1 ELSE 1000 END) AS picked,
               floor(min(coalesce(x.packed, 0) / coalesce(bp.qty, 1)) * (CASE WHEN s.bundle THEN 1 ELSE 1000 END))
                   / (CASE WHEN s.bundle THEN 1 ELSE 1000 END) AS packed
        FROM order_line ol JOIN sku s ON s.id = ol.sku_id
        LEFT JOIN bundle_part bp ON bp.bundle_id = s.id AND s.bundle
        LEFT JOIN (SELECT fl.order_line_id, fl.sku_id, sum(fl.qty_picked) AS picked, sum(fl.qty_packed) AS packed
              FROM fulfilment_line fl JOIN fulfilment f ON f.id = fl.fulfilment_id AND f.status <> 'cancelled'
              WHERE fl.order_id = ANY(CAST(:orders AS uuid[])) GROUP BY 1, 2) x
          ON x.order_line_id = ol.id AND x.sku_id = coalesce(bp.part_id, ol.sku_id)
        WHERE ol.order_id = ANY(CAST(:orders AS uuid[])) GROUP BY ol.id, s.bundle) p
    WHERE order_line.id = p.id AND (order_line.qty_picked, order_line.qty_packed) IS DISTINCT FROM (p.picked, p.packed)
""")


def scan(session: Session, *, scanned: PickScan, actor: str, staff_id: uuid.UUID | None, now: datetime) -> Answer:
    """Judge and record one scan. A repeat of the same `scan_id` gets the first answer and counts nothing.

    Raises Conflict when the order was stopped meanwhile: put the goods back, and tell the desk.
    """
    rows = session.execute(
        _READ, {"wave": scanned.wave_id, "code": scanned.code.strip(), "scan": scanned.scan_id}
    ).all()
    if not rows or rows[0].first_fulfilment_id is None:
        raise NotFound("no such pick list: scan the list's own barcode")
    head = rows[0]
    if head.known is not None:
        return _answer(session, head.known, head.known_task_id)
    stops = {row.id: row for row in rows if row.id is not None}
    wanted = [Wanted(stop.id, stop.sku_id, stop.left_over, stop.bin_code) for stop in stops.values()]
    verdict = scan_rules.judge(
        wanted,
        sku_id=head.scanned_sku_id,
        per_scan=head.per_scan,
        qty=scanned.qty,
        bin_code=scanned.bin_code.strip(),
    )
    stop = stops[verdict.wanted.id] if verdict.wanted else None
    write_scan(
        session,
        stage="pick",
        scanned=scanned,
        sku_id=head.scanned_sku_id,
        verdict=verdict,
        actor=actor,
        now=now,
        fulfilment_id=stop.fulfilment_id if stop else head.first_fulfilment_id,
        task_id=stop.id if stop else None,
        bin_code=scanned.bin_code,
    )
    if stop is None:
        return Answer(verdict.answer, None, ZERO)
    return _count(session, stop, verdict.qty, actor, staff_id, now)


def _count(
    session: Session, stop: Row[Any], qty: Decimal, actor: str, staff_id: uuid.UUID | None, now: datetime
) -> Answer:
    locking.touch(session, order_ids=[stop.order_id])
    _start(session, stop, actor, staff_id, now)
    row = session.execute(_COUNT, {"qty": qty, "task": stop.id, "actor": actor, "now": now}).one_or_none()
    if row is None:
        _refuse(session, stop)
    _carry_to_packing(session, stop, qty, row.qty_picked - qty, actor, now)
    session.execute(LINE_PROGRESS, {"orders": [stop.order_id]})
    if row.left_over > 0:
        return Answer("ok", stop.id, row.left_over)
    lifecycle.advance(session, PickTask, [stop.id], to="picked", cause="scanned", actor=actor, now=now)
    ended = settle(session, fulfilment_ids=[stop.fulfilment_id], actor=actor, now=now)
    return Answer("ok", stop.id, ZERO, bool(ended), bool(ended) and _is_completed(session, stop.wave_id))


def _refuse(session: Session, stop: Row[Any]) -> NoReturn:
    """Say why a scan that was right counts nothing."""
    reasons = holds.standing(session, order_ids=[stop.order_id]).get(stop.order_id)
    if reasons:
        raise Conflict(f"this order was stopped ({', '.join(reasons)}): leave its goods and take the next stop")
    raise Conflict("another scan took the last piece of this stop: look at the list again")


def _start(session: Session, stop: Row[Any], actor: str, staff_id: uuid.UUID | None, now: datetime) -> None:
    """The first scan of a list, and of a fulfilment, begins its picking; whoever scans takes the step."""
    same: dict[str, Any] = {"cause": "first scan", "actor": actor, "now": now, "lenient": True}
    if stop.wave_status == "released":
        lifecycle.advance(session, Wave, [stop.wave_id], to="in_progress", **same)
    if stop.fulfilment_status == "picking":
        return
    moved = lifecycle.advance(session, Fulfilment, [stop.fulfilment_id], to="picking", **same)
    if moved and staff_id is not None:
        journey.take_kind(session, kind="pick", subject_ids=moved, staff_id=staff_id, now=now)


def _carry_to_packing(
    session: Session, stop: Row[Any], qty: Decimal, before: Decimal, actor: str, now: datetime
) -> None:
    target = stop.packing_bin_id or packing_bin(session, warehouse_id=stop.warehouse_id)
    key = f"pick:{stop.id}:{before}"
    carried = Carried(key, stop.warehouse_id, stop.sku_id, stop.bin_id, target, qty, qty, stop.order_id, stop.id)
    carry(session, [carried], cause="pick", actor=actor, now=now)


def _is_completed(session: Session, wave_id: uuid.UUID) -> bool:
    return session.execute(select(Wave.status).where(Wave.id == wave_id)).scalar_one() == "completed"


def settle(session: Session, *, fulfilment_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """End the step `pick` of fulfilments whose every task is picked or short; return those that are picked."""
    ends = session.execute(_ENDED, {"ids": list(fulfilment_ids)}).all()
    ended, short = [row.fulfilment_id for row in ends], {row.fulfilment_id for row in ends if row.short}
    if not ended:
        return []
    for state, ids in (("picked", [f for f in ended if f not in short]), ("short", [f for f in ended if f in short])):
        lifecycle.advance(
            session, Fulfilment, ids, to=state, cause="last task", actor=actor, now=now, lenient=True,
            also={"picked_by": actor},
        )  # fmt: skip
    found = journey.find(session, kind="pick", subject_ids=ended)
    empty = shorts.empty_fulfilments(session, fulfilment_ids=list(short)) if short else set()
    journey.finish(session, [_ended(step, short, empty) for step in found.values()], by=actor, now=now)
    # A list whose last stop was short is done too.
    complete_waves(session, wave_ids=sorted({row.wave_id for row in ends if row.wave_id}), actor=actor, now=now)
    return ended


_ENDED = text("""
    SELECT t.fulfilment_id, f.wave_id, bool_or(t.status = 'short') AS short
    FROM pick_task t JOIN fulfilment f ON f.id = t.fulfilment_id WHERE t.fulfilment_id = ANY(CAST(:ids AS uuid[]))
    GROUP BY 1, 2 HAVING NOT bool_or(t.status = 'pending') ORDER BY 1
""")

_DONE_WAVES = text("""
    SELECT id FROM wave WHERE id = ANY(CAST(:ids AS uuid[])) AND status <> 'completed'
    AND NOT EXISTS (SELECT 1 FROM pick_task t WHERE t.wave_id = wave.id AND t.status = 'pending') ORDER BY id
""")


def complete_waves(session: Session, *, wave_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """Complete the lists that have no open stop left; return those completed now."""
    ids = list(session.execute(_DONE_WAVES, {"ids": list(wave_ids)}).scalars())
    return lifecycle.advance(
        session, Wave, ids, to="completed", cause="last task", actor=actor, now=now, lenient=True, stamp="completed_at"
    )


def _ended(step: journey.Claimed, short: set[uuid.UUID], empty: set[uuid.UUID]) -> Done:
    same: dict[str, Any] = {"order_id": step.order_id, "round": step.round}
    pack = () if step.subject_id in empty else (NewStep("pack", step.subject_id, due_at=step.due_at, **same),)
    if step.subject_id in short:
        return Done(step, "short", (*pack, NewStep("short_pick", step.subject_id, **same)))
    return Done(step, "picked", pack)


def _answer(session: Session, answer: str, task_id: uuid.UUID | None) -> Answer:
    task = session.get(PickTask, task_id) if task_id else None
    return Answer(answer, task_id, task.qty - task.qty_picked if task else ZERO)


__all__ = ["Answer", "PickScan", "Scan", "scan", "settle"]
