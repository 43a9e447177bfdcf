"""Refunds: asked for, approved by another person, paid out by finance; never more than was paid (S-2)."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from oms import db
from oms.aftersales import queries, refunds
from oms.aftersales.refunds import NewRefund
from oms.aftersales.states import REFUND
from oms.orders import queries as orders
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Money, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.order_lines import named_in, ticket_of
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.shapes import Text, amount
from oms.web.auth import me, right

blp = Blueprint("refunds", __name__, description="Money given back")


class RefundArgs(PageArgs):
    status = fields.String(validate=validate.OneOf(sorted(REFUND.moves)))


class RefundOut(Schema):
    id = fields.UUID(required=True)
    order_id = fields.UUID(required=True)
    order_number = fields.String(required=True)
    return_id = fields.UUID(required=True, allow_none=True)
    ticket_id = fields.UUID(required=True, allow_none=True)
    amount = Money(required=True)
    currency = fields.String(required=True)
    reason = fields.String(required=True)
    status = fields.String(required=True)
    requested_by = fields.String(required=True)
    requested_at = Instant(required=True)
    approved_by = fields.String(required=True, allow_none=True)
    paid_out_at = Instant(required=True, allow_none=True)


class RefundIn(Schema):
    order = Text(required=True, longest=60, metadata={"description": "number or id"})
    amount = Money(required=True, metadata={"description": "in the order's currency"})
    reason = Text(required=True, longest=500)
    ticket = Text(longest=60, load_default=None, allow_none=True, metadata={"description": "number or id"})


class RefuseIn(Schema):
    reason = Text(required=True, longest=500)


class PayOutIn(Schema):
    reference = Text(required=True, longest=200, metadata={"description": "the bank's reference of the payment"})


@blp.get("/refunds")
@blp.arguments(RefundArgs, location="query")
@blp.response(200, paged(RefundOut, "RefundPage"))
@right("refund.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List refunds, newest first."""
    after = decode(args["cursor"], uuid.UUID)
    with edge.transaction() as session:
        rows = queries.refunds(
            session, limit=args["limit"], status=args.get("status"), after=after[0] if after else None
        )
    found = page(rows, limit=args["limit"], key=lambda row: (row.id,))
    return found | {"items": [_of(row) for row in found["items"]]}


@blp.post("/refunds")
@idempotent
@blp.arguments(RefundIn)
@blp.response(201, RefundOut)
@right("refund.request")
def ask(given: dict[str, Any]) -> dict[str, Any]:
    """Ask for money back without a return: a price difference, a compensation."""
    with edge.transaction() as session:
        with named_in("order"):
            order = orders.order_named(session, ref=given["order"])
        ticket_id = ticket_of(session, ref=given["ticket"], order_id=order.id)
        new = NewRefund(f"ask:{uuid.uuid4()}", order.id, given["amount"], given["reason"], ticket_id=ticket_id)
        refund_id = refunds.ask(session, new=new, actor=me().actor, now=db.now(session))
        return _shown(session, refund_id)


@blp.post("/refunds/<uuid:refund_id>/approve")
@idempotent
@blp.response(200, RefundOut)
@right("refund.approve")
def approve(refund_id: uuid.UUID) -> dict[str, Any]:
    """Approve a large refund; who asked for it may not."""
    with edge.transaction() as session:
        refunds.approve(session, refund_id=refund_id, actor=me().actor, now=db.now(session))
        return _shown(session, refund_id)


@blp.post("/refunds/<uuid:refund_id>/pay-out")
@idempotent
@blp.arguments(PayOutIn)
@blp.response(200, RefundOut)
@right("refund.pay")
def pay_out(given: dict[str, Any], refund_id: uuid.UUID) -> dict[str, Any]:
    """Say that the money was paid back; the customer is told."""
    with edge.transaction() as session:
        refunds.pay_out(
            session, refund_id=refund_id, actor=me().actor, now=db.now(session), reference=given["reference"]
        )
        return _shown(session, refund_id)


@blp.post("/refunds/<uuid:refund_id>/refuse")
@idempotent
@blp.arguments(RefuseIn)
@blp.response(200, RefundOut)
@right("refund.pay")
def refuse(given: dict[str, Any], refund_id: uuid.UUID) -> dict[str, Any]:
    """Refuse a refund, with its reason."""
    with edge.transaction() as session:
        refunds.refuse(session, refund_id=refund_id, reason=given["reason"], actor=me().actor, now=db.now(session))
        return _shown(session, refund_id)


def _shown(session: Session, refund_id: uuid.UUID) -> dict[str, Any]:
    return _of(queries.refund(session, refund_id=refund_id))


def _of(row: Any) -> dict[str, Any]:
    return dict(row._mapping) | {"amount": amount(row.amount, row.currency)}
