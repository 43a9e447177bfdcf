"""Parcels: tracking, label, voiding it, mending a refused booking (F-4)."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields, validate
from werkzeug.wrappers import Response

from oms import db
from oms.aftersales import undelivered
from oms.documents import queries as papers
from oms.errors import Conflict, InputInvalid
from oms.journey.flow import UNDELIVERED
from oms.parties import queries as parties
from oms.shipping import mending, queries, voiding
from oms.shipping.cases import Finding
from oms.shipping.mending import Remedy
from oms.web import edge, inward
from oms.web.api.base import Blueprint, Instant, Money, Schema
from oms.web.api.idempotent import idempotent
from oms.web.api.one_schema import AddressIn
from oms.web.api.order_shapes import ParcelItem
from oms.web.api.papers import PDF, ZPL, paper
from oms.web.api.shapes import Text, amount
from oms.web.auth import me, right

blp = Blueprint("parcels", __name__, description="Parcels, their labels and tracking")


class ScanOut(Schema):
    """One scan of the carrier; `at` is its own date."""

    status = fields.String(required=True)
    carrier_status = fields.String(required=True)
    place = fields.String(required=True, allow_none=True)
    at = Instant(required=True)
    received_at = Instant(required=True)
    way = fields.String(required=True)
    counts_at = Instant(
        required=True,
        metadata={
            "description": "its own date; of one that is dated before its label, or over an hour after we were told of it, when we were told"
        },
    )


class ParcelOut(ParcelItem):
    order_id = fields.UUID(required=True)
    order_number = fields.String(required=True)
    fulfilment_id = fields.UUID(required=True)
    fulfilment = fields.String(required=True)
    hand_over_list_id = fields.UUID(required=True, allow_none=True)
    length_mm = fields.Integer(required=True)
    width_mm = fields.Integer(required=True)
    height_mm = fields.Integer(required=True)
    label_price = Money(
        required=True, allow_none=True, metadata={"description": "what it costs the house; null for a distributor"}
    )
    label_currency = fields.String(required=True, allow_none=True)
    ship_country = fields.String(required=True, allow_none=True)
    ship_region = fields.String(required=True, allow_none=True)
    ship_city = fields.String(required=True, allow_none=True)
    packed_at = Instant(required=True)
    packed_by = fields.String(required=True)
    booked_at = Instant(required=True, allow_none=True)
    handed_over_at = Instant(required=True, allow_none=True)
    scans = fields.List(fields.Nested(ScanOut), required=True)


class VoidIn(Schema):
    reason = Text(required=True, longest=500)


class MendIn(Schema):
    """What was wrong: another service or carrier, or the address's wrong fields; nothing: book again as it was."""

    carrier = Text(longest=100, load_default=None, allow_none=True)
    service = Text(longest=100, load_default=None, allow_none=True)
    ship_to = fields.Nested(AddressIn, load_default=None, allow_none=True)
    note = Text(longest=500, load_default=None, allow_none=True)


class FindingIn(Schema):
    """What the carrier answered and what was done about a parcel in trouble."""

    finding = Text(required=True, longest=1000)
    undelivered_as = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(UNDELIVERED),
        metadata={"description": "what became of it, when it will never arrive: its order waits for it no more"},
    )


@blp.get("/parcels/<ref>")
@blp.response(200, ParcelOut)
@right("parcel.read")
def read(ref: str) -> dict[str, Any]:
    """Read one parcel, by number, waybill or id, with the carrier's scans."""
    with edge.transaction() as session:
        return _shown(session, ref)


def _shown(session: Any, ref: str) -> dict[str, Any]:
    row = queries.parcel(session, ref=ref, channel_id=me().channel_id)
    return dict(row._mapping) | {
        "label_price": amount(inward.freight(row, me()), row.label_currency),
        "scans": queries.scans(session, parcel_ids=[row.id]),
    }


def _named(session: Any, ref: str) -> uuid.UUID:
    """The parcel of a number, as typed or spoken, of a waybill or of an id."""
    parcel_id: uuid.UUID = queries.parcel(session, ref=ref, channel_id=me().channel_id).id
    return parcel_id


@blp.get("/parcels/<ref>/label.pdf")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=PDF)
@right("parcel.paper")
def label_pdf(ref: str) -> Response:
    """The label as the carrier drew it."""
    return _label(ref, "label", PDF, "pdf")


@blp.get("/parcels/<ref>/label.zpl")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=ZPL)
@right("parcel.paper")
def label_zpl(ref: str) -> Response:
    """The label for a label printer."""
    return _label(ref, "label_zpl", ZPL, "zpl")


def _label(ref: str, kind: str, media_type: str, suffix: str) -> Response:
    with edge.transaction() as session:
        row = queries.parcel(session, ref=ref, channel_id=me().channel_id)
        if row.label_status not in ("purchased", "used"):
            raise Conflict(f"parcel {row.number} has no label that may be used: it is {row.label_status}")
        found = papers.latest(session, subject_id=row.id, kind=kind)
    return paper(found.content, media_type=media_type, name=f"{row.waybill_number}.{suffix}")


@blp.post("/parcels/<ref>/void")
@idempotent
@blp.arguments(VoidIn)
@blp.response(202, ParcelOut)
@right("book")
def void(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Ask for the label to be taken back; the carrier is told at once, until it is done. A repeat changes nothing."""
    with edge.transaction() as session:
        parcel_id = _named(session, ref)
        voiding.ask(session, parcel_id=parcel_id, cause=given["reason"], actor=me().actor, now=db.now(session))
        return _shown(session, str(parcel_id))


@blp.post("/parcels/<ref>/mend")
@idempotent
@blp.arguments(MendIn)
@blp.response(202, ParcelOut)
@right("book")
def mend(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Put right what the carrier refused, and book again."""
    with edge.transaction() as session:
        parcel_id = _named(session, ref)
        carrier_id = parties.carrier_id(session, name=given["carrier"]) if given["carrier"] else None
        if given["carrier"] and carrier_id is None:
            raise InputInvalid("no such carrier", fields={"carrier": "use a carrier's name as settings list it"})
        told = {name: value for name, value in (given["ship_to"] or {}).items() if value is not None}
        remedy = Remedy(given["service"], carrier_id, told or None, given["note"] or "")
        mending.mend(session, parcel_id=parcel_id, remedy=remedy, actor=me().actor, now=db.now(session))
        return _shown(session, str(parcel_id))


@blp.post("/parcels/<ref>/cases/<uuid:step_id>/settle")
@idempotent
@blp.arguments(FindingIn)
@blp.response(200, ParcelOut)
@right("book")
def settle(given: dict[str, Any], ref: str, step_id: uuid.UUID) -> dict[str, Any]:
    """Settle a case (step `track_case`) of a parcel. For one that never arrives customer service gets a ticket."""
    with edge.transaction() as session:
        finding = Finding(given["finding"], given["undelivered_as"])
        parcel_id = _named(session, ref)
        common = {"parcel_id": parcel_id, "step_id": step_id}
        undelivered.settle(session, **common, finding=finding, actor=me().actor, now=db.now(session))
        return _shown(session, str(parcel_id))
