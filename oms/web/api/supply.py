"""Supply requests for what is short, and goods received (A-3)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from oms import db
from oms.errors import InputInvalid
from oms.inventory import bins
from oms.supply import queries, receipts
from oms.supply.models import SUPPLY
from oms.supply.receipts import Receipt
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Qty, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.shapes import Text
from oms.web.auth import me, right

blp = Blueprint("supply", __name__, description="Supply requests and goods received")


class SupplyArgs(PageArgs):
    status = fields.String(validate=validate.OneOf(sorted(SUPPLY.moves)))


class SupplyOut(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    kind = fields.String(required=True)
    status = fields.String(required=True)
    warehouse = fields.String(required=True)
    sku = fields.String(required=True)
    name_en = fields.String(required=True)
    name_zh = fields.String(required=True)
    supplier = fields.String(required=True, allow_none=True)
    qty = Qty(required=True)
    qty_received = Qty(required=True)
    orders = fields.Integer(required=True, metadata={"description": "orders that wait for it"})
    raised_at = Instant(required=True)
    expected_at = Instant(required=True, allow_none=True)


class ReceiptIn(Schema):
    """`key` is the delivery note's own number and line, so that a repeat counts once."""

    key = Text(required=True, longest=200)
    warehouse = Text(required=True, longest=40)
    sku = Text(required=True, longest=100)
    bin = Text(required=True, longest=40)
    qty = Qty(required=True)


class ReceiptsIn(Schema):
    receipts = fields.List(fields.Nested(ReceiptIn), required=True, validate=validate.Length(min=1, max=500))


class Booked(Schema):
    booked = fields.List(
        fields.String(), required=True, metadata={"description": "keys that were new; a repeat books nothing"}
    )


@blp.get("/supply-requests")
@blp.arguments(SupplyArgs, location="query")
@blp.response(200, paged(SupplyOut, "SupplyPage"))
@right("supply.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List supply requests, newest first."""
    after = decode(args["cursor"], uuid.UUID)
    with edge.transaction() as session:
        rows = queries.requests(
            session,
            limit=args["limit"],
            statuses=[args["status"]] if "status" in args else None,
            after=after[0] if after else None,
        )
    return page(rows, limit=args["limit"], key=lambda row: (row.id,))


@blp.post("/receipts")
@idempotent
@blp.arguments(ReceiptsIn)
@blp.response(201, Booked)
@right("stock.change")
def receive(given: dict[str, Any]) -> dict[str, Any]:
    """Book goods received into their bins; the oldest backorders that they can serve are allocated again."""
    with edge.transaction() as session:
        found = _receipts(session, given["receipts"])
        booked = receipts.receive(session, receipts=found, actor=me().actor, now=db.now(session))
    return {"booked": booked}


def _receipts(session: Session, given: Sequence[dict[str, Any]]) -> list[Receipt]:
    places = queries.places(session, named=[(one["warehouse"], one["sku"], one["bin"]) for one in given])
    wrong: dict[str, str] = {}
    for place, row in enumerate(places):
        for name, known in (("warehouse", row.warehouse_id), ("sku", row.sku_id), ("bin", row.bin_id)):
            if known is None:
                wrong[f"receipts.{place}.{name}"] = f"there is no {name} {given[place][name]}: scan its code"
        if row.bin_id is not None and (fault := bins.not_picked_from(row.bin_kind, code=given[place]["bin"])):
            wrong[f"receipts.{place}.bin"] = fault
        if row.bundle and (fault := bins.not_kept(bundle=True, code=given[place]["sku"])):
            wrong[f"receipts.{place}.sku"] = fault
    if wrong:
        raise InputInvalid("some receipts name what is not there", fields=wrong)
    return [
        Receipt(one["key"], row.warehouse_id, row.sku_id, row.bin_id, one["qty"])
        for one, row in zip(given, places, strict=True)
    ]
