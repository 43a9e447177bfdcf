"""Goods of stopped orders go back into their bins, and the change that waited for them goes on (C-6)."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.aftersales import put_backs
from oms.errors import Refused
from oms.fulfilment import queries as floor
from oms.web import edge
from oms.web.auth import me, right
from oms.web.pages import acting, house

pages = Blueprint("put_back", __name__)

ROWS = 50


@pages.get("/put-back")
@right("put_back")
def index() -> Response:
    """Fulfilments of stopped orders whose goods go back into their bins."""
    with edge.transaction() as session:
        here, houses = house.houses(session)
        rows = floor.to_put_back(session, warehouse_id=here.id, limit=ROWS)
        now = db.now(session)
    return acting.page("put_back/index.html", fulfilments=rows, at_house=here, houses=houses, now=now)


@pages.get("/put-back/<fulfilment_id>")
@right("put_back")
def show(fulfilment_id: str) -> Response:
    """What goes where, in the order of the bins."""
    return _page(fulfilment_id)


@pages.post("/put-back/<uuid:fulfilment_id>")
@right("put_back")
def done(fulfilment_id: uuid.UUID) -> AnyResponse:
    """The goods lie in their bins again."""
    result = acting.tried(
        lambda session, now: put_backs.put_back_done(session, fulfilment_ids=[fulfilment_id], actor=me().actor, now=now)
    )
    if isinstance(result, Refused):
        return _page(str(fulfilment_id), result)
    return acting.done("put_back.index", "put_back")


def _page(ref: str, refused: Refused | None = None) -> Response:
    with edge.transaction() as session:
        row = floor.fulfilment(session, ref=ref)
        stops = put_backs.list_of(session, fulfilment_id=row.id)
        named = {line.sku_id: line for line in floor.lines(session, fulfilment_ids=[row.id])}
    return acting.page("put_back/show.html", refused, f=row, stops=stops, named=named)
