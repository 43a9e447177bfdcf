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

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms import db
from oms.errors import Conflict, NotFound
from oms.fulfilment import codes, incomplete, progress, scan_rules
from oms.fulfilment.boxing import Checked
from oms.fulfilment.models import Fulfilment
from oms.fulfilment.scan_rules import Verdict, Wanted
from oms.fulfilment.scans import first_of, refuse_other, write_scan
from oms.journey import errors as error_events
from oms.journey import holds, move_sql, step_sql
from oms.journey.errors import NewError

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


# All that a scan is judged by, with the lines; its order is locked. What waited for that lock may read older lines.
_READ = text(f"""
    WITH o AS (SELECT id FROM orders WHERE id = (SELECT order_id FROM fulfilment WHERE fulfilment.id = :fulfilment)
               FOR NO KEY UPDATE)
    SELECT f.id, f.number, f.order_id, f.status, {incomplete.WAITS} AS waits, c.sku_id AS scanned_sku_id, coalesce(c.qty, 0) AS per_scan,
           k.answer AS known, k.stage = 'pack' AND k.fulfilment_id = f.id AND k.code = :read_code
                              AND k.qty = CAST(:times AS numeric) AS same, ARRAY(SELECT reason FROM hold h WHERE h.order_id = f.order_id AND h.released_at IS NULL
                                    ORDER BY h.placed_at) AS reasons,
           l.id AS line_id, l.sku_id, l.qty_picked - l.qty_packed AS left_over
    FROM o JOIN fulfilment f ON f.order_id = o.id
    LEFT JOIN LATERAL ({codes.FIND}) c ON TRUE
    LEFT JOIN scan k ON k.scan_id = :scan
    LEFT JOIN fulfilment_line l ON l.fulfilment_id = f.id
    WHERE f.id = :fulfilment ORDER BY l.id
""")

_LINES = text("""
    SELECT id AS line_id, sku_id, qty_picked - qty_packed AS left_over
    FROM fulfilment_line WHERE fulfilment_id = :fulfilment ORDER BY id
""")

# Nothing is written where the line has not so many pieces left, its order is held, or another scan came first under this id, at
# this order or in this very moment at another: the answer is no row.
_READY = """
    fits AS MATERIALIZED (
        SELECT l.id, l.fulfilment_id, l.sku_id, f.status FROM fulfilment_line l JOIN fulfilment f ON f.id = l.fulfilment_id
        WHERE l.id = :line AND l.qty_packed + CAST(:qty AS numeric) <= l.qty_picked
          AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = l.order_id AND h.released_at IS NULL)
          AND NOT EXISTS (SELECT 1 FROM scan k WHERE k.scan_id = :scan)),
    scanned AS (INSERT INTO scan (id, scan_id, stage, fulfilment_id, code, sku_id, qty, pieces, accepted, answer, actor, at)
        SELECT :row, :scan, 'pack', fulfilment_id, :code, sku_id, CAST(:times AS numeric), CAST(:qty AS numeric), TRUE, 'ok', :actor, :now FROM fits
        ON CONFLICT (scan_id) DO NOTHING RETURNING scan_id),
    ready AS MATERIALIZED (SELECT * FROM fits WHERE EXISTS (SELECT 1 FROM scanned)),
    line AS (UPDATE fulfilment_line l SET qty_packed = l.qty_packed + CAST(:qty AS numeric) FROM ready
             WHERE l.id = ready.id RETURNING l.id, l.order_id, l.order_line_id)
"""
# The first check begins the packing; whoever checks takes the step.
_BEGUN = move_sql.parts(
    Fulfilment, "begun", to="packing", cause="'first check'",
    source="(SELECT fulfilment_id AS id, CAST(:begun_entry AS uuid) AS entry_id FROM ready WHERE status <> 'packing')",
)  # fmt: skip
_TAKEN = step_sql.take_part(kind="pack", subjects="SELECT id FROM begun")

_COUNT = text(f"""
    WITH {_READY}, {_BEGUN}, {_TAKEN}, {progress.of_scan("packed")}
    SELECT (SELECT sum(l.qty_picked - l.qty_packed) FROM fulfilment_line l WHERE l.fulfilment_id = ready.fulfilment_id)
           - CAST(:qty AS numeric) AS left_over FROM ready
""")


