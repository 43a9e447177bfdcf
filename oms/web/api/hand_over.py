"""Hand-over lists: what a carrier takes; we sign, the carrier signs, stock leaves (F-4)."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import get_locale
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from oms import db
from oms.accounts.identity import Identity
from oms.shipping import handover, list_papers, queries
from oms.shipping.states import HAND_OVER_LIST
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.order_shapes import ParcelItem
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.papers import PDF, paper
from oms.web.api.shapes import Text, name_of
from oms.web.api.waves import ListArgs
from oms.web.auth import me, right

blp = Blueprint("hand-over", __name__, description="Hand-over lists that both sign")


class HandOverArgs(PageArgs):
    status = fields.String(validate=validate.OneOf(sorted(HAND_OVER_LIST.moves)))
    warehouse = Text(longest=40)


class HandOverItem(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    status = fields.String(required=True)
    warehouse = fields.String(required=True)
    carrier = fields.String(required=True)
    opened_at = Instant(required=True)
    our_signer = fields.String(required=True, allow_none=True)
    our_signed_at = Instant(required=True, allow_none=True)
    carrier_signer = fields.String(required=True, allow_none=True)
    carrier_signed_at = Instant(required=True, allow_none=True)


class HandOverOut(HandOverItem):
    parcels = fields.List(fields.Nested(ParcelItem), required=True)


class SignIn(Schema):
    side = fields.String(required=True, validate=validate.OneOf(handover.SIDES))
    signer = Text(required=True, longest=100, metadata={"description": "the signer's name"})


class Struck(Schema):
    parcel_id = fields.UUID(required=True)
    reason = fields.String(required=True)


class SignedOut(Schema):
    status = fields.String(required=True)
    left = fields.List(fields.UUID(), required=True, metadata={"description": "parcels that left the house"})
    struck_out = fields.List(
        fields.Nested(Struck), required=True, metadata={"description": "parcels of orders that were stopped"}
    )


class DockScan(Schema):
    code = Text(required=True, longest=100, metadata={"description": "the waybill's or the parcel's own barcode"})


class LeftBehind(Schema):
    reason = Text(required=True, longest=500)


@blp.get("/hand-over-lists")
@blp.arguments(HandOverArgs, location="query")
@blp.response(200, paged(HandOverItem, "HandOverPage"))
@right("wave.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List hand-over lists, newest first."""
    after, who = decode(args["cursor"], uuid.UUID), me()
    with edge.transaction() as session:
        rows = queries.hand_over_lists(
            session,
            limit=args["limit"],
            status=args.get("status"),
            warehouse=args.get("warehouse"),
            after=after[0] if after else None,
        )
    found = page(rows, limit=args["limit"], key=lambda row: (row.id,))
    return found | {"items": [_shown(row, who) for row in found["items"]]}


@blp.get("/hand-over-lists/<ref>")
@blp.response(200, HandOverOut)
@right("wave.read")
def read(ref: str) -> dict[str, Any]:
    """Read one list, by number or id, with its parcels."""
    with edge.transaction() as session:
        row = queries.hand_over_list(session, ref=ref)
        return _shown(row, me()) | {"parcels": queries.of_list(session, list_id=row.id)}


@blp.get("/hand-over-lists/<ref>.pdf")
@blp.arguments(ListArgs, location="query")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=PDF)
@right("wave.read")
def list_pdf(args: dict[str, Any], ref: str) -> Response:
    """The list to print and sign."""
    language = args.get("language") or str(get_locale())
    with edge.transaction() as session:
        row = queries.hand_over_list(session, ref=ref)
        content = list_papers.paper_of(session, listed=row, language=language, zone=edge.settings().zone)
    return paper(content, media_type=PDF, name=f"{row.number}.pdf")


@blp.post("/hand-over-lists/<ref>/sign")
@idempotent
@blp.arguments(SignIn)
@blp.response(200, SignedOut)
@right("hand_over")
def sign(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Sign for one side: we first, which closes the list; with the carrier's signature the goods leave."""
    with edge.transaction() as session:
        found = handover.sign(
            session,
            list_id=queries.hand_over_list(session, ref=ref).id,
            side=given["side"],
            signer=given["signer"],
            actor=me().actor,
            now=db.now(session),
        )
    struck = [{"parcel_id": parcel_id, "reason": reason} for parcel_id, reason in found.struck_out]
    return {"status": found.status, "left": list(found.left), "struck_out": struck}


@blp.post("/hand-over-lists/scan")
@idempotent
@blp.arguments(DockScan)
@blp.response(200, ParcelItem)
@right("hand_over")
def scan(given: dict[str, Any]) -> Any:
    """Scan a parcel at the dock: it joins its carrier's open list."""
    with edge.transaction() as session:
        found = handover.scan(session, code=given["code"], actor=me().actor, now=db.now(session))
        return queries.parcel(session, ref=str(found.id))


@blp.post("/parcels/<ref>/leave-behind")
@idempotent
@blp.arguments(LeftBehind)
@blp.response(200, ParcelItem)
@right("hand_over")
def leave_behind(given: dict[str, Any], ref: str) -> Any:
    """Take a parcel off its list; scanning it puts it on the next one."""
    with edge.transaction() as session:
        row = queries.parcel(session, ref=ref)
        handover.leave_behind(session, parcel_id=row.id, reason=given["reason"], actor=me().actor, now=db.now(session))
        return queries.parcel(session, ref=str(row.id))


def _shown(row: Any, who: Identity) -> dict[str, Any]:
    return dict(row._mapping) | {"carrier_signer": name_of(row.carrier_signer, who)}
