"""Checks of many pieces at once, as a scanning tunnel or a phone that was off line sends them; one record a scan (F-3)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.fulfilment import codes, incomplete, locks, packing
from oms.fulfilment.models import Fulfilment, Scan
from oms.fulfilment.packing import Mismatch, PackScan
from oms.fulfilment.progress import LINE_PROGRESS
from oms.journey import lifecycle
from oms.rows import insert_rows

_LINES = text(f"""
    SELECT f.id AS fulfilment_id, f.order_id, fl.id AS line_id, fl.sku_id, fl.qty_picked - fl.qty_packed AS left_over
    FROM fulfilment f JOIN fulfilment_line fl ON fl.fulfilment_id = f.id
    WHERE f.id = ANY(CAST(:ids AS uuid[])) AND f.status IN ('picked', 'short', 'packing') AND NOT ({incomplete.WAITS})
      AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = f.order_id AND h.released_at IS NULL)
    ORDER BY fl.id
""")

_CODES = text("""
    SELECT DISTINCT ON (c.code) c.code, coalesce(b.sku_id, s.id) AS sku_id, coalesce(b.qty, 1) AS qty
    FROM unnest(CAST(:codes AS text[]), CAST(:spelt AS text[]), CAST(:places AS int[])) AS c(code, spelt, place)
    LEFT JOIN barcode b ON b.code = c.spelt LEFT JOIN sku s ON s.code = c.spelt
    ORDER BY c.code, coalesce(b.sku_id, s.id) IS NULL, c.place
""")

_COUNT = text("""
    UPDATE fulfilment_line SET qty_packed = qty_packed + c.qty
    FROM (SELECT line, sum(qty) AS qty FROM unnest(CAST(:lines AS uuid[]), CAST(:qtys AS numeric[])) AS u(line, qty)
          GROUP BY 1) c
    WHERE fulfilment_line.id = c.line
""")


_KNOWN = text("""
    SELECT scan_id, stage, fulfilment_id, code, qty, answer FROM scan WHERE scan_id = ANY(CAST(:ids AS text[]))
