"""Orders entered while someone waits: keyed by a person, or a pasted block read before it is saved (I-1, I-4)."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from flask import request
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from connectors import registry
from connectors.base import Received, Severity
from oms import db
from oms.errors import InputInvalid, KeyReused
from oms.intake import claims, entry
from oms.intake import queries as messages
from oms.intake.fates import Element, element
from oms.intake.inbox import NewMessage
from oms.parties import channels
from oms.parties import queries as parties
from oms.parties.channels import config_of
from oms.parties.models import Channel
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Schema
from oms.web.api.idempotent import HEADER, idempotent
from oms.web.api.one_schema import OneOrder, OrderIn
from oms.web.api.shapes import ProblemOut, Text
from oms.web.auth import me, right

blp = Blueprint(
    "order entry", __name__, description="Orders that a person enters: phone, message, fax, visit, sales rep"
)

#: The right of who says that money has come (G-1).
RECORDING = "payment.record"
#: Ways on which a person passes on what a customer said.
SPOKEN = ("phone", "im", "fax", "visit", "sales_rep")


class NewOrder(Schema):
    """An order in the one schema, without ids; amounts and quantities are strings."""

    channel = Text(required=True, longest=200, metadata={"description": "a phone, im, fax, visit or sales_rep channel"})
    order = fields.Nested(OrderIn, required=True)
    started_at = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "when the customer began to speak; not later than now"},
    )


class Entered(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    status = fields.String(required=True)
    became = fields.String(required=True, metadata={"description": "ordered, or what a repeat was"})
    message_id = fields.UUID(required=True)
    problems = fields.List(fields.Nested(ProblemOut), required=True)


class Pasted(Schema):
    channel = Text(required=True, longest=200)
    text = fields.String(required=True, validate=validate.Length(min=1, max=20_000))


@blp.post("/orders")
@idempotent
@blp.arguments(NewOrder)
@blp.response(201, Entered)
@right("order.enter")
def enter(new: dict[str, Any]) -> dict[str, Any]:
    """Enter an order that a customer spoke or wrote to a person; the confirmation goes out at once."""
    raw = orjson.dumps(request.get_json()["order"])
    with edge.transaction() as session:
        now = db.now(session)
        if new["started_at"] is not None and new["started_at"] > now:
            raise InputInvalid("started_at lies ahead", fields={"started_at": "must not be later than now"})
        channel = spoken_channel(session, new["channel"])
        read = elements_of(channel, raw)
        refuse_unread(read)
        message = NewMessage(_event_id(), "page", raw, received_by=me().actor)
        message_id, _ = entry.enter(
            session, channel=channel, message=message, elements=read, now=now, started_at=new["started_at"]
        )
        made = messages.became(session, message_id=message_id)
        if not made:  # what comes under a known key with other words is kept apart and becomes nothing
            raise _key_reused(session, channel, message)
        return _entered(made[0], message_id)


@blp.post("/orders/parse")
@idempotent
@blp.arguments(Pasted)
@blp.response(200, OneOrder)
@right("order.enter")
def parse(given: dict[str, Any]) -> dict[str, Any]:
    """Read a pasted block of text: the order in it, with where each field was read; nothing is stored."""
    with edge.transaction() as session:
        channel = spoken_channel(session, given["channel"])
    received = Received(body=given["text"].encode(), channel=channel.name)
    shapes = registry.translated(config_of(channel), received)
    return {"evidence": []} | shapes[0]


def spoken_channel(session: Session, name: str) -> Channel:
    """The channel on which a person enters what a customer said; a distributor has none of these."""
    channel = parties.channel(session, name=name)
    own = me().channel_id
    if channel is None or channel.way not in SPOKEN or (own is not None and own != channel.id):
        known = [] if own else [row.name for row in parties.channels(session, ways=SPOKEN)]
        hint = f"use one of: {', '.join(known)}" if known else "send your purchase orders to /purchase-orders"
        raise InputInvalid(f"orders are not entered by hand on {name[:60]!r}", fields={"channel": hint})
    return channel


def _event_id() -> str:
    """The call's own key, so that a repeat is the same message even after its first answer was forgotten."""
    key = request.headers.get(HEADER)
    return f"entry:{me().actor}:{key}" if key else f"entry:{uuid.uuid4()}"


def _key_reused(session: Session, channel: Channel, message: NewMessage) -> KeyReused:
    """The key's first answer is forgotten in time, the order that it made is not."""
    first = messages.first_became(session, channel_id=channel.id, event_id=message.event_id or "")
    number = next((row.number for row in first if row.number), "another one")
    hint = "use a new key for a new request"
    return KeyReused(f"this {HEADER} made order {number} before: {hint}", fields={HEADER: hint})


def elements_of(channel: Channel, raw: bytes) -> list[Element]:
    """What the channel's connector reads in a keyed or pasted order; a payment counts where who enters it may record one."""
    found = registry.read(config_of(channel), Received(body=raw, channel=channel.name))
    records = me().may(RECORDING) or channels.is_on(channel.settings, "trusts_payment")
    return [element(*claims.entered(order, shape, records_payments=records)) for order, shape in found]


def refuse_unread(read: list[Element]) -> None:
    """What the connector refuses is told with its field, and nothing is stored."""
    wrong = {
        f"order.{problem.field}".rstrip("."): problem.message
        for one in read
        for problem in one.order.problems
        if problem.severity is Severity.REFUSE
    }
    if wrong:
        raise InputInvalid("the order cannot be read: mend the fields named", fields=wrong)
    if len(read) != 1 or read[0].order.kind.value not in ("order", "update"):
        hint = "give goods and an address or a customer"
        raise InputInvalid(f"this is no order: {hint}", fields={"order": hint})


def _entered(made: Any, message_id: uuid.UUID) -> dict[str, Any]:
    if made.order_id is None:
        raise InputInvalid(
            f"the order was {made.became}", fields={"order": "; ".join(_texts(made.problems)) or made.became}
        )
    return {
        "id": made.order_id,
        "number": made.number,
        "status": made.status,
        "became": made.became,
        "message_id": message_id,
        "problems": made.problems,
    }


def _texts(problems: list[dict[str, str]]) -> list[str]:
    return [f"{one['field']}: {one['message']}" for one in problems]
