"""Packing: check by scan, carton, weight; the parcel and its step `book` follow (F-3).

The check and the boxing are two scans: a fulfilment is boxed only when every picked piece was scanned at the
packing table. A wrong scan there is a mis-pick found: an error event against the pick, caught inside.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.errors import Conflict, NotFound
from oms.fulfilment import codes, scan_rules
from oms.fulfilment.models import Fulfilment, FulfilmentLine
from oms.fulfilment.picking import LINE_PROGRESS
from oms.fulfilment.scan_rules import Wanted
from oms.fulfilment.scans import replay, write_scan
from oms.journey import errors as error_events
from oms.journey import holds, lifecycle
from oms.journey import steps as journey
from oms.journey.errors import NewError
from oms.orders import locking
from oms.rows import among

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PackScan:
    """A scan at the packing table; `scan_id` is made by the device."""

    scan_id: str
    fulfilment_id: uuid.UUID
    code: str
    qty: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class PackAnswer:
    """The verdict, how many pieces are left to check, and whether all are checked."""

    answer: str
    left: Decimal
    checked: bool


_COUNT = text("""
    UPDATE fulfilment_line SET qty_packed = qty_packed + :qty WHERE id = :line AND qty_packed + :qty <= qty_picked
    RETURNING id
""")


def scan(session: Session, *, scanned: PackScan, actor: str, staff_id: uuid.UUID | None, now: datetime) -> PackAnswer:
    """Check one piece. A repeat of the same `scan_id` counts nothing. Raises Conflict when the order was stopped."""
    fulfilment = packable(session, fulfilment_id=scanned.fulfilment_id)
    known = replay(session, scan_id=scanned.scan_id)
    if known is not None:
        return _left(session, fulfilment.id, known.answer)
    locking.touch(session, order_ids=[fulfilment.order_id])
    lines = _lines(session, fulfilment.id)
    sku_id, per_scan = codes.sku_of(session, code=scanned.code)
    wanted = [Wanted(line.id, line.sku_id, line.qty_picked - line.qty_packed) for line in lines]
    verdict = scan_rules.judge(wanted, sku_id=sku_id, per_scan=per_scan, qty=scanned.qty, bin_code=None)
    write_scan(
        session,
        stage="pack",
        scanned=scanned,
        sku_id=sku_id,
        verdict=verdict,
        actor=actor,
        now=now,
        fulfilment_id=fulfilment.id,
    )
    if verdict.wanted is None:
        _note_mismatch(session, fulfilment, verdict.answer, actor, now)
        return _left(session, fulfilment.id, verdict.answer)
    if session.execute(_COUNT, {"qty": verdict.qty, "line": verdict.wanted.id}).first() is None:
        raise Conflict("another scan counted the last piece: look at the list again")
    _start(session, fulfilment, staff_id, actor, now)
    session.execute(LINE_PROGRESS, {"orders": [fulfilment.order_id]})
    return _left(session, fulfilment.id, "ok")


def packable(session: Session, *, fulfilment_id: uuid.UUID) -> Fulfilment:
    """The fulfilment that stands at the packing table; NotFound or Conflict with what to do instead."""
    return packable_all(session, fulfilment_ids=[fulfilment_id])[fulfilment_id]


def packable_all(session: Session, *, fulfilment_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Fulfilment]:
    """The fulfilments that stand at the packing table; NotFound or Conflict for the first that does not."""
    statement = select(Fulfilment).where(among(Fulfilment.id, fulfilment_ids))
    rows = session.execute(statement.execution_options(populate_existing=True)).scalars()
    found = {fulfilment.id: fulfilment for fulfilment in rows}
    if len(found) < len(set(fulfilment_ids)):
        raise NotFound("no such fulfilment: scan the code on the pick list")
    standing = holds.standing(session, order_ids=sorted({f.order_id for f in found.values()}))
    for fulfilment in found.values():
        _refuse_unpackable(fulfilment, standing.get(fulfilment.order_id, ()))
    return found


def _refuse_unpackable(fulfilment: Fulfilment, reasons: Sequence[str]) -> None:
    if reasons:
        raise Conflict(f"this order was stopped ({', '.join(reasons)}): put its goods aside for put-back")
    if fulfilment.status not in ("picked", "short", "packing"):
        raise Conflict(f"fulfilment {fulfilment.number} is {fulfilment.status}: there is nothing to pack")


def _lines(session: Session, fulfilment_id: uuid.UUID) -> Sequence[FulfilmentLine]:
    statement = select(FulfilmentLine).where(FulfilmentLine.fulfilment_id == fulfilment_id).order_by(FulfilmentLine.id)
    return session.execute(statement.execution_options(populate_existing=True)).scalars().all()


def _left(session: Session, fulfilment_id: uuid.UUID, answer: str) -> PackAnswer:
    left = sum((line.qty_picked - line.qty_packed for line in _lines(session, fulfilment_id)), ZERO)
    return PackAnswer(answer, left, left == 0)


def _start(session: Session, fulfilment: Fulfilment, staff_id: uuid.UUID | None, actor: str, now: datetime) -> None:
    moved = lifecycle.advance(
        session,
        Fulfilment,
        [fulfilment.id],
        to="packing",
        cause="first check",
        actor=actor,
        now=now,
        lenient=True,
    )
    if moved and staff_id is not None:
        found = journey.find(session, kind="pack", subject_ids=[fulfilment.id], states=("open",))
        journey.take(session, step_ids=[s.id for s in found.values()], staff_id=staff_id, now=now)


def _note_mismatch(session: Session, fulfilment: Fulfilment, answer: str, actor: str, now: datetime) -> None:
    """A wrong piece in the tote is a mis-pick, caught before it left; an unreadable code is nobody's error."""
    if answer not in ("wrong_sku", "too_many"):
        return
    event = NewError(
        order_id=fulfilment.order_id,
        subject_type="fulfilment",
        subject_id=fulfilment.id,
        kind="mis_pick",
        cause="pick",
        stage="pick",
        person=fulfilment.picked_by or "unknown",
        caught=True,
    )
    error_events.record(session, events=[event], by=actor, now=now)
