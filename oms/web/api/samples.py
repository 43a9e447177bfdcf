"""The daily sample through the API: what a manager found in an order that the rules let pass (V-7)."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields

from oms import db
from oms.verification import sampling
from oms.web import edge
from oms.web.api.base import Blueprint, Schema
from oms.web.api.idempotent import idempotent
from oms.web.api.shapes import Text
from oms.web.auth import me, right

blp = Blueprint("samples", __name__, description="The daily sample of orders that passed by rule")


class CheckIn(Schema):
    """`token` of the step as the worklist tells it; a fault needs its words in `note`."""

    token = fields.Integer(required=True, strict=True)
    faulty = fields.Boolean(required=True, metadata={"description": "the rules let a fault pass"})
    note = Text(longest=1000, load_default="", shortest=0)


@blp.post("/samples/<uuid:step_id>")
@idempotent
@blp.arguments(CheckIn)
@blp.response(204)
@right("order.sample")
def check(given: dict[str, Any], step_id: uuid.UUID) -> None:
    """End a sample review; a fault counts as an error of the order's entry."""
    who = me()
    with edge.transaction() as session:
        sampling.check(session, step_id=step_id, **given, actor=who.actor, roles=who.roles, now=db.now(session))