def scan(session: Session, *, scanned: PackScan, actor: str, staff_id: uuid.UUID | None, now: datetime) -> PackAnswer:
    """Check one piece. A repeat of the same `scan_id` counts nothing.

    Raises KeyReused for another scan under that id, Conflict when the order was stopped.
    """
    rows = session.execute(_READ, _asked(scanned)).all()
    if not rows:
        raise NotFound("no such fulfilment: scan the code on the pick list")
    head = rows[0]
    lines: Sequence[Row[Any]] = [row for row in rows if row.line_id is not None]
    _refuse_unpackable(head, head.reasons)
    if head.known is not None:
        refuse_other(same=head.same)
        return _left(lines, head.known)
    verdict = _judge(head, lines, scanned)
    left = _count(session, verdict, scanned, actor, staff_id, now)
    if left is None:
        lines = session.execute(_LINES, {"fulfilment": head.id}).all()
        first = first_of(session, stage="pack", scanned=scanned, fulfilment_id=head.id)
        if first is not None:
            return _left(lines, first.answer)
        if verdict.wanted is not None:
            _refuse_unpackable(head, holds.standing(session, order_ids=[head.order_id]).get(head.order_id, ()))
        # Nothing is refused for what another scan has changed meanwhile.
        verdict = _judge(head, lines, scanned)
        left = _count(session, verdict, scanned, actor, staff_id, now)
    if left is not None:
        return PackAnswer("ok", left, left == 0)
    if verdict.wanted is not None:
        raise Conflict("another scan counted the last piece: look at the list again")
    _record_wrong(session, head, scanned, verdict, actor, now)
    return _left(lines, verdict.answer)


def _record_wrong(
    session: Session, head: Row[Any], scanned: PackScan, verdict: Verdict, actor: str, now: datetime
) -> None:
    written = write_scan(
        session,
        stage="pack",
        scanned=scanned,
        sku_id=head.scanned_sku_id,
        verdict=verdict,
        actor=actor,
        now=now,
        fulfilment_id=head.id,
    )
    refuse_other(same=written)  # who waited for this order's row knows its own scans: this one is of another order
    note_mismatches(
        session, [Mismatch(head.id, head.order_id, head.scanned_sku_id, verdict.answer)], actor=actor, now=now
    )


def _asked(scanned: PackScan) -> dict[str, Any]:
    return {
        "fulfilment": scanned.fulfilment_id,
        "codes": codes.spellings(scanned.code),
        "scan": scanned.scan_id,
        "read_code": scanned.code[:200],
        "times": scanned.qty,
    }


def _judge(head: Row[Any], lines: Sequence[Row[Any]], scanned: PackScan) -> Verdict:
    wanted = [Wanted(line.line_id, line.sku_id, line.left_over) for line in lines]
    return scan_rules.judge(wanted, sku_id=head.scanned_sku_id, per_scan=head.per_scan, qty=scanned.qty, bin_code=None)


def _count(
    session: Session, verdict: Verdict, scanned: PackScan, actor: str, staff_id: uuid.UUID | None, now: datetime
) -> Decimal | None:
    """Record a right scan and count it, in one statement: the pieces left to check. None where nothing was counted."""
    if verdict.wanted is None:
        return None
    row, begun_entry = db.new_ids(2)
    params = {
        "row": row,
        "begun_entry": begun_entry,
        "line": verdict.wanted.id,
        "qty": verdict.qty,
        "scan": scanned.scan_id,
        "code": scanned.code[:200],
        "times": scanned.qty,
        "actor": actor,
        "staff": staff_id,
        "now": now,
    }
    left: Decimal | None = session.execute(_COUNT, params).scalar_one_or_none()
    return left


@dataclass(frozen=True, slots=True)
class AtTable:
    """A fulfilment that stands at the packing table (`head`), what is checked of it, and how many lines are not yet."""

    head: Row[Any]
    checked: tuple[Checked, ...]
    unchecked: int


