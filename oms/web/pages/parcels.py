"""One parcel: its way, its label, and what the shipping clerk mends when the carrier refuses (F-4)."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, Response
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from oms import db
from oms.aftersales import undelivered
from oms.errors import Refused
from oms.journey import timeline
from oms.journey.flow import UNDELIVERED
from oms.parties import carriers
from oms.shipping import mending, queries, voiding
from oms.shipping.cases import Finding
from oms.shipping.mending import Remedy
from oms.web import edge, inward
from oms.web.auth import me, right
from oms.web.pages import acting

pages = Blueprint("parcels", __name__)

#: What the clerk may put right in an address.
MENDED = ("name", "phone", "lines", "district", "city", "region", "postal_code")


@pages.get("/parcels/<parcel_id>")
@right("parcel.read")
def show(parcel_id: str) -> Response:
    """One parcel by number, waybill or id."""
    return _page(parcel_id)


@pages.post("/parcels/<uuid:parcel_id>/mend")
@right("book")
def mend(parcel_id: uuid.UUID) -> AnyResponse:
    """Another service or a corrected address; then the carrier is asked again."""

    def work(session: Session, now: datetime) -> None:
        told = {part: given for part in MENDED if (given := acting.text(f"ship_to.{part}", longest=500))}
        ship_to = {**told, "lines": told["lines"].splitlines()} if "lines" in told else told
        service, note = acting.text("service", longest=100) or None, acting.text("note", longest=500)
        remedy = Remedy(service, None, ship_to or None, note)
        mending.mend(session, parcel_id=parcel_id, remedy=remedy, actor=me().actor, now=now)

    return _after(parcel_id, acting.tried(work), "mended")


@pages.post("/parcels/<uuid:parcel_id>/void")
@right("book")
def void(parcel_id: uuid.UUID) -> AnyResponse:
    """Take the label back; the carrier is told until it is done."""

    result = acting.tried(
        lambda session, now: voiding.ask(
            session, parcel_id=parcel_id, cause=acting.required("reason", longest=500), actor=me().actor, now=now
        )
    )
    return _after(parcel_id, result, "voided")


@pages.post("/parcels/<uuid:parcel_id>/cases/<uuid:step_id>")
@right("book")
def settle(parcel_id: uuid.UUID, step_id: uuid.UUID) -> AnyResponse:
    """End a tracking case with what was found and done; of a parcel that never arrives, what became of it."""

    def work(session: Session, now: datetime) -> None:
        finding = Finding(acting.text("finding", longest=1000), acting.text("undelivered_as", longest=30) or None)
        undelivered.settle(session, parcel_id=parcel_id, step_id=step_id, finding=finding, actor=me().actor, now=now)

    return _after(parcel_id, acting.tried(work), "case_settled")


def _after(parcel_id: uuid.UUID, result: object, said: str) -> AnyResponse:
    if isinstance(result, Refused):
        return _page(str(parcel_id), result)
    return acting.done("parcels.show", said, parcel_id=parcel_id)


def _page(ref: str, refused: Refused | None = None) -> Response:
    with edge.transaction() as session:
        row = queries.parcel(session, ref=ref, channel_id=me().channel_id)
        scans = queries.scans(session, parcel_ids=[row.id])
        steps = timeline.of_subject(session, subject_id=row.id)
        services = carriers.names_of_services(session, carrier=row.carrier)
        now = db.now(session)
    return acting.page(
        "parcels/show.html",
        refused,
        parcel=row,
        freight=inward.freight(row, me()),
        scans=scans,
        steps=steps,
        services=services,
        mended=MENDED,
        became=UNDELIVERED,
        now=now,
    )
