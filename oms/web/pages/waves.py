"""Waves: what is to be picked before which cut-off, planning now, one wave with its walk (F-2)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts import staff
from oms.errors import Refused
from oms.fulfilment import queries, waves
from oms.fulfilment.queries import Key
from oms.fulfilment.states import WAVE
from oms.web import edge
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import right
from oms.web.pages import acting, house

pages = Blueprint("waves", __name__)

ROWS = 50
#: What is still to be picked, which is what the page shows before anything is chosen.
OPEN, STILL = "open", ("in_progress", "released")


@pages.get("/waves")
@right("wave.read")
def index() -> Response:
    """The waves of a warehouse that are still to be picked, by their carrier's cut-off; those that were, newest first."""
    return _page()


@pages.post("/waves/plan")
@right("wave.plan")
def plan() -> AnyResponse:
    """Plan what waits now: a picker is free."""

    def work(session: Session, now: datetime) -> tuple[int, str]:
        here, _ = house.houses(session)
        return waves.plan_now(session, warehouse_id=here.id), here.code

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _page(result)
    count, code = result
    target = "picking.index" if request.form.get("next") == "pick" else "waves.index"
    return acting.done(target, "waves_planned" if count else "nothing_waits", warehouse=code)


@pages.get("/waves/<wave_id>")
@right("wave.read")
def show(wave_id: str) -> Response:
    """One wave: its stops in walking order, and how far it is."""
    with edge.transaction() as session:
        row = queries.wave(session, ref=wave_id)
        stops = queries.stops(session, wave_id=row.id)
        now = db.now(session)
    return acting.page("waves/show.html", wave=row, stops=stops, now=now)


def _page(refused: Refused | None = None) -> Response:
    status = request.args.get("status", OPEN)
    after = decode(request.args.get("after"), datetime, uuid.UUID)
    with edge.transaction() as session:
        here, houses = house.houses(session)
        rows = _rows(session, here.code, status, (after[0], after[1]) if after else None)
        page = paged(rows, limit=ROWS, key=lambda row: (row.cut_off_at, row.id))
        progress = queries.progress(session, wave_ids=[row.id for row in page["items"]])
        people = staff.names(session, staff_ids=[row.assignee_id for row in page["items"] if row.assignee_id])
        now = db.now(session)
    return acting.page(
        "waves/index.html",
        refused,
        page=page,
        progress=progress,
        people=people,
        status=status,
        at_house=here,
        houses=houses,
        now=now,
    )


def _rows(session: Session, warehouse: str, status: str, after: Key | None) -> Sequence[Any]:
    """A page of waves, and one more: whoever opens the list in a year looks for today's."""
    states = STILL if status == OPEN else (status if status in WAVE.moves else None,)
    common: dict[str, Any] = {"limit": ROWS, "warehouse": warehouse, "after": after, "newest": states[0] not in STILL}
    rows = [row for state in states for row in queries.waves(session, status=state, **common)]
    return sorted(rows, key=lambda row: (row.cut_off_at, row.id), reverse=common["newest"])[: ROWS + 1]