# The ids come by way of a query, so that one plan serves any number of them and is kept.
_TABLE = text(f"""
    SELECT f.id, f.number, f.order_id, f.status, {incomplete.WAITS} AS waits, f.carrier_id, f.service,
           ARRAY(SELECT reason FROM hold h WHERE h.order_id = f.order_id AND h.released_at IS NULL ORDER BY h.placed_at) AS reasons,
           fl.id AS line_id, fl.sku_id, fl.qty_packed, s.weight_g, s.length_mm, s.width_mm, s.height_mm,
           fl.qty_packed < fl.qty_picked AS unchecked
    FROM fulfilment f
    LEFT JOIN fulfilment_line fl ON fl.fulfilment_id = f.id AND (fl.qty_packed > 0 OR fl.qty_packed < fl.qty_picked)
    LEFT JOIN sku s ON s.id = fl.sku_id
    WHERE f.id = ANY(ARRAY(SELECT unnest(CAST(:ids AS uuid[])))) ORDER BY f.id, fl.id
""")


def at_table(session: Session, *, fulfilment_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, AtTable]:
    """The fulfilments with what is checked, in one statement; NotFound or Conflict for the first that cannot be packed."""
    rows: dict[uuid.UUID, list[Row[Any]]] = {}
    for row in session.execute(_TABLE, {"ids": list(fulfilment_ids)}).all():
        rows.setdefault(row.id, []).append(row)
    if len(rows) < len(set(fulfilment_ids)):
        raise NotFound("no such fulfilment: scan the code on the pick list")
    for head, *_ in rows.values():
        _refuse_unpackable(head, head.reasons)
    return {fulfilment_id: _standing(found) for fulfilment_id, found in rows.items()}


def _standing(rows: Sequence[Row[Any]]) -> AtTable:
    lines = [row for row in rows if row.line_id is not None]
    checked = tuple(
        Checked(r.line_id, r.sku_id, r.qty_packed, r.weight_g, (r.length_mm, r.width_mm, r.height_mm)) for r in lines
    )
    return AtTable(rows[0], checked, sum(line.unchecked for line in lines))


def _refuse_unpackable(fulfilment: Row[Any], reasons: Sequence[str]) -> None:
    if reasons:
        raise Conflict(f"this order was stopped ({', '.join(reasons)}): put its goods aside for put-back")
    if fulfilment.waits:
        raise Conflict(incomplete.PUT_ASIDE)
    if fulfilment.status not in ("picked", "short", "packing"):
        raise Conflict(f"fulfilment {fulfilment.number} is {fulfilment.status}: there is nothing to pack")


def _left(lines: Sequence[Row[Any]], answer: str) -> PackAnswer:
    left = sum((line.left_over for line in lines), ZERO)
    return PackAnswer(answer, left, left == 0)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What was wrong at the table, a scan or a piece that was not there: of which fulfilment, which goods as far as they are known, and what was answered."""

    fulfilment_id: uuid.UUID
    order_id: uuid.UUID
    sku_id: uuid.UUID | None
    answer: str


# Several may have walked the list: who picked those goods, else who picked last.
_PICKED_BY = text("""
    SELECT DISTINCT ON (wrong.id) wrong.id, t.picked_by
    FROM unnest(CAST(:ids AS uuid[]), CAST(:skus AS uuid[])) AS wrong(id, sku_id)
    JOIN pick_task t ON t.fulfilment_id = wrong.id AND t.qty_picked > 0
    ORDER BY wrong.id, t.sku_id IS DISTINCT FROM wrong.sku_id, t.picked_at DESC
""")


#: Why a piece cannot be packed, beside the answers to scans: it never came to the table.
MISSING = "missing"
#: What is wrong with a tote by whoever picked it. An unreadable code is nobody's error, nor are goods that broke.
_MIS_PICKS = ("wrong_sku", "too_many", MISSING)


def note_mismatches(session: Session, found: Sequence[Mismatch], *, actor: str, now: datetime) -> None:
    """A wrong piece in the tote, or one that is missing there, is a mis-pick, caught before it left."""
    wrong = {one.fulfilment_id: one for one in found if one.answer in _MIS_PICKS}
    if not wrong:
        return
    params = {"ids": list(wrong), "skus": [one.sku_id for one in wrong.values()]}
    persons: dict[uuid.UUID, str] = {row.id: row.picked_by for row in session.execute(_PICKED_BY, params)}
    events = [
        NewError(
            order_id=one.order_id,
            subject_type="fulfilment",
            subject_id=one.fulfilment_id,
            kind="mis_pick",
            cause="pick",
            stage="pick",
            person=persons.get(one.fulfilment_id, "unknown"),
            caught=True,
        )
        for one in wrong.values()
    ]
    error_events.record(session, events=events, by=actor, now=now)
