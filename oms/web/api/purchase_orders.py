"""Distributors' purchase orders: JSON, CSV or a workbook as it is; errors by row, all or the good rows (I-5)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from urllib.parse import quote

from flask import request
from marshmallow import fields, validate
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from connectors import registry
from connectors.base import Received
from oms.errors import InputInvalid
from oms.intake import claims, entry, uploads
from oms.intake import queries as messages
from oms.intake.fates import Element, element
from oms.intake.inbox import NewMessage
from oms.intake.uploads import Wrong
from oms.journey import calendar_store, house_rules
from oms.orders.rules import payable
from oms.parties import channels
from oms.parties import queries as parties
from oms.parties.models import Channel
from oms.web import edge, errors
from oms.web.api.base import Blueprint, Money, Schema, Written, plain
from oms.web.api.idempotent import idempotent
from oms.web.api.shapes import Text, amount
from oms.web.auth import me, right

blp = Blueprint("purchase orders", __name__, description="Distributors' purchase orders as files or JSON")

#: How these messages came, which tells whoever reads one again what its bytes are.
WAY = "upload"
#: How many wrong rows an answer names; the rest are found by sending the file again.
ROWS_NAMED = 200
#: The body as the document tells of it: any bytes, whose kind is told by their content.
BODY = {"schema": {"type": "string", "format": "binary"}}
BODIES = dict.fromkeys(
    (
        "application/json",
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/octet-stream",
    ),
    BODY,
)


class UploadArgs(Schema):
    rows = fields.String(
        load_default="all",
        validate=validate.OneOf(("all", "good")),
        metadata={"description": "all: one wrong row refuses the file; good: the right ones are accepted"},
    )
    channel = Text(
        longest=200, load_default=None, metadata={"description": "for staff; a distributor's key decides its own"}
    )


class UploadHeaders(Schema):
    x_filename = Text(
        longest=200,
        load_default=None,
        data_key="X-Filename",
        metadata={"description": "the file's name, percent-encoded where it is not ASCII"},
    )

    class Meta:
        unknown = "exclude"


class PurchaseOrder(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    channel_order_id = fields.String(required=True, allow_none=True)
    became = fields.String(required=True, metadata={"description": "ordered, updated, cancelled or duplicate"})
    status = fields.String(required=True)
    total = Money(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)


class RefusedRow(Schema):
    """`row` counts from 1 as a spreadsheet does, or from 0 in JSON's list; `column` is the field."""

    row = fields.Integer(required=True, allow_none=True)
    column = fields.String(required=True)
    message = fields.String(required=True)


class Uploaded(Schema):
    message_id = fields.UUID(required=True)
    orders = Written(PurchaseOrder, many=True, required=True)
    refused = fields.List(fields.Nested(RefusedRow), required=True)


@blp.post("/purchase-orders")
@blp.doc(requestBody={"required": True, "content": BODIES})
@idempotent
@blp.arguments(UploadArgs, location="query")
@blp.arguments(UploadHeaders, location="headers")
@blp.response(201, Uploaded)
@right("order.enter")
def upload(args: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any] | Response:
    """Upload purchase orders; the same file again changes nothing and gets the same answer.

    With `rows=all` a wrong row refuses the whole file with 422, and `fields` names each wrong row.
    """
    body = request.get_data()
    if not body:
        raise InputInvalid("the body is empty", fields={"body": "send the file's bytes as the body"})
    with edge.reading() as session:
        channel = _channel(session, args["channel"])
        zone = calendar_store.read(session, house_rules.now(session)).organisation.zone
    # Read with no transaction open: a bomb may take seconds.
    file = _read(channel, body, headers["x_filename"], args["rows"], zone)
    with edge.transaction() as session:
        message_id = _enter(session, channel, file, args["rows"])
        rows = messages.became(session, message_id=message_id)
    refused = [
        wrong
        for row in rows
        if row.order_id is None
        for wrong in uploads.wrong_of(row.position, row.became, row.problems)
    ]
    if args["rows"] == "all" and any(row.order_id is None for row in rows):
        return _refusal(refused)
    return {"message_id": message_id, "orders": [_order(row) for row in rows if row.order_id], "refused": refused}


def _channel(session: Session, named: str | None) -> Channel:
    """The distributor's own channel, or for staff the one they name."""
    own = me().channel_id
    if own is None and named is None:
        raise InputInvalid("for which distributor?", fields={"channel": "name the distributor's channel"})
    found = parties.channel(session, name=named, channel_id=own)
    if found is None or found.way != "distributor" or (named is not None and found.name != named):
        raise InputInvalid(
            "this is no distributor's channel", fields={"channel": "name your own channel, or leave it out"}
        )
    return found


@dataclass(frozen=True, slots=True)
class _File:
    """The bytes as they came, and what the channel's connector reads in them."""

    body: bytes
    headers: dict[str, str]
    elements: list[Element]


def _read(channel: Channel, body: bytes, filename: str | None, rows: str, zone: tzinfo) -> _File:
    headers = {"content-type": request.content_type or "", "x-oms-rows": rows}
    if filename:
        headers["x-filename"] = quote(filename, safe="%.()-_ ")
    config = channels.config_for(channel, way=WAY, body=body, zone=zone)
    read = registry.read(config, Received(body=body, headers=headers, channel=channel.name))
    trusted = channels.is_on(channel.settings, "trusts_payment")
    strict = (uploads.strict(order, shape) for order, shape in read)
    told = [claims.believed(order, shape, way=channel.way, trusted=trusted) for order, shape in strict]
    return _File(body, headers, [element(order, shape, zone=channels.zone_in(config)) for order, shape in told])


def _enter(session: Session, channel: Channel, file: _File, rows: str) -> uuid.UUID:
    # With `good` a file may come again that was refused whole: it is another message then.
    event_id = f"upload:{hashlib.sha256(file.body).hexdigest()}:{rows}"
    message_id, _ = entry.enter(
        session,
        channel=channel,
        message=NewMessage(event_id, WAY, file.body, file.headers, received_by=me().actor),
        elements=file.elements,
        now=house_rules.now(session),
        all_or_nothing=rows == "all",
    )
    return message_id


def _refusal(refused: Sequence[Wrong]) -> Response:
    """The file was kept and nothing was ordered: every wrong row with what is wrong."""
    told = {f"rows.{one.row}.{one.column}".rstrip("."): one.message for one in refused[:ROWS_NAMED]} or {
        "body": "there is no order in it"
    }
    detail = f"{len(refused)} row(s) are wrong and nothing was ordered: mend them, or send with rows=good"
    return errors.answer(422, InputInvalid.code, detail, fields=told)


def _order(row: Any) -> dict[str, Any]:
    """A `PurchaseOrder` as JSON."""
    total = amount(payable(row), row.currency)
    return {
        "id": row.order_id,
        "number": row.number,
        "channel_order_id": row.channel_order_id,
        "became": row.became,
        "status": row.status,
        "total": None if total is None else plain(total),
        "currency": row.currency,
    }
