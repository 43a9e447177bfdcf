"""Returns and refunds: asked for, approved, received, inspected, paid out (S-2)."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from oms import db
from oms.aftersales import inspections, queries, recounts, return_rules, returns
from oms.aftersales.inspections import Found
from oms.aftersales.returns import Arrived, Wanted
from oms.aftersales.states import RETURN
from oms.inventory import queries as goods
from oms.orders import queries as orders
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Qty, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.order_lines import lines_named, named_in, ticket_of
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.shapes import LineQty, Text
from oms.web.auth import me, right

blp = Blueprint("returns", __name__, description="Goods that come back")


class ReturnArgs(PageArgs):
    status = fields.String(validate=validate.OneOf(sorted(RETURN.moves)))


class ReturnItem(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True)
    order_id = fields.UUID(required=True)
    order_number = fields.String(required=True)
    ticket_id = fields.UUID(required=True, allow_none=True)
    reason = fields.String(required=True)
    status = fields.String(required=True)
    requested_at = Instant(required=True)
    requested_by = fields.String(required=True)
    approved_by = fields.String(required=True, allow_none=True)
    received_at = Instant(required=True, allow_none=True)
    inspected_at = Instant(required=True, allow_none=True)


class ReturnLineOut(Schema):
    line_id = fields.UUID(required=True)
    line_ref = fields.String(required=True, allow_none=True)
    sku = fields.String(required=True)
    qty = Qty(required=True)
    qty_received = Qty(required=True)
    qty_restocked = Qty(required=True)
    qty_scrapped = Qty(required=True)
    finding = fields.String(required=True, allow_none=True)


class ReturnOut(ReturnItem):
    note = fields.String(required=True, allow_none=True, metadata={"description": "null without private.read"})
    lines = fields.List(fields.Nested(ReturnLineOut), required=True)


class ReturnIn(Schema):
    order = Text(required=True, longest=60, metadata={"description": "number or id"})
    lines = fields.List(fields.Nested(LineQty), required=True, validate=validate.Length(min=1, max=500))
    reason = fields.String(required=True, validate=validate.OneOf(return_rules.REASONS))
    note = Text(longest=1000, load_default=None, allow_none=True)
    ticket = Text(longest=60, load_default=None, allow_none=True, metadata={"description": "number or id"})


class ApproveIn(Schema):
    reason = Text(longest=500, shortest=0, load_default="")


class DeclineIn(Schema):
    reason = Text(required=True, longest=500)


class ArrivedIn(Schema):
    """A scan at the returns desk: a SKU's code or barcode."""

    code = Text(required=True, longest=200)
    qty = Qty(required=True)
    line_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "of which line, where the goods stand on several"}
    )


class ReceiveIn(Schema):
    lines = fields.List(fields.Nested(ArrivedIn), required=True, validate=validate.Length(min=1, max=500))
    again = fields.Boolean(
        load_default=False, metadata={"description": "true: all that lies there, counted again before the inspection"}
    )


class FoundIn(Schema):
    """What was found of one line's SKU: restocked + scrapped pieces are those received."""

    line_id = fields.UUID(required=True)
    sku = Text(required=True, longest=100)
    restocked = Qty(load_default=Decimal(0))
    scrapped = Qty(load_default=Decimal(0))
    finding = Text(required=True, longest=1000)
    bin = Text(longest=40, load_default=None, allow_none=True, metadata={"description": "where restocked pieces go"})
    refundable = fields.Boolean(load_default=True)


class InspectIn(Schema):
    lines = fields.List(fields.Nested(FoundIn), required=True, validate=validate.Length(min=1, max=500))


class Inspected(ReturnOut):
    refund_id = fields.UUID(required=True, allow_none=True, metadata={"description": "null: nothing is given back"})


