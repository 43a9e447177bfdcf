"""Customers and channels, for those who enter orders."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields, validate

from oms.accounts.identity import Identity
from oms.parties import queries
from oms.parties.models import Customer
from oms.web import edge, masking
from oms.web.api.base import Blueprint, Instant, Money, Schema, paged
from oms.web.api.paging import LIMIT_MAX, PageArgs, decode, page
from oms.web.api.shapes import Place, Text, name_of, place_of
from oms.web.auth import me, right

blp = Blueprint("customers", __name__, description="Customers and the channels they order by")


class CustomerArgs(PageArgs):
    q = Text(longest=200, metadata={"description": "exact number, name, e-mail or phone: private data is hashed"})


class CustomerOut(Schema):
    """A customer; masked without the right `private.read`."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    company = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    address = fields.Nested(Place, required=True, allow_none=True)
    language = fields.String(required=True)
    key_customer = fields.Boolean(required=True)
    payment_terms = fields.String(required=True, allow_none=True)
    credit_limit = Money(required=True, allow_none=True)
    credit_currency = fields.String(required=True, allow_none=True)
    blocked_reason = fields.String(required=True, allow_none=True)
    created_at = Instant(required=True)


class ChannelOut(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    source = fields.String(required=True)
    way = fields.String(required=True)
    currency = fields.String(required=True, allow_none=True)
    language = fields.String(required=True)


@blp.get("/customers")
@blp.arguments(CustomerArgs, location="query")
@blp.response(200, paged(CustomerOut, "CustomerPage"))
@right("customer.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """Find customers by exact number, name, e-mail or phone."""
    after, who = decode(args["cursor"], uuid.UUID), me()
    with edge.transaction() as session:
        rows = queries.customers(
            session,
            term=args.get("q"),
            limit=args["limit"],
            country=edge.settings().country,
            after=after[0] if after else None,
        )
    found = page(rows, limit=args["limit"], key=lambda row: (row.id,))
    return found | {"items": [_shown(row, who) for row in found["items"]]}


class ChannelArgs(PageArgs):
    """There are few: whoever asks for no page gets them all."""

    limit = fields.Integer(load_default=LIMIT_MAX, validate=validate.Range(1, LIMIT_MAX))


@blp.get("/channels")
@blp.arguments(ChannelArgs, location="query")
@blp.response(200, paged(ChannelOut, "Channels"))
@right("order.read")
def channels(args: dict[str, Any]) -> dict[str, Any]:
    """List the active channels by name; a distributor sees its own."""
    after = decode(args["cursor"], str)
    with edge.transaction() as session:
        rows = queries.channels(
            session, channel_id=me().channel_id, limit=args["limit"], after=after[0] if after else None
        )
    return page(rows, limit=args["limit"], key=lambda row: (row.name,))


def _shown(row: Customer, who: Identity) -> dict[str, Any]:
    private = who.may("private.read")
    return {column.key: getattr(row, column.key) for column in Customer.__table__.columns} | {
        "name": name_of(row.name, who),
        "email": row.email if private else masking.email(row.email),
        "phone": row.phone if private else masking.phone(row.phone),
        "address": place_of(row.address, who),
    }
