"""Picking by scan: each scan is recorded, right or wrong; the last one ends the step `pick` (F-2).

Picked goods move to the warehouse's packing bin; they stay promised until hand-over.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.errors import Conflict, NotFound
from oms.fulfilment import codes, incomplete, pick_sql, scan_rules, shorts
from oms.fulfilment.models import PickTask
from oms.fulfilment.scan_rules import Wanted
from oms.fulfilment.scans import first_of, refuse_other, write_scan
from oms.inventory.bins import packing_bin
from oms.inventory.carrying import require_rows
from oms.journey import steps as journey
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import locking

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PickScan:
    """A scan at a bin. `scan_id` is made by the device, so that a scan sent twice counts once.

    `stop`: the one that the device shows, with the order whose tote the goods go into; None where it shows none.
    """

    scan_id: str
    wave_id: uuid.UUID
    bin_code: str
    code: str
    qty: Decimal = Decimal(1)
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the worker sees: the verdict, the task, how many are left of it, and whether the list is done."""

    answer: str
    task_id: uuid.UUID | None
    left: Decimal
    fulfilment_picked: bool = False
    wave_completed: bool = False


def scan(session: Session, *, scanned: PickScan, actor: str, staff_id: uuid.UUID | None, now: datetime) -> Answer:
    """Judge and record one scan. A repeat of the same `scan_id` gets the first answer and counts nothing.

    Raises KeyReused for another scan under that id, Conflict when the order was stopped meanwhile: put the goods back, and tell the desk.
    """
    place = numbers.bare(scanned.bin_code)
    rows = session.execute(pick_sql.READ, _asked(scanned)).all()
    if not rows or rows[0].first_fulfilment_id is None:
        raise NotFound("no such pick list: scan the list's own barcode")
    head = rows[0]
    if head.known is not None:
        refuse_other(same=head.same)
        return _answer(session, head.known, head.known_task_id)
    stops = {row.id: row for row in rows if row.id is not None}
    wanted = [Wanted(stop.id, stop.sku_id, _may_count(scanned, stop), stop.bin_code) for stop in stops.values()]
    verdict = scan_rules.judge(
        wanted, sku_id=head.scanned_sku_id, per_scan=head.per_scan, qty=scanned.qty, bin_code=place
    )
    if verdict.wanted is not None:
        return _count(session, stops[verdict.wanted.id], verdict.qty, scanned, actor, staff_id, now)
    written = write_scan(
        session,
        stage="pick",
        scanned=scanned,
        sku_id=head.scanned_sku_id,
        verdict=verdict,
        actor=actor,
        now=now,
        fulfilment_id=head.first_fulfilment_id,
        bin_code=scanned.bin_code,
    )
    return Answer(verdict.answer, None, ZERO) if written else _first(session, scanned)


def _may_count(scanned: PickScan, stop: Row[Any]) -> Decimal:
    """How many pieces a scan may count for a stop: none for another order's at the same bin, whose tote is not before the picker."""
    left: Decimal = stop.left_over
    return left if scanned.stop in (None, stop.stop) else ZERO


def _asked(scanned: PickScan) -> dict[str, Any]:
    return {
        "wave": scanned.wave_id,
        "codes": codes.spellings(scanned.code),
        "scan": scanned.scan_id,
        "bin": numbers.bare(scanned.bin_code),
        "qty": scanned.qty,
        "read_code": scanned.code[:200],
        "read_bin": scanned.bin_code,
        "stop": scanned.stop,
    }


def _count(
    session: Session,
    stop: Row[Any],
    qty: Decimal,
    scanned: PickScan,
    actor: str,
    staff_id: uuid.UUID | None,
    now: datetime,
) -> Answer:
    """Record a right scan and count it: the stop, its line, the goods on their way, in one statement."""
    if stop.locked_order_id != stop.order_id:
        locking.touch(session, order_ids=[stop.order_id])
    new = db.new_ids(5)
    names = ("row", "wave_entry", "begun_entry", "task_entry", "move")
    row = session.execute(
        pick_sql.COUNT,
        dict(zip(names, new, strict=True))
        | {
            "task": stop.id,
            "qty": qty,
            "scan": scanned.scan_id,
            "code": scanned.code[:200],
            "bin": scanned.bin_code,
            "times": scanned.qty,
            "packing": stop.packing_bin_id or packing_bin(session, warehouse_id=stop.warehouse_id),
            "cause": "pick",
            "actor": actor,
            "staff": staff_id,
            "now": now,
        },
    ).one_or_none()
    if row is None:
        return _first(session, scanned, stop)
    require_rows(row, places=1)
    if not row.last_stop or row.left_over > 0:
        return Answer("ok", stop.id, row.left_over)
    ended = _settle(session, [stop.fulfilment_id], actor, now)
    return Answer("ok", stop.id, ZERO, bool(ended), any(one.wave_completed for one in ended))


def _first(session: Session, scanned: PickScan, stop: Row[Any] | None = None) -> Answer:
    """Answer a scan that counts nothing: as the one that came first under its id, else with why it counts nothing."""
    first = first_of(session, stage="pick", scanned=scanned, wave_id=scanned.wave_id, bin_code=scanned.bin_code)
    if first is not None:
        return _answer(session, first.answer, first.task_id)
    if stop is not None:
        shorts.refuse_held(session, order_id=stop.order_id)
    raise Conflict("another scan took the last piece of this stop: look at the list again")


def settle(session: Session, *, fulfilment_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """End the step `pick` of fulfilments (of locked orders) whose every task is picked or short; return those.

    A list that has no open stop left is completed with them.
    """
    return [row.fulfilment_id for row in _settle(session, fulfilment_ids, actor, now)]


def _settle(session: Session, fulfilment_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> Sequence[Any]:
    count = len(fulfilment_ids)
    params = {"ids": list(fulfilment_ids), "entries": db.new_ids(count), "wave_entries": db.new_ids(count)}
    ended = session.execute(pick_sql.SETTLE, params | {"actor": actor, "now": now}).all()
    short = {row.fulfilment_id for row in ended if row.short}
    empty = shorts.end_empty(session, fulfilment_ids=list(short), actor=actor, now=now) if short else {}
    waiting = incomplete.waiting(session, fulfilment_ids=list(short - empty.keys())) if short else set()
    found = [Claimed(*row[_STEP:]) for row in ended if row[_STEP] is not None]
    journey.finish(session, [_ended(step, short, empty, waiting) for step in found], by=actor, now=now)
    return ended


#: Where the step begins in a row of `SETTLE`.
_STEP = 3


def _ended(
    step: Claimed, short: set[uuid.UUID], empty: Mapping[uuid.UUID, tuple[NewStep, ...]], waiting: set[uuid.UUID]
) -> Done:
    same: dict[str, Any] = {"order_id": step.order_id, "round": step.round}
    again = NewStep("short_pick", step.subject_id, **same)
    if step.subject_id in empty:
        return Done(step, "short", (*empty[step.subject_id], again), ends=shorts.PROMISE_BACK)
    if step.subject_id in waiting:
        return Done(step, "short", (again,))
    pack = NewStep("pack", step.subject_id, due_at=step.due_at, **same)
    return Done(step, "short", (pack, again)) if step.subject_id in short else Done(step, "picked", (pack,))


def _answer(session: Session, answer: str, task_id: uuid.UUID | None) -> Answer:
    task = session.get(PickTask, task_id, populate_existing=True) if task_id else None
    return Answer(answer, task_id, task.qty - task.qty_picked if task else ZERO)