""")

#: Answer to another scan under a known id: it counts nothing and is not recorded, so it has to be scanned again.
ID_USED = "id_used"


class _Known(NamedTuple):
    """What was scanned under an id, and how it was answered."""

    stage: str
    fulfilment_id: uuid.UUID
    code: str
    qty: Decimal
    answer: str


class _Counted(NamedTuple):
    """Pieces that a right scan counts for a line."""

    line_id: uuid.UUID
    qty: Decimal


def check(session: Session, *, scans: Sequence[PackScan], actor: str, now: datetime) -> list[str]:
    """Judge and record the scans in their order; return `ok` or what is wrong with each.

    One that is wrong counts nothing and is recorded; what stands at no packing table is `not_yours`. A repeat gets its first
    answer and counts nothing, also within one call; another scan under a known id is `ID_USED`, and the others count.
    """
    ids = list({s.fulfilment_id for s in scans})
    orders = locks.take_orders(session, fulfilment_ids=ids)
    lines = session.execute(_LINES, {"ids": ids}).all()
    goods = _goods(session, {s.code.strip() for s in scans})
    known = {r.scan_id: _Known(*r[1:]) for r in session.execute(_KNOWN, {"ids": sorted({s.scan_id for s in scans})})}
    rows, counted, answers = _judge(scans, lines, goods, known, actor, now)
    new = set(insert_rows(session, Scan, rows, unless=("scan_id",), returning="scan_id"))
    taken = {row["scan_id"] for row in rows} - new  # by somebody at another order, in this very moment
    right = [one for scan_id, one in counted.items() if scan_id in new]
    session.execute(_COUNT, {"lines": [one.line_id for one in right], "qtys": [one.qty for one in right]})
    started = list({row["fulfilment_id"] for row in rows if row["accepted"] and row["scan_id"] in new})
    lifecycle.advance(session, Fulfilment, started, to="packing", cause="checked", actor=actor, now=now, lenient=True)
    session.execute(LINE_PROGRESS, {"orders": orders})
    tables = {line.fulfilment_id: line for line in lines}
    mismatches = [
        Mismatch(at.fulfilment_id, at.order_id, row["sku_id"], row["answer"])
        for row in rows
        if (at := tables.get(row["fulfilment_id"]))
    ]
    packing.note_mismatches(session, mismatches, actor=actor, now=now)
    return [ID_USED if s.scan_id in taken else answer for s, answer in zip(scans, answers, strict=True)]


def _goods(session: Session, scanned: Collection[str]) -> dict[str, tuple[uuid.UUID | None, Decimal]]:
    """(SKU, pieces) of each code, as `codes.sku_of`, in one statement."""
    spelt = [(code, *pair) for code in sorted(scanned) for pair in enumerate(codes.spellings(code))]
    params = {
        "codes": [row[0] for row in spelt],
        "places": [row[1] for row in spelt],
        "spelt": [row[2] for row in spelt],
    }
    return {row.code: (row.sku_id, row.qty) for row in session.execute(_CODES, params)}


def _judge(
    scans: Sequence[PackScan],
    lines: Sequence[Any],
    goods: Mapping[str, tuple[uuid.UUID | None, Decimal]],
    known: dict[str, _Known],
    actor: str,
    now: datetime,
) -> tuple[list[dict[str, Any]], dict[str, _Counted], list[str]]:
    left: dict[tuple[uuid.UUID, uuid.UUID], list[list[Any]]] = {}
    for line in lines:
        left.setdefault((line.fulfilment_id, line.sku_id), []).append([line.line_id, line.left_over])
    here = {line.fulfilment_id for line in lines}
    rows: list[dict[str, Any]] = []
    counted: dict[str, _Counted] = {}
    answers = []
    for s in scans:
        first = known.get(s.scan_id)
        if first is not None:
            same = first[:-1] == ("pack", s.fulfilment_id, s.code[:200], s.qty)
            answers.append(first.answer if same else ID_USED)
            continue
        sku_id, per_scan = goods.get(s.code.strip(), (None, Decimal(1)))
        pieces = per_scan * s.qty
        answer, line_id = _answer(s, sku_id, pieces, left, here)
        if line_id is not None:
            counted[s.scan_id] = _Counted(line_id, pieces)
        known[s.scan_id] = _Known("pack", s.fulfilment_id, s.code[:200], s.qty, answer)
        rows.append(_row(s, sku_id, pieces if line_id else None, answer, actor, now))
        answers.append(answer)
    return rows, counted, answers


def _answer(
    s: PackScan,
    sku_id: uuid.UUID | None,
    pieces: Decimal,
    left: dict[tuple[uuid.UUID, uuid.UUID], list[list[Any]]],
    here: set[uuid.UUID],
) -> tuple[str, uuid.UUID | None]:
    if s.fulfilment_id not in here:
        return "not_yours", None
    if sku_id is None:
        return "unknown_code", None
    places = left.get((s.fulfilment_id, sku_id))
    if places is None:
        return "wrong_sku", None
    for place in places:
        if pieces > 0 and place[1] >= pieces:
            place[1] -= pieces
            return "ok", place[0]
    return "too_many", None


def _row(
    s: PackScan, sku_id: uuid.UUID | None, counted: Decimal | None, answer: str, actor: str, now: datetime
) -> dict[str, Any]:
    return {
        "id": db.new_id(),
        "scan_id": s.scan_id,
        "stage": "pack",
        "fulfilment_id": s.fulfilment_id,
        "code": s.code[:200],
        "sku_id": sku_id,
        "qty": s.qty,
        "pieces": counted,
        "accepted": answer == "ok",
        "answer": answer,
        "actor": actor,
        "at": now,
    }
