"""Changes and cancellations of one order: asked for in writing, decided by another person (C-4, C-5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from oms import db
from oms.aftersales import asking
from oms.errors import InputInvalid, NotFound
from oms.orders import queries
from oms.orders.models import ChangeRequest
from oms.web import edge
from oms.web.api.base import Blueprint, Schema
from oms.web.api.change_shapes import ChangeOut, change_of
from oms.web.api.idempotent import idempotent
from oms.web.api.shapes import Text
from oms.web.api.wanted_shape import WantedIn, as_told
from oms.web.auth import me, right

blp = Blueprint("changes", __name__, description="Changes and cancellations of orders")


#: What of a wish says that money has come.
_MONEY = (("payment", "status"), ("totals", "paid"))


class ChangeIn(Schema):
    """`wanted`: the fields of the one schema (`docs/order-schema.md`) that change, for an update; `lines` names them all."""

    kind = fields.String(required=True, validate=validate.OneOf(asking.KINDS))
    reason = Text(required=True, longest=1000)
    wanted = fields.Nested(WantedIn, load_default=None, allow_none=True)


class DecideIn(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(("approve", "decline")))
    reason = Text(longest=1000, shortest=0, load_default="")


@blp.post("/orders/<ref>/changes")
@idempotent
@blp.arguments(ChangeIn)
@blp.response(202, ChangeOut)
@right("order.change")
def ask(given: dict[str, Any], ref: str) -> dict[str, Any]:
    """Ask for a change or a cancellation: work on the order stops until another person has decided.

    That it is paid is nobody's wish: finance records payments.
    """
    who = me()
    wanted = as_told(given["wanted"])
    _refuse_payment(wanted, records=who.may("payment.record"))
    with edge.transaction() as session:
        order = queries.order_named(session, ref=ref, channel_id=who.channel_id)
        change_id = asking.request_change(
            session,
            order_id=order.id,
            kind=given["kind"],
            reason=given["reason"],
            wanted=wanted,
            actor=who.actor,
            now=db.now(session),
        )
        return _change(session, change_id)


@blp.get("/changes/<uuid:change_id>")
@blp.response(200, ChangeOut)
@right("order.read")
def read(change_id: uuid.UUID) -> dict[str, Any]:
    """Read what was asked for, and what became of it."""
    with edge.transaction() as session:
        return _change(session, change_id)


@blp.post("/changes/<uuid:change_id>/decide")
@idempotent
@blp.arguments(DecideIn)
@blp.response(200, ChangeOut)
@right("order.change_decide")
def decide(given: dict[str, Any], change_id: uuid.UUID) -> dict[str, Any]:
    """Approve a request, which is then carried out, or decline it with the reason that the customer hears."""
    with edge.transaction() as session:
        asking.decide(
            session,
            change_id=change_id,
            approve=given["decision"] == "approve",
            reason=given["reason"],
            actor=me().actor,
            now=db.now(session),
        )
        return _change(session, change_id)


def _refuse_payment(wanted: Mapping[str, Any], *, records: bool) -> None:
    """Who approves a wish records no payment: that is finance's, by the bank's reference (G-1)."""
    named = [f"wanted.{part}.{name}" for part, name in _MONEY if (wanted.get(part) or {}).get(name) is not None]
    if named and not records:
        hint = "leave it out: finance records what was paid, by the bank's reference"
        raise InputInvalid("a payment is no wish", fields=dict.fromkeys(named, hint))


def _change(session: Session, change_id: uuid.UUID) -> dict[str, Any]:
    found, who = session.get(ChangeRequest, change_id, populate_existing=True), me()
    if found is None:
        raise NotFound("there is no such request, or it is not yours to see")
    order = queries.order_named(session, ref=str(found.order_id), channel_id=who.channel_id)
    return change_of(found, order_number=order.number, who=who)