@blp.post("/returns")
@idempotent
@blp.arguments(ReturnIn)
@blp.response(201, ReturnOut)
@right("return.request")
def ask(given: dict[str, Any]) -> dict[str, Any]:
    """Ask for a return; a distributor asks for its own orders."""
    who = me()
    with edge.transaction() as session:
        with named_in("order"):
            order = orders.order_named(session, ref=given["order"], channel_id=who.channel_id)
        refs = [line["line_id"] or line["line_ref"] for line in given["lines"]]
        ids = lines_named(session, order_id=order.id, refs=refs)
        return_id = returns.request(
            session,
            order_id=order.id,
            wanted=[Wanted(line_id, line["qty"]) for line_id, line in zip(ids, given["lines"], strict=True)],
            reason=given["reason"],
            note=given["note"],
            ticket_id=ticket_of(session, ref=given["ticket"], order_id=order.id),
            actor=who.actor,
            now=db.now(session),
        )
        return _shown(session, str(return_id), own=True)


@blp.get("/returns")
@blp.arguments(ReturnArgs, location="query")
@blp.response(200, paged(ReturnItem, "ReturnPage"))
@right("return.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List returns, newest first."""
    after = decode(args["cursor"], uuid.UUID)
    with edge.transaction() as session:
        rows = queries.returns(
            session, limit=args["limit"], status=args.get("status"), after=after[0] if after else None
        )
    return page(rows, limit=args["limit"], key=lambda row: (row.id,))


@blp.get("/returns/<ref>")
@blp.response(200, ReturnOut)
@right("return.read")
def read(ref: str) -> dict[str, Any]:
    """Read one return, by number or id."""
    with edge.transaction() as session:
        return _shown(session, ref)


@blp.post("/returns/<ref>/approve")
@idempotent
@blp.arguments(ApproveIn)
@blp.response(200, ReturnOut)
@right("return.work")
def approve(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Approve a return: the goods are awaited, and the customer is told where to send them."""
    return _decided(ref, approved=True, reason=given["reason"])


@blp.post("/returns/<ref>/decline")
@idempotent
@blp.arguments(DeclineIn)
@blp.response(200, ReturnOut)
@right("return.work")
def decline(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Decline a return, with the reason that the customer hears."""
    return _decided(ref, approved=False, reason=given["reason"])


def _decided(ref: str, *, approved: bool, reason: str) -> dict[str, Any]:
    with edge.transaction() as session:
        return_id = _named(session, ref)
        returns.decide(
            session, return_id=return_id, approve=approved, reason=reason, actor=me().actor, now=db.now(session)
        )
        return _shown(session, str(return_id))


@blp.post("/returns/<ref>/receive")
@idempotent
@blp.arguments(ReceiveIn)
@blp.response(200, ReturnOut)
@right("return.receive")
def receive(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Receive the goods by scan into the returns bin; `again` corrects the count."""
    arrived = [Arrived(line["code"], line["qty"], line["line_id"]) for line in given["lines"]]
    with edge.transaction() as session:
        return_id = _named(session, ref)
        count = recounts.recount if given["again"] else returns.receive
        count(session, return_id=return_id, arrived=arrived, actor=me().actor, now=db.now(session))
        return _shown(session, str(return_id))


@blp.post("/returns/<ref>/inspect")
@idempotent
@blp.arguments(InspectIn)
@blp.response(200, Inspected)
@right("return.inspect")
def inspect(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Book what was inspected: pieces back to sale or to scrap; the refund is asked for."""
    with edge.transaction() as session:
        return_id = _named(session, ref)
        skus = goods.ids_of(session, codes=[line["sku"] for line in given["lines"]], field="lines.{}.sku")
        found = [
            Found(
                line["line_id"],
                sku_id,
                line["restocked"],
                line["scrapped"],
                line["finding"],
                line["bin"],
                line["refundable"],
            )
            for sku_id, line in zip(skus, given["lines"], strict=True)
        ]
        refund_id = inspections.inspect(
            session, return_id=return_id, found=found, actor=me().actor, now=db.now(session)
        )
        return _shown(session, str(return_id)) | {"refund_id": refund_id}


def _named(session: Session, ref: str) -> uuid.UUID:
    """The return of a number, as typed or spoken, or of an id."""
    return_id: uuid.UUID = queries.return_(session, ref=ref).id
    return return_id


def _shown(session: Session, ref: str, *, own: bool = False) -> dict[str, Any]:
    """The return; the words of its note for those who may read them, and for the one who just wrote it."""
    row = queries.return_(session, ref=ref)
    note = row.note if own or me().may("private.read") else None
    return dict(row._mapping) | {"note": note, "lines": queries.return_lines(session, return_id=row.id)}
