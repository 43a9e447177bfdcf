"""Picking by scan: each scan is recorded, right or wrong; the last one ends the step `pick` (F-2).

Picked goods move to the warehouse's packing bin; they stay promised until hand-over.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.errors import Conflict, NotFound
from oms.fulfilment import codes, scan_rules, shorts
from oms.fulfilment.models import Fulfilment, PickTask, Scan, Wave
from oms.fulfilment.scan_rules import Verdict, Wanted
from oms.fulfilment.scans import replay, write_scan
from oms.inventory.bins import packing_bin
from oms.inventory.carrying import Carried, carry
from oms.inventory.models import Bin
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


_COUNT = text("""
    WITH t AS (UPDATE pick_task SET qty_picked = qty_picked + :qty, picked_by = :actor, picked_at = :now
               WHERE id = :task AND status = 'pending' AND qty_picked + :qty <= qty
               RETURNING fulfilment_line_id, qty - qty_picked AS left_over),
    l AS (UPDATE fulfilment_line SET qty_picked = qty_picked + :qty FROM t WHERE fulfilment_line.id = t.fulfilment_line_id
          RETURNING fulfilment_line.order_line_id)
    SELECT t.left_over, l.order_line_id FROM t, l
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
    known = replay(session, scan_id=scanned.scan_id)
    if known is not None:
        return _answer(session, known.answer, known.task_id, completed=False)
    tasks = _tasks(session, scanned.wave_id)
    sku_id, per_scan = codes.sku_of(session, code=scanned.code)
    wanted = [Wanted(t.id, t.sku_id, t.qty - t.qty_picked, code) for t, code in tasks if t.status == "pending"]
    verdict = scan_rules.judge(
        wanted, sku_id=sku_id, per_scan=per_scan, qty=scanned.qty, bin_code=scanned.bin_code.strip()
    )
    task = next((t for t, _ in tasks if verdict.wanted and t.id == verdict.wanted.id), None)
    write_scan(
        session,
        stage="pick",
        scanned=scanned,
        sku_id=sku_id,
        verdict=verdict,
        actor=actor,
        now=now,
        fulfilment_id=task.fulfilment_id if task else tasks[0][0].fulfilment_id,
        task_id=task.id if task else None,
        bin_code=scanned.bin_code,
    )
    if task is None:
        return Answer(verdict.answer, None, ZERO)
    _refuse_stopped(session, task)
    return _count(session, task, verdict, actor, staff_id, now)


def _tasks(session: Session, wave_id: uuid.UUID) -> list[tuple[PickTask, str]]:
    statement = (
        select(PickTask, Bin.code)
        .join(Bin, Bin.id == PickTask.bin_id)
        .where(PickTask.wave_id == wave_id)
        .order_by(PickTask.stop)
        .execution_options(populate_existing=True)
    )
    found = [(row[0], row[1]) for row in session.execute(statement)]
    if not found:
        raise NotFound("no such pick list: scan the list's own barcode")
    return found


def _refuse_stopped(session: Session, task: PickTask) -> None:
    reasons = holds.standing(session, order_ids=[task.order_id]).get(task.order_id)
    if reasons:
        raise Conflict(f"this order was stopped ({', '.join(reasons)}): leave its goods and take the next stop")


def _count(
    session: Session, task: PickTask, verdict: Verdict, actor: str, staff_id: uuid.UUID | None, now: datetime
) -> Answer:
    locking.touch(session, order_ids=[task.order_id])
    if _start(session, task, now, actor):
        _take_step(session, task.fulfilment_id, staff_id, now)
    row = session.execute(_COUNT, {"qty": verdict.qty, "task": task.id, "actor": actor, "now": now}).one_or_none()
    if row is None:
        raise Conflict("another scan took the last piece of this stop: look at the list again")
    _move_to_packing(session, task, verdict, actor, now)
    session.execute(LINE_PROGRESS, {"orders": [task.order_id]})
    if row.left_over > 0:
        return Answer("ok", task.id, row.left_over)
    lifecycle.advance(session, PickTask, [task.id], to="picked", cause="scanned", actor=actor, now=now)
    picked = settle(session, fulfilment_ids=[task.fulfilment_id], actor=actor, now=now)
    return Answer("ok", task.id, ZERO, task.fulfilment_id in picked, _complete_wave(session, task.wave_id, actor, now))


def _start(session: Session, task: PickTask, now: datetime, actor: str) -> bool:
    lifecycle.advance(
        session, Wave, [task.wave_id], to="in_progress", cause="first scan", actor=actor, now=now, lenient=True
    )
    moved = lifecycle.advance(
        session, Fulfilment, [task.fulfilment_id], to="picking", cause="first scan", actor=actor, now=now, lenient=True
    )
    return bool(moved)


def _take_step(session: Session, fulfilment_id: uuid.UUID, staff_id: uuid.UUID | None, now: datetime) -> None:
    if staff_id is not None:
        found = journey.find(session, kind="pick", subject_ids=[fulfilment_id], states=("open",))
        journey.take(session, step_ids=[s.id for s in found.values()], staff_id=staff_id, now=now)


def _move_to_packing(session: Session, task: PickTask, verdict: Verdict, actor: str, now: datetime) -> None:
    warehouse_id = session.execute(select(Wave.warehouse_id).where(Wave.id == task.wave_id)).scalar_one()
    target = packing_bin(session, warehouse_id=warehouse_id)
    key, qty = f"pick:{task.id}:{task.qty_picked}", verdict.qty
    carried = Carried(key, warehouse_id, task.sku_id, task.bin_id, target, qty, qty, task.order_id, task.id)
    carry(session, [carried], cause="pick", actor=actor, now=now)


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


def _complete_wave(session: Session, wave_id: uuid.UUID, actor: str, now: datetime) -> bool:
    complete_waves(session, wave_ids=[wave_id], actor=actor, now=now)
    return session.execute(select(Wave.status).where(Wave.id == wave_id)).scalar_one() == "completed"


def _answer(session: Session, answer: str, task_id: uuid.UUID | None, *, completed: bool) -> Answer:
    task = session.get(PickTask, task_id) if task_id else None
    return Answer(answer, task_id, task.qty - task.qty_picked if task else ZERO, wave_completed=completed)


__all__ = ["Answer", "PickScan", "Scan", "scan", "settle"]
