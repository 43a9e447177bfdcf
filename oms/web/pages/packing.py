"""The packing table on a phone: check every piece by scan, take the carton shown, weigh, close (F-3)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db, numbers
from oms.errors import InputInvalid, Refused
from oms.fulfilment import codes, incomplete, missing, packing, queries
from oms.fulfilment.boxing import OWN, Box
from oms.fulfilment.missing import Gone
from oms.fulfilment.packing import PackScan
from oms.shipping import parcels, suggesting
from oms.shipping import queries as shipping
from oms.web import edge
from oms.web.auth import me, right
from oms.web.pages import acting, house
from oms.web.words import WORDS

pages = Blueprint("packing", __name__)

LISTS = 30
READY = ("packing", "picked", "short")
#: As many as the API takes: an order's every carton is closed at once.
MOST_BOXES = 100
#: What the page says besides the verdicts on scans: a piece was noted as missing.
SHORT = "short"


@dataclass(frozen=True, slots=True)
class Suggested:
    """A carton for the packer: what goes in by layer, and how many of each line."""

    code: str
    weight_g: int
    layers: Sequence[Any]
    loose: Sequence[str]
    contents: dict[uuid.UUID, Decimal]


@pages.get("/pack")
@right("pack")
def index() -> Response:
    """What stands at the packing table, the first cut-off first; what was put aside for a short is not to be packed yet."""
    with edge.transaction() as session:
        here, houses = house.houses(session)
        rows = [
            row
            for status in READY
            for row in queries.fulfilments(session, limit=LISTS, warehouse=here.code, status=status, packable=True)
        ]
        now = db.now(session)
    rows.sort(key=lambda row: row.cut_off_at)
    return acting.page("packing/index.html", fulfilments=rows, at_house=here, houses=houses, now=now)


@pages.get("/pack/find")
@right("pack")
def find() -> AnyResponse:
    """A fulfilment by the code on its tote or pick list."""
    with edge.transaction() as session:
        row = queries.fulfilment(session, ref=request.args.get("code", "").replace("\x00", "")[:60])
    return redirect(url_for("packing.show", fulfilment_id=row.number))


@pages.get("/pack/<fulfilment_id>")
@right("pack")
def show(fulfilment_id: str) -> Response:
    """What is left to check; then the cartons; then the papers."""
    return _page(fulfilment_id)


@pages.post("/pack/<uuid:fulfilment_id>/check")
@right("pack")
def check(fulfilment_id: uuid.UUID) -> AnyResponse:
    """Check one piece by scan; the form's `scan_id` makes one that was sent twice count once."""

    def work(session: Session, now: datetime) -> str:
        who, scan_id, code = me(), acting.required("scan_id", longest=100), acting.required("code", longest=200)
        qty = acting.amount("qty") if request.form.get("qty") else _one(session, fulfilment_id, code)
        scanned = PackScan(scan_id, fulfilment_id, code, qty)
        return packing.scan(session, scanned=scanned, actor=who.actor, staff_id=who.staff_id, now=now).answer

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _page(str(fulfilment_id), result)
    return redirect(url_for("packing.show", fulfilment_id=fulfilment_id, answer=result), code=303)


def _one(session: Session, fulfilment_id: uuid.UUID, code: str) -> Decimal:
    """What a scan stands for: one piece, and of goods by weight or length the part that is left."""
    lines = queries.lines(session, fulfilment_ids=[fulfilment_id])
    parts = {line.sku_id: line.left for line in lines if 0 < line.left < 1}
    whole = {line.sku_id for line in lines if line.left >= 1}
    sku_id = codes.sku_of(session, code=code)[0] if parts else None
    return parts[sku_id] if sku_id in parts.keys() - whole else Decimal(1)


@pages.post("/pack/<uuid:fulfilment_id>/missing")
@right("pack")
def report_missing(fulfilment_id: uuid.UUID) -> AnyResponse:
    """A piece is not there, or cannot be sent: it is sought again at once. The form's key makes one sent twice count once."""

    def work(session: Session, now: datetime) -> uuid.UUID:
        line_id, reason = acting.identifier("line"), acting.pressed("reason", *missing.REASONS)
        lines = queries.lines(session, fulfilment_ids=[fulfilment_id])
        # Of goods by weight or length it is the part that was picked.
        one = next((min(line.qty_picked, Decimal(1)) for line in lines if line.id == line_id), Decimal(1))
        gone = Gone(line_id, acting.amount("pieces") if request.form.get("pieces") else one, reason)
        missing.report(session, fulfilment_id=fulfilment_id, gone=gone, actor=me().actor, now=now)
        return fulfilment_id

    result = acting.once(work)
    if isinstance(result, Refused):
        return _page(str(fulfilment_id), result)
    return redirect(url_for("packing.show", fulfilment_id=fulfilment_id, answer=SHORT), code=303)


