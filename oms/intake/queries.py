"""Inbound messages as people look at them: the quarantine, and what each element of one became."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms import db
from oms.errors import NotFound
from oms.intake.models import InboundMessage
from oms.parties.models import Channel

# The bytes and headers stay encrypted in the database: a list does not need them.
_LISTED = (
    InboundMessage.id,
    InboundMessage.channel_id,
    InboundMessage.event_id,
    InboundMessage.way,
    InboundMessage.size,
    InboundMessage.status,
    InboundMessage.reason,
    InboundMessage.received_at,
    InboundMessage.received_by,
    Channel.name.label("channel"),
)

_BECAME = text("""
    SELECT i.position, i.channel_order_id, i.became, i.problems, i.order_id, o.number, o.status, o.currency,
           o.total, o.lines_total, o.discount, o.shipping, o.fees, o.tax, o.tax_included
    FROM inbound_order i LEFT JOIN orders o ON o.id = i.order_id
    WHERE i.message_id = :message_id ORDER BY i.position
""")


def listed(
    session: Session,
    *,
    limit: int,
    status: str | None = None,
    channel_id: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
) -> Sequence[Any]:
    """Messages, newest first, from after an id; one row more than `limit`."""
    statement = (
        select(*_LISTED)
        .join(Channel, Channel.id == InboundMessage.channel_id)
        .order_by(InboundMessage.id.desc())
        .limit(limit + 1)
    )
    if status is not None:
        statement = statement.where(InboundMessage.status == status)
    if channel_id is not None:
        statement = statement.where(InboundMessage.channel_id == channel_id)
    if after is not None:
        statement = statement.where(InboundMessage.id < after)
    return session.execute(statement).all()


def message(session: Session, *, message_id: uuid.UUID, channel_id: uuid.UUID | None = None) -> Any:
    """One message without its bytes; NotFound where the caller may not see it."""
    statement = select(*_LISTED).join(Channel, Channel.id == InboundMessage.channel_id)
    statement = statement.where(InboundMessage.id == message_id)
    if channel_id is not None:
        statement = statement.where(InboundMessage.channel_id == channel_id)
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound("there is no such message, or it is not yours to see")
    return found


def became(session: Session, *, message_id: uuid.UUID) -> Sequence[Any]:
    """What each element of a message became, with the order's number and status."""
    return session.execute(_BECAME, {"message_id": message_id}).all()


def first_became(session: Session, *, channel_id: uuid.UUID, event_id: str) -> Sequence[Any]:
    """What the message became that came first under a sender's id."""
    named = select(InboundMessage.id).where(
        InboundMessage.channel_id == channel_id, InboundMessage.event_id == event_id
    )
    message_id = session.execute(named).scalar_one_or_none()
    return became(session, message_id=message_id) if message_id else ()


def body(session: Session, *, message_id: uuid.UUID, channel_id: uuid.UUID | None = None) -> bytes:
    """A message's bytes as they came; NotFound where the caller may not see it."""
    statement = select(InboundMessage.body).where(InboundMessage.id == message_id)
    if channel_id is not None:
        statement = statement.where(InboundMessage.channel_id == channel_id)
    found: bytes | None = session.execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound("there is no such message, or it is not yours to see")
    db.carried(session, len(found))
    return found
