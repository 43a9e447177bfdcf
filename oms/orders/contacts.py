"""Whom to tell about an order, and what every notice to them says: which order it is about, and their name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.messages.outbox import Notice
from oms.orders.models import Order
from oms.rows import among


@dataclass(frozen=True, slots=True)
class Contact:
    order_id: uuid.UUID
    number: str
    channel_order_number: str
    name: str | None
    email: str | None
    language: str
    message_id: uuid.UUID | None


def contacts(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Contact]:
    """The contact of each order; `message_id` is the inbound message it came from."""
    statement = select(
        Order.id, Order.number, Order.channel_order_number, Order.contact, Order.language, Order.message_id
    ).where(among(Order.id, order_ids))
    return {
        row.id: Contact(
            row.id,
            row.number,
            row.channel_order_number,
            row.contact.get("name"),
            row.contact.get("email"),
            row.language,
            row.message_id,
        )
        for row in session.execute(statement)
    }


def notice(person: Contact, *, key: str, template: str, **more: object) -> Notice:
    """What is told to the customer of an order; `more` is what the template says besides the order and the name."""
    values = {"number": person.number, "channel_order_number": person.channel_order_number, "name": person.name, **more}
    return Notice(key, template, person.order_id, person.email, person.language, values)
