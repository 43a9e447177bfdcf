"""Inbound messages: what arrived, what it became, and the quarantine."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields, validate

from oms import db
from oms.errors import Conflict
from oms.intake import quarantine, queries
from oms.intake.states import INBOUND
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.shapes import ProblemOut
from oms.web.auth import me, right

blp = Blueprint("messages", __name__, description="Inbound messages, kept byte for byte")


class MessageArgs(PageArgs):
    status = fields.String(validate=validate.OneOf(sorted(INBOUND.moves)))


class MessageItem(Schema):
    id = fields.UUID(required=True)
    channel = fields.String(required=True)
    event_id = fields.String(required=True)
    way = fields.String(required=True)
    size = fields.Integer(required=True)
    status = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    received_at = Instant(required=True)
    received_by = fields.String(required=True)


class Became(Schema):
    position = fields.Integer(required=True)
    channel_order_id = fields.String(required=True, allow_none=True)
    became = fields.String(required=True)
    order_id = fields.UUID(required=True, allow_none=True)
    order_number = fields.String(required=True, allow_none=True, attribute="number", dump_only=True)
    number = fields.String(required=True, allow_none=True, metadata={"description": "the same as `order_number`"})
    status = fields.String(required=True, allow_none=True)
    problems = fields.List(fields.Nested(ProblemOut), required=True)


class MessageOut(MessageItem):
    orders = fields.List(fields.Nested(Became), required=True)


@blp.get("/messages")
@blp.arguments(MessageArgs, location="query")
@blp.response(200, paged(MessageItem, "MessagePage"))
@right("message.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List messages, newest first."""
    after = decode(args["cursor"], uuid.UUID)
    with edge.transaction() as session:
        rows = queries.listed(
            session,
            limit=args["limit"],
            status=args.get("status"),
            channel_id=me().channel_id,
            after=after[0] if after else None,
        )
    return page(rows, limit=args["limit"], key=lambda row: (row.id,))


@blp.get("/messages/<uuid:message_id>")
@blp.response(200, MessageOut)
@right("order.read")
def read(message_id: uuid.UUID) -> dict[str, Any]:
    """Read one message: its state, and what each order in it became. A distributor sees its own."""
    with edge.transaction() as session:
        row = queries.message(session, message_id=message_id, channel_id=me().channel_id)
        return dict(row._mapping) | {"orders": queries.became(session, message_id=message_id)}


@blp.post("/messages/<uuid:message_id>/retry")
@idempotent
@blp.response(202, MessageItem)
@right("message.review")
def retry(message_id: uuid.UUID) -> dict[str, Any]:
    """Read a quarantined message again, after its channel's mapping or the goods were mended."""
    with edge.transaction() as session:
        row = queries.message(session, message_id=message_id, channel_id=me().channel_id)
        taken = quarantine.read_again(session, message_ids=[message_id], actor=me().actor, now=db.now(session))
        if not taken:
            raise Conflict(f"the message is {row.status}: only a quarantined one is read again")
        return dict(queries.message(session, message_id=message_id)._mapping)
