"""What channels told of orders at first: the kept bytes read once more by the channel's connector (I-7)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.intake.models import InboundOrder
from oms.journey import calendar_store
from oms.orders.models import Order
from oms.rows import among
from workers import intake


def first(session: Session, order_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Mapping[str, Any]]:
    """The orders' first tellings as JSON of the one schema; one whose message is not kept is missing."""
    places = _places(session, order_ids)
    small = intake.messages_of(session, list(places)) if places else []
    bodies = {message.id: body for message, _channel, body in small}
    found: dict[uuid.UUID, Mapping[str, Any]] = {}
    for message, channel, _body in small:
        body = intake.body_of(session, bodies, message)
        elements = intake.read_message(message, channel, body, zone=calendar_store.zone_of(session))
        own = places[message.id]
        found |= {order_id: elements[place].json for place, order_id in own.items() if place < len(elements)}
    return found


def _places(session: Session, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[int, uuid.UUID]]:
    """By message, which element of it became which order."""
    statement = (
        select(Order.id, InboundOrder.message_id, InboundOrder.position)
        .join(InboundOrder, (InboundOrder.order_id == Order.id) & (InboundOrder.message_id == Order.message_id))
        .where(among(Order.id, order_ids), InboundOrder.became.in_(("ordered", "cancelled")))
        .order_by(InboundOrder.message_id, InboundOrder.position)
    )
    places: dict[uuid.UUID, dict[int, uuid.UUID]] = {}
    for order_id, message_id, position in session.execute(statement):
        places.setdefault(message_id, {})[position] = order_id
    return places
