"""The packing table: what stands there, checks by scan, closing boxes, the slip, putting back (F-3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from oms import db
from oms.aftersales import put_backs
from oms.errors import NotFound
from oms.fulfilment import missing, packing, queries
from oms.fulfilment.boxing import Box
from oms.fulfilment.missing import Gone
from oms.fulfilment.packing import PackScan
from oms.fulfilment.states import FULFILMENT
from oms.shipping import parcels, slips, suggesting
from oms.shipping import queries as shipping
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Qty, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.order_shapes import ParcelItem, PartOut
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.papers import PDF, paper
from oms.web.api.scan_words import told
from oms.web.api.shapes import Text
from oms.web.api.waves import ListArgs
from oms.web.auth import me, right

blp = Blueprint("packing", __name__, description="Fulfilments at the packing table")


class FulfilmentArgs(PageArgs):
    warehouse = Text(longest=40)
    status = fields.String(validate=validate.OneOf(sorted(FULFILMENT.moves)))


class FulfilmentItem(PartOut):
    order_id = fields.UUID(required=True)
    order_number = fields.String(required=True)
    wave_id = fields.UUID(required=True, allow_none=True)
    released_at = Instant(required=True)
    picked_by = fields.String(required=True, allow_none=True)
    packed_by = fields.String(required=True, allow_none=True)


class FulfilmentLineOut(Schema):
    """`left` is what was picked and is not checked yet."""

    id = fields.UUID(required=True)
    order_line_id = fields.UUID(required=True)
    sku = fields.String(required=True)
    name_en = fields.String(required=True)
    name_zh = fields.String(required=True)
    unit = fields.String(required=True)
    barcode = fields.String(required=True)
    weight_g = fields.Integer(required=True, allow_none=True)
    qty = Qty(required=True)
    qty_picked = Qty(required=True)
    qty_short = Qty(required=True)
    qty_packed = Qty(required=True)
    left = Qty(required=True)


class SuggestedCarton(Schema):
    carton_code = fields.String(required=True)
    weight_g = fields.Integer(
        required=True, metadata={"description": "with the goods, as far as their weights are known"}
    )
    skus = fields.List(fields.String(), required=True)


class Suggestion(Schema):
    """Cartons that take the picked pieces; `notes` say what is weak about the answer, and for which SKUs."""

    cartons = fields.List(fields.Nested(SuggestedCarton), required=True)
    unboxed = fields.List(fields.String(), required=True)
    notes = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)


class PutBackOut(Schema):
    bin = fields.String(required=True)
    sku_id = fields.UUID(required=True)
    sku = fields.String(required=True)
    qty = Qty(required=True)


class FulfilmentOut(FulfilmentItem):
    lines = fields.List(fields.Nested(FulfilmentLineOut), required=True)
    suggestion = fields.Nested(Suggestion, required=True, allow_none=True)
    parcels = fields.List(fields.Nested(ParcelItem), required=True)
    put_back = fields.List(
        fields.Nested(PutBackOut), required=True, metadata={"description": "goods of a stopped order and their bins"}
    )


class PackScanIn(Schema):
    """`scan_id` is made by the device: the same one sent twice counts once."""

    scan_id = Text(required=True, longest=100)
    fulfilment_id = fields.UUID(required=True)
    code = Text(required=True, longest=200)
    qty = Qty(required=True)


class PackScanOut(Schema):
    answer = fields.String(required=True)
    message = fields.String(required=True)
    left = Qty(required=True)
    checked = fields.Boolean(required=True, metadata={"description": "every picked piece was scanned"})


class MissingIn(Schema):
    """So many pieces of a line that were picked and cannot be packed, checked ones too."""

    line_id = fields.UUID(required=True, metadata={"description": "of the fulfilment's line"})
    qty = Qty(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(missing.REASONS))


class ContentIn(Schema):
    line_id = fields.UUID(required=True, metadata={"description": "of the fulfilment's line"})
    qty = Qty(required=True)


class BoxIn(Schema):
    """A closed carton with what the scale shows; without `contents` everything checked is in it.

    `carton_code` OWN: one piece that travels in its own packaging.
    """

    carton_code = Text(required=True, longest=40)
    weight_g = fields.Integer(required=True, strict=True, validate=validate.Range(1, 1_000_000))
    contents = fields.List(fields.Nested(ContentIn), load_default=list, validate=validate.Length(max=500))


class BoxesIn(Schema):
    boxes = fields.List(fields.Nested(BoxIn), required=True, validate=validate.Length(min=1, max=100))
    override_reason = Text(
        longest=500,
        load_default=None,
        allow_none=True,
        metadata={"description": "why a weight that seems wrong is right"},
    )


class Boxed(Schema):
    parcels = fields.List(fields.Nested(ParcelItem), required=True)


@blp.get("/fulfilments")
@blp.arguments(FulfilmentArgs, location="query")
@blp.response(200, paged(FulfilmentItem, "FulfilmentPage"))
@right("wave.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List fulfilments by their carrier's cut-off."""
    after = decode(args["cursor"], datetime, uuid.UUID)
    with edge.transaction() as session:
        rows = queries.fulfilments(
            session,
            limit=args["limit"],
            warehouse=args.get("warehouse"),
            status=args.get("status"),
            after=(after[0], after[1]) if after else None,
        )
    return page(rows, limit=args["limit"], key=lambda row: (row.cut_off_at, row.id))


