"""Picking on a phone: one stop at a time, by scan or by hand; a wrong scan is told by colour, sound and words (F-2)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db, numbers
from oms.errors import Refused
from oms.fulfilment import picking, queries, shorts
from oms.fulfilment.picking import PickScan
from oms.web import edge
from oms.web.auth import me, right
from oms.web.pages import acting, house
from oms.web.words import WORDS

pages = Blueprint("picking", __name__)

LISTS = 20
#: What a scan may be answered with, besides the verdicts: the bin's own code was scanned.
BIN_RIGHT, SHORT = "bin_right", "short"


@pages.get("/pick")
@right("pick")
def index() -> Response:
    """The lists that wait in one's warehouse, the first cut-off first."""
    with edge.transaction() as session:
        here, houses = house.houses(session)
        rows = [
            row
            for status in ("in_progress", "released")
            for row in queries.waves(session, limit=LISTS, warehouse=here.code, status=status)
        ]
        progress = queries.progress(session, wave_ids=[row.id for row in rows])
        now = db.now(session)
    return acting.page("picking/index.html", waves=rows, progress=progress, at_house=here, houses=houses, now=now)


@pages.get("/pick/find")
@right("pick")
def find() -> AnyResponse:
    """A list by its own barcode or number, scanned or typed."""
    with edge.transaction() as session:
        row = queries.wave(session, ref=request.args.get("code", "").replace("\x00", "")[:60])
    return redirect(url_for("picking.show", wave_id=row.number))


@pages.get("/pick/of/<uuid:fulfilment_id>")
@right("pick")
def of_fulfilment(fulfilment_id: uuid.UUID) -> AnyResponse:
    """The list on which a fulfilment is picked."""
    with edge.transaction() as session:
        row = queries.fulfilment(session, ref=str(fulfilment_id))
    if row.wave_id is None:
        return redirect(url_for("picking.index"))
    return redirect(url_for("picking.show", wave_id=row.wave_id))


@pages.get("/pick/<wave_id>")
@right("pick")
def show(wave_id: str) -> Response:
    """The next stop of the list."""
    return _page(wave_id)


@pages.post("/pick/<uuid:wave_id>/scan")
@right("pick")
def scan(wave_id: uuid.UUID) -> AnyResponse:
    """Judge one scan. The form's `scan_id` makes a scan that was sent twice count once."""
    result = acting.tried(lambda session, now: _scan(session, wave_id, now))
    if isinstance(result, Refused):
        return _page(str(wave_id), result)
    return redirect(url_for("picking.show", wave_id=wave_id, answer=result, at=request.form.get("at")), code=303)


def _scan(session: Session, wave_id: uuid.UUID, now: datetime) -> str:
    code, bin_code = acting.required("code", longest=200), acting.text("bin", longest=100)
    stops = queries.stops(session, wave_id=wave_id)
    if numbers.bare(code) in {stop.bin for stop in stops}:
        return BIN_RIGHT if numbers.bare(code) == bin_code else "wrong_bin"
    who, at = me(), _at()
    # Of goods by weight or length the last scan is the part that is left.
    one = next((min(stop.left, Decimal(1)) for stop in stops if stop.stop == at and stop.left > 0), Decimal(1))
    qty = acting.amount("qty") if request.form.get("qty") else one
    scan_id = acting.required("scan_id", longest=100)
    scanned = PickScan(scan_id, wave_id, bin_code, code, qty, stop=at)
    return picking.scan(session, scanned=scanned, actor=who.actor, staff_id=who.staff_id, now=now).answer


@pages.post("/pick/<uuid:wave_id>/short")
@right("pick")
def short(wave_id: uuid.UUID) -> AnyResponse:
    """The rest of this stop is not in its bin; the reason goes to the stock record, never against the picker."""

    def work(session: Session, now: datetime) -> None:
        actor = me().actor
        fulfilment_id = shorts.report_short(
            session,
            task_id=acting.identifier("task"),
            reason=acting.required("reason", longest=30),
            bin_empty=bool(request.form.get("bin_empty")),
            actor=actor,
            now=now,
        )
        picking.settle(session, fulfilment_ids=[fulfilment_id], actor=actor, now=now)

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _page(str(wave_id), result)
    return redirect(url_for("picking.show", wave_id=wave_id, answer=SHORT), code=303)


def _page(ref: str, refused: Refused | None = None) -> Response:
    with edge.transaction() as session:
        wave = queries.wave(session, ref=ref)
        stops = queries.stops(session, wave_id=wave.id)
        now = db.now(session)
    if not stops:
        abort(404)
    stop = _next(stops)
    answer = request.args.get("answer", "")
    return acting.page(
        "picking/show.html",
        refused,
        wave=wave,
        stops=stops,
        stop=stop,
        settled=[s for s in stops if s.status != "pending"],
        answer="refused" if refused else answer if answer in WORDS["scan"] else "",
        scan_id=str(uuid.uuid4()),
        reasons=shorts.REASONS,
        now=now,
    )


def _next(stops: Sequence[Any]) -> Any:
    """The stop that was asked for while it is open, else the first open one after it, else the first open one.

    Nobody is sent to a bin for an order that is stopped while there is another stop.
    """
    start = _at() or 0
    unsettled = [stop for stop in stops if stop.status == "pending"]
    pending = [stop for stop in unsettled if not stop.held] or unsettled
    return next((stop for stop in pending if stop.stop >= start), pending[0] if pending else None)


def _at() -> int | None:
    """The stop that the page showed, or that was asked for."""
    wished = request.values.get("at", "")
    return int(wished) if wished.isascii() and wished.isdigit() and len(wished) < 6 else None