@pages.post("/pack/<uuid:fulfilment_id>/close")
@right("pack")
def close(fulfilment_id: uuid.UUID) -> AnyResponse:
    """Close the boxes: each becomes a parcel whose label is booked at once."""

    def work(session: Session, now: datetime) -> None:
        who = me()
        parcels.close_boxes(
            session,
            fulfilment_id=fulfilment_id,
            boxes=_boxes(session, fulfilment_id),
            actor=who.actor,
            staff_id=who.staff_id,
            now=now,
            weight_reason=acting.text("weight_reason", longest=500) or None,
        )

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _page(str(fulfilment_id), result)
    return acting.done("packing.show", "packed", fulfilment_id=fulfilment_id)


def _boxes(session: Session, fulfilment_id: uuid.UUID) -> list[Box]:
    places = [place for place in range(MOST_BOXES) if request.form.get(f"boxes.{place}.carton_code")]
    boxes = [_box(f"boxes.{place}", alone=len(places) == 1) for place in places]
    if len(boxes) > 1 and not any(name.startswith(f"boxes.{places[0]}.qty.") for name in request.form):
        boxes[0] = replace(boxes[0], contents=_rest(session, fulfilment_id, boxes[1:]))
    return boxes


def _rest(session: Session, fulfilment_id: uuid.UUID, others: Sequence[Box]) -> tuple[tuple[uuid.UUID, Decimal], ...]:
    """What no other box has: one carton was shown for everything, and the packer took more."""
    left = {line.id: line.qty_packed for line in queries.lines(session, fulfilment_ids=[fulfilment_id])}
    for line_id, qty in (piece for box in others for piece in box.contents):
        left[line_id] = left.get(line_id, Decimal(0)) - qty
    return tuple((line_id, qty) for line_id, qty in left.items() if qty > 0)


def _box(base: str, *, alone: bool) -> Box:
    weight_g = acting.whole(f"{base}.weight_g")
    names = [name for name in request.form if name.startswith(f"{base}.qty.")]
    try:
        contents = tuple((uuid.UUID(n.rpartition(".")[2]), qty) for n in names if (qty := acting.number(n)) > 0)
    except ValueError as fault:
        hint = gettext("Load the page again.")
        raise InputInvalid("no such line", fields={base: hint}) from fault
    carton_code = numbers.bare(acting.required(f"{base}.carton_code", longest=40))
    return Box(carton_code, weight_g, () if alone else contents)


def _page(ref: str, refused: Refused | None = None) -> Response:
    with edge.transaction() as session:
        row = queries.fulfilment(session, ref=ref)
        lines = queries.lines(session, fulfilment_ids=[row.id])
        aside = incomplete.is_put_aside(session, fulfilment_id=row.id)
        ready = row.status in READY and not aside
        left = sum((line.left for line in lines), Decimal(0))
        suggested, notes = _suggested(session, row.id, lines) if ready and left == 0 else ([], {})
        made = shipping.of_fulfilment(session, fulfilment_id=row.id)
        now = db.now(session)
    answer = request.args.get("answer", "")
    return acting.page(
        "packing/show.html",
        refused,
        f=row,
        lines=lines,
        ready=ready,
        aside=incomplete.PUT_ASIDE if aside else "",
        left=left,
        reasons=missing.REASONS,
        boxes=suggested,
        notes=notes,
        parcels=made,
        answer="refused" if refused else answer if answer in WORDS["scan"] else "",
        scan_id=str(uuid.uuid4()),
        now=now,
    )


def _suggested(session: Session, fulfilment_id: uuid.UUID, lines: Sequence[Any]) -> tuple[list[Suggested], Any]:
    found = suggesting.suggest(session, fulfilment_id=fulfilment_id)
    left = {line.id: line.qty_packed for line in lines}
    boxes = [
        Suggested(
            filled.carton.code,
            filled.gross_weight_g,
            filled.layers(),
            [piece.sku for piece in filled.loose],
            _taken([piece.sku for piece in filled.pieces], lines, left),
        )
        for filled in found.cartons
    ]
    boxes += [Suggested(OWN, one.weight_g, (), [one.sku], _taken([one.sku], lines, left)) for one in found.unboxed]
    return boxes, {note.value: skus for note, skus in found.notes}


def _taken(skus: Sequence[str], lines: Sequence[Any], left: dict[uuid.UUID, Decimal]) -> dict[uuid.UUID, Decimal]:
    """Of which lines so many pieces are; they are taken off what is `left` of each."""
    contents: dict[uuid.UUID, Decimal] = {}
    for sku in skus:
        line = next((own for own in lines if own.sku == sku and left[own.id] > 0), None)
        if line is not None:
            take = min(Decimal(1), left[line.id])
            contents[line.id] = contents.get(line.id, Decimal(0)) + take
            left[line.id] -= take
    return contents