@blp.get("/fulfilments/<ref>")
@blp.response(200, FulfilmentOut)
@right("wave.read")
def read(ref: str) -> dict[str, Any]:
    """Read one fulfilment, by number or id: its lines, the cartons that fit, its parcels."""
    with edge.transaction() as session:
        row = queries.fulfilment(session, ref=ref)
        packs = row.status in ("picked", "short", "packing")
        back = queries.waits_for_put_back(session, fulfilment_id=row.id)
        stopped = put_backs.list_of(session, fulfilment_id=row.id) if back else []
        lines = queries.lines(session, fulfilment_ids=[row.id])
        codes = {line.sku_id: line.sku for line in lines}
        return dict(row._mapping) | {
            "lines": lines,
            "suggestion": _suggestion(session, row.id) if packs else None,
            "parcels": shipping.of_fulfilment(session, fulfilment_id=row.id),
            "put_back": [
                {"bin": one.bin_code, "sku_id": one.sku_id, "sku": codes[one.sku_id], "qty": one.qty} for one in stopped
            ],
        }


def _suggestion(session: Session, fulfilment_id: uuid.UUID) -> dict[str, Any]:
    found = suggesting.suggest(session, fulfilment_id=fulfilment_id)
    return {
        "cartons": [
            {
                "carton_code": one.carton.code,
                "weight_g": one.carton.tare_g + sum(piece.weight_g for piece in one.pieces),
                "skus": [piece.sku for piece in one.pieces],
            }
            for one in found.cartons
        ],
        "unboxed": [piece.sku for piece in found.unboxed],
        "notes": {note.value: list(skus) for note, skus in found.notes},
    }


@blp.post("/pack-checks")
@idempotent
@blp.arguments(PackScanIn)
@blp.response(200, PackScanOut)
@right("pack")
def check(given: dict[str, Any]) -> dict[str, Any]:
    """Check one piece by scan. A wrong scan is recorded too, and answered with what to do instead."""
    who = me()
    with edge.transaction() as session:
        found = packing.scan(
            session, scanned=PackScan(**given), actor=who.actor, staff_id=who.staff_id, now=db.now(session)
        )
    return {"answer": found.answer, "message": told(found.answer), "left": found.left, "checked": found.checked}


@blp.post("/fulfilments/<ref>/missing")
@idempotent
@blp.arguments(MissingIn)
@blp.response(200, FulfilmentItem)
@right("pack")
def report_missing(given: dict[str, Any], ref: str) -> Any:
    """Report a piece as missing or damaged at the table: the stock record falls, the line is backordered again.

    The fulfilment is `short` while what is left waits for it, and `cancelled` when nothing is left.
    """
    with edge.transaction() as session:
        found, now = queries.fulfilment(session, ref=ref), db.now(session)
        missing.report(session, fulfilment_id=found.id, gone=Gone(**given), actor=me().actor, now=now)
        return queries.fulfilment(session, ref=ref)


@blp.post("/fulfilments/<ref>/boxes")
@idempotent
@blp.arguments(BoxesIn)
@blp.response(201, Boxed)
@right("pack")
def close_boxes(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Close the boxes: each becomes a parcel, whose label is booked at once."""
    who = me()
    boxes = [
        Box(one["carton_code"], one["weight_g"], tuple((c["line_id"], c["qty"]) for c in one["contents"]))
        for one in given["boxes"]
    ]
    with edge.transaction() as session:
        fulfilment_id = queries.fulfilment(session, ref=ref).id
        parcels.close_boxes(
            session,
            fulfilment_id=fulfilment_id,
            boxes=boxes,
            actor=who.actor,
            staff_id=who.staff_id,
            now=db.now(session),
            weight_reason=given["override_reason"],
        )
        return {"parcels": shipping.of_fulfilment(session, fulfilment_id=fulfilment_id)}


class SlipArgs(ListArgs):
    parcel = fields.Integer(
        load_default=1, validate=validate.Range(1, 100), metadata={"description": "which of the parcels, from 1"}
    )


@blp.get("/fulfilments/<ref>/packing-slip.pdf")
@blp.arguments(SlipArgs, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=PDF)
@right("parcel.paper")
def packing_slip_pdf(args: dict[str, Any], ref: str) -> Response:
    """The packing slip of a parcel, in the customer's language or the one named."""
    language = args.get("language")
    with edge.transaction() as session:
        row = queries.fulfilment(session, ref=ref)
        made = shipping.of_fulfilment(session, fulfilment_id=row.id)
        if len(made) < args["parcel"]:
            raise NotFound("there is no such parcel yet: the slip is printed when its box is closed")
        parcel = made[args["parcel"] - 1]
        content = slips.slip(session, parcel_id=parcel.id, language=language, zone=edge.settings().zone)
    return paper(content, media_type=PDF, name=f"{parcel.number}-slip.pdf")


@blp.post("/fulfilments/<ref>/put-back")
@idempotent
@blp.response(200, FulfilmentItem)
@right("put_back")
def put_back(ref: str) -> Any:
    """Say that the goods of a stopped fulfilment lie in their bins again."""
    with edge.transaction() as session:
        fulfilment_id = queries.fulfilment(session, ref=ref).id
        put_backs.put_back_done(session, fulfilment_ids=[fulfilment_id], actor=me().actor, now=db.now(session))
        return queries.fulfilment(session, ref=str(fulfilment_id))
