"""Waves: what is to be picked before which cut-off, planning now, one wave with its walk (F-2)."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.accounts import staff
from oms.errors import Refused
from oms.fulfilment import queries, waves
from oms.fulfilment.states import WAVE
from oms.web import edge
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import right
from oms.web.pages import acting, house

pages = Blueprint("waves", __name__)

ROWS = 50


@pages.get("/waves")
@right("wave.read")
def index() -> Response:
    """The waves of a warehouse by their carrier's cut-off."""
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
    status = request.args.get("status", "")
    after = decode(request.args.get("after"), datetime, uuid.UUID)
    with edge.transaction() as session:
        here, houses = house.houses(session)
        rows = queries.waves(
            session,
            limit=ROWS,
            warehouse=here.code,
            status=status if status in WAVE.moves else None,
            after=(after[0], after[1]) if after else None,
        )
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
