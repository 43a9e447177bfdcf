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
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from oms.errors import Conflict, NotFound
from oms.fulfilment import scan_rules
from oms.fulfilment.models import Fulfilment
from oms.fulfilment.progress import LINE_PROGRESS
from oms.fulfilment.scan_rules import Wanted
from oms.fulfilment.scans import write_scan
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


# All that a scan is judged by, but the lines, which are read under the order's lock.
_READ = text("""
    SELECT f.id, f.number, f.order_id, f.status, f.picked_by, c.sku_id AS scanned_sku_id, coalesce(c.qty, 0) AS per_scan,
           k.answer AS known, ARRAY(SELECT reason FROM hold h WHERE h.order_id = f.order_id AND h.released_at IS NULL
                                    ORDER BY h.placed_at) AS reasons
    FROM fulfilment f
    LEFT JOIN LATERAL (SELECT sku_id, qty FROM barcode WHERE code = :code
                       UNION ALL SELECT id, 1 FROM sku WHERE code = :code LIMIT 1) c ON TRUE
    LEFT JOIN scan k ON k.scan_id = :scan
    WHERE f.id = :fulfilment
""")

_LINES = text("""
    SELECT id, sku_id, qty_picked - qty_packed AS left_over FROM fulfilment_line WHERE fulfilment_id = :fulfilment ORDER BY id
""")

_COUNT = text("""
    UPDATE fulfilment_line SET qty_packed = qty_packed + :qty
    WHERE id = :line AND qty_packed + :qty <= qty_picked AND NOT EXISTS (
        SELECT 1 FROM hold h WHERE h.order_id = fulfilment_line.order_id AND h.released_at IS NULL)
    RETURNING id
""")


def scan(session: Session, *, scanned: PackScan, actor: str, staff_id: uuid.UUID | None, now: datetime) -> PackAnswer:
    """Check one piece. A repeat of the same `scan_id` counts nothing. Raises Conflict when the order was stopped."""
    read = {"fulfilment": scanned.fulfilment_id, "code": scanned.code.strip(), "scan": scanned.scan_id}
    head = session.execute(_READ, read).one_or_none()
    if head is None:
        raise NotFound("no such fulfilment: scan the code on the pick list")
    _refuse_unpackable(head, head.reasons)
    if head.known is not None:
        return _left(_lines(session, head.id), head.known)
    locking.touch(session, order_ids=[head.order_id])
    lines = _lines(session, head.id)
    wanted = [Wanted(line.id, line.sku_id, line.left_over) for line in lines]
    verdict = scan_rules.judge(
        wanted, sku_id=head.scanned_sku_id, per_scan=head.per_scan, qty=scanned.qty, bin_code=None
    )
    write_scan(
        session,
        stage="pack",
        scanned=scanned,
        sku_id=head.scanned_sku_id,
        verdict=verdict,
        actor=actor,
        now=now,
        fulfilment_id=head.id,
    )
    if verdict.wanted is None:
        _note_mismatch(session, head, verdict.answer, actor, now)
        return _left(lines, verdict.answer)
    if session.execute(_COUNT, {"qty": verdict.qty, "line": verdict.wanted.id}).first() is None:
        _refuse_unpackable(head, holds.standing(session, order_ids=[head.order_id]).get(head.order_id, ()))
        raise Conflict("another scan counted the last piece: look at the list again")
    _start(session, head, staff_id, actor, now)
    session.execute(LINE_PROGRESS, {"orders": [head.order_id]})
    return _left(lines, "ok", counted=verdict.qty)


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


def _refuse_unpackable(fulfilment: Fulfilment | Row[Any], reasons: Sequence[str]) -> None:
    if reasons:
        raise Conflict(f"this order was stopped ({', '.join(reasons)}): put its goods aside for put-back")
    if fulfilment.status not in ("picked", "short", "packing"):
        raise Conflict(f"fulfilment {fulfilment.number} is {fulfilment.status}: there is nothing to pack")


def _lines(session: Session, fulfilment_id: uuid.UUID) -> Sequence[Row[Any]]:
    return session.execute(_LINES, {"fulfilment": fulfilment_id}).all()


def _left(lines: Sequence[Row[Any]], answer: str, *, counted: Decimal = ZERO) -> PackAnswer:
    left = sum((line.left_over for line in lines), ZERO) - counted
    return PackAnswer(answer, left, left == 0)


def _start(session: Session, head: Row[Any], staff_id: uuid.UUID | None, actor: str, now: datetime) -> None:
    if head.status == "packing":
        return
    moved = lifecycle.advance(
        session, Fulfilment, [head.id], to="packing", cause="first check", actor=actor, now=now, lenient=True
    )
    if moved and staff_id is not None:
        journey.take_kind(session, kind="pack", subject_ids=moved, staff_id=staff_id, now=now)


def _note_mismatch(session: Session, fulfilment: Row[Any], answer: str, actor: str, now: datetime) -> None:
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
