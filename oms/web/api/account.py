"""Who a key or a session is: the model of a capability's API file."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from oms.accounts.rights import SIGNED_IN
from oms.web.api.base import Blueprint, Schema
from oms.web.auth import me, right

blp = Blueprint("account", __name__, description="Who you are here")


class Me(Schema):
    actor = fields.String(required=True, metadata={"description": "what history records of what you do"})
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    rights = fields.List(fields.String(), required=True)
    channel_id = fields.UUID(required=True, allow_none=True, metadata={"description": "set: you see this channel only"})
    warehouse_id = fields.UUID(required=True, allow_none=True)
    language = fields.String(required=True)


@blp.get("/me")
@blp.response(200, Me)
@right(SIGNED_IN)
def read() -> dict[str, Any]:
    """Tell who is asking and what they may do."""
    who = me()
    return {
        "actor": who.actor,
        "name": who.name,
        "roles": sorted(who.roles),
        "rights": who.rights(),
        "channel_id": who.channel_id,
        "warehouse_id": who.warehouse_id,
        "language": who.language,
    }
