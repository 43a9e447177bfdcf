"""Held orders: what was found, and the decisions that people take on them (V-3, V-5)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from oms import db
from oms.aftersales import rejections
from oms.orders import queries
from oms.orders.lookup import numbers
from oms.verification import decisions
from oms.verification.decisions import RIGHT, Decision
from oms.web import edge
from oms.web.api.base import Blueprint, Instant, Schema, paged
from oms.web.api.idempotent import idempotent
from oms.web.api.order_shapes import FindingOut, HoldOut
from oms.web.api.paging import PageArgs, decode, page
from oms.web.api.shapes import Text
from oms.web.auth import me, right

blp = Blueprint("reviews", __name__, description="Held orders and the decisions on them")

OWNERS = ("order_specialist", "order_manager", "finance", "general_manager", "customer_service")


class ReviewArgs(PageArgs):
    owner = fields.String(validate=validate.OneOf(OWNERS), metadata={"description": "the role that decides"})


class Review(Schema):
    """The step that decides; its id and token go into the decision."""

    step_id = fields.UUID(required=True)
    token = fields.Integer(required=True)
    kind = fields.String(required=True)
    due_at = Instant(required=True)
    assignee_id = fields.UUID(required=True, allow_none=True)


class Held(Schema):
    order_id = fields.UUID(required=True)
    order_number = fields.String(required=True, attribute="number", dump_only=True)
    number = fields.String(required=True, metadata={"description": "the same as `order_number`"})
    hold = fields.Nested(HoldOut, required=True)
    findings = fields.List(fields.Nested(FindingOut), required=True)
    reviews = fields.List(fields.Nested(Review), required=True)


class DecisionIn(Schema):
    """`amendments`: dotted field of the one schema -> its new value, such as `lines.0.sku` or `ship_to.city`."""

    token = fields.Integer(required=True, strict=True)
    decision = fields.String(
        required=True, validate=validate.OneOf(("approve", "amend", "escalate", "return", "reject"))
    )
    reason = Text(longest=1000, load_default="", shortest=0)
    amendments = fields.Dict(keys=Text(longest=100), values=fields.Raw(allow_none=True), load_default=dict)
    entry_error = fields.Boolean(
        load_default=False,
        metadata={"description": "the amended fields were keyed wrongly by whoever entered the order"},
    )


class Decided(Schema):
    outcome = fields.String(required=True)
    order_id = fields.UUID(required=True)
    order_number = fields.String(required=True, attribute="number", dump_only=True)
    number = fields.String(required=True, metadata={"description": "the same as `order_number`"})
    status = fields.String(required=True)


@blp.get("/reviews")
@blp.arguments(ReviewArgs, location="query")
@blp.response(200, paged(Held, "HeldPage"))
@right("hold.read")
def listed(args: dict[str, Any]) -> dict[str, Any]:
    """List standing holds, the most urgent first, with what was found and the step that decides."""
    after = decode(args["cursor"], datetime, uuid.UUID)
    with edge.transaction() as session:
        holds, findings = queries.held(
            session,
            limit=args["limit"],
            owner=args.get("owner"),
            after=(after[0], after[1]) if after else None,
        )
        found = page(holds, limit=args["limit"], key=lambda hold: (hold.due_at, hold.id))
        items = _shown(session, found["items"], findings)
    return found | {"items": items}


def _shown(session: Session, holds: Sequence[Any], findings: dict[uuid.UUID, Any]) -> list[dict[str, Any]]:
    order_ids = [hold.order_id for hold in holds]
    known = numbers(session, order_ids=order_ids)
    steps = queries.reviews(session, order_ids=order_ids, kinds=sorted(RIGHT))
    return [
        {
            "order_id": hold.order_id,
            "number": known[hold.order_id],
            "hold": hold,
            "findings": findings.get(hold.order_id, []),
            "reviews": steps.get(hold.order_id, []),
        }
        for hold in holds
    ]


@blp.post("/reviews/<uuid:step_id>")
@idempotent
@blp.arguments(DecisionIn)
@blp.response(200, Decided)
@right("hold.decide")
def decide(given: dict[str, Any], step_id: uuid.UUID) -> dict[str, Any]:
    """Decide on a held order. Approving findings needs a reason; who asked may not decide."""
    who = me()
    decision = Decision(given["decision"], given["reason"], given["amendments"], given["entry_error"])
    with edge.transaction() as session:
        outcome = rejections.decide(
            session,
            step_id=step_id,
            token=given["token"],
            decision=decision,
            actor=who.actor,
            roles=who.roles,
            now=db.now(session),
        )
        order = queries.order_of_step(session, step_id=step_id)
        return {"outcome": outcome, "order_id": order.id, "number": order.number, "status": order.status}


@blp.post("/orders/<ref>/message-read")
@idempotent
@blp.response(204)
@right("order.review")
def message_read(ref: str) -> None:
    """Say that the buyer's message was read; a repeat changes nothing."""
    with edge.transaction() as session:
        order = queries.order_named(session, ref=ref)
        decisions.read_message(session, order_id=order.id, actor=me().actor, now=db.now(session))
