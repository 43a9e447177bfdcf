"""The dock: parcels by carrier on their list, what stays behind, and both signatures (F-4)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.errors import Conflict, NotFound, Refused
from oms.shipping import handover, queries
from oms.shipping.states import HAND_OVER_LIST
from oms.web import edge
from oms.web.api.paging import decode
from oms.web.api.paging import page as paged
from oms.web.auth import me, right
from oms.web.pages import acting, house

pages = Blueprint("handover", __name__)

ROWS = 30


@pages.get("/hand-over")
@right("hand_over")
def index() -> Response:
    """The lists of a warehouse, newest first; scan a parcel to put it on its list."""
    return _index()


@pages.post("/hand-over/scan")
@right("hand_over")
def scan() -> AnyResponse:
    """A parcel at the dock joins its carrier's open list."""

    def work(session: Session, now: datetime) -> uuid.UUID | None:
        code = acting.required("code", longest=100)
        try:
            return handover.scan(session, code=code, actor=me().actor, now=now).hand_over_list_id
        except NotFound as unknown:
            raise Conflict(unknown.message) from unknown

    result = acting.tried(work)
    if isinstance(result, Refused):
        return _index(result)
    return acting.done("handover.show", "joined", list_id=result) if result else acting.done("handover.index", "joined")


@pages.get("/hand-over/<list_id>")
@right("hand_over")
def show(list_id: str) -> Response:
    """One list with its parcels and the two signatures."""
    return _page(list_id)


@pages.post("/hand-over/<uuid:list_id>/sign")
@right("hand_over")
def sign(list_id: uuid.UUID) -> AnyResponse:
    """Sign for one side: we first, which closes the list; with the carrier's signature the goods leave."""
    side = request.form.get("side", "")
    result = acting.tried(
        lambda session, now: handover.sign(
            session,
            list_id=list_id,
            side=side,
            signer=acting.required("signer", longest=100),
            actor=me().actor,
            now=now,
        )
    )
    if isinstance(result, Refused):
        return _page(str(list_id), result)
    if result.struck_out:  # told at once: whoever signs has these parcels before them
        return _page(str(list_id), stays=[parcel_id for parcel_id, _ in result.struck_out])
    return acting.done("handover.show", "signed_by_us" if side == "us" else "handed_over", list_id=list_id)


@pages.post("/hand-over/<uuid:list_id>/leave/<uuid:parcel_id>")
@right("hand_over")
def leave_behind(list_id: uuid.UUID, parcel_id: uuid.UUID) -> AnyResponse:
    """A parcel stays in the house; scanning it puts it on the next list."""
    result = acting.tried(
        lambda session, now: handover.leave_behind(
            session,
            parcel_id=parcel_id,
            reason=acting.required("reason", longest=500),
            actor=me().actor,
            now=now,
        )
    )
    if isinstance(result, Refused):
        return _page(str(list_id), result)
    return acting.done("handover.show", "left_behind", list_id=list_id)


def _index(refused: Refused | None = None) -> Response:
    after, status = decode(request.args.get("after"), uuid.UUID), request.args.get("status", "")
    with edge.transaction() as session:
        here, houses = house.houses(session)
        rows = queries.hand_over_lists(
            session,
            limit=ROWS,
            warehouse=here.code,
            status=status if status in HAND_OVER_LIST.moves else None,
            after=after[0] if after else None,
        )
    page = paged(rows, limit=ROWS, key=lambda row: (row.id,))
    return acting.page("handover/index.html", refused, page=page, status=status, at_house=here, houses=houses)


def _page(ref: str, refused: Refused | None = None, stays: Sequence[uuid.UUID] = ()) -> Response:
    with edge.transaction() as session:
        row = queries.hand_over_list(session, ref=ref)
        parcels = queries.of_list(session, list_id=row.id)
        kept = queries.numbers_of(session, parcel_ids=stays) if stays else []
        now = db.now(session)
    return acting.page("handover/show.html", refused, listed=row, parcels=parcels, stays=kept, now=now)
