"""SKUs with price and what may still be promised, for those who enter orders."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from oms import db
from oms.inventory import queries
from oms.web import edge
from oms.web.api.base import Blueprint, Money, Qty, Schema, paged
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.shapes import Text
from oms.web.auth import me, right

blp = Blueprint("goods", __name__, description="SKUs, prices and stock")


class SkuArgs(PageArgs):
    q = Text(longest=200, metadata={"description": "a part of code or name, or a barcode"})
    currency = fields.String(load_default=None, validate=validate.Regexp(r"^[A-Z]{3}$", error="write it as CNY"))


class StockOut(Schema):
    """Pieces in one warehouse; `free` may still be promised."""

    warehouse = fields.String(required=True)
    on_hand = Qty(required=True)
    reserved = Qty(required=True)
    safety = Qty(required=True)
    free = Qty(required=True)


class SkuOut(Schema):
    """A SKU; `free` over all warehouses, for a bundle as many as its parts allow."""

    id = fields.UUID(required=True)
    code = fields.String(required=True)
    name_en = fields.String(required=True)
    name_zh = fields.String(required=True)
    unit = fields.String(required=True)
    barcodes = fields.List(fields.String(), required=True)
    bundle = fields.Boolean(required=True)
    custom = fields.Boolean(required=True)
    discontinued = fields.Boolean(required=True)
    blocked = fields.Boolean(required=True)
    lead_days = fields.Integer(required=True)
    weight_g = fields.Integer(required=True, allow_none=True)
    list_price = Money(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    free = Qty(required=True)
    stock = fields.List(fields.Nested(StockOut), required=True)


@blp.get("/skus")
@blp.arguments(SkuArgs, location="query")
@blp.response(200, paged(SkuOut, "SkuPage"))
@right("sku.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """Find goods by code, name or barcode, with price and free stock."""
    after, who = decode(args["cursor"], str), me()
    with edge.transaction() as session:
        rows = queries.skus(
            session,
            now=db.now(session),
            limit=args["limit"],
            term=args.get("q"),
            currency=args["currency"],
            channel_id=who.channel_id,
            after=after[0] if after else None,
        )
        found = page(rows, limit=args["limit"], key=lambda row: (row.code,))
        stock = queries.stock_of(session, sku_ids=[row.id for row in found["items"]]) if who.may("stock.read") else {}
    return found | {"items": [dict(row._mapping) | {"stock": stock.get(row.id, [])} for row in found["items"]]}
