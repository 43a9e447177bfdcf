"""What the step `tell` sends, and what is written down of it. The network is the worker's."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from oms.journey import lifecycle
from oms.messages.models import Message

#: What is dropped from a message's values once it has been sent: only the customer may have it.
_ONCE = ("token",)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it stands in the outbox; `created_at` is its date, so that a repeat is the same mail."""

    message_id: uuid.UUID
    key: str
    order_id: uuid.UUID | None
    template: str
    language: str
    address: str
    values: Mapping[str, Any]
    thread: Mapping[str, Any] | None
    created_at: datetime


def prepare(session: Session, *, message_id: uuid.UUID, now: datetime) -> Outgoing | str:
    """The message to send, or the outcome that it has already: `sent`, or `no_address`, which its order's page shows."""
    message = session.get_one(Message, message_id)
    if message.status == "sent":
        return "sent"
    if not message.address:
        unsent(session, message_id=message_id, status="no_address", why="the order has no e-mail address", now=now)
        return "no_address"
    return Outgoing(
        message.id,
        message.key,
        message.order_id,
        message.template,
        message.language,
        message.address,
        message.values,
        message.thread,
        message.created_at,
    )


def sent(session: Session, *, message: Outgoing, mail_id: str, thread: Mapping[str, Any] | None, now: datetime) -> None:
    """The mail server has taken it. The one-time link leaves our files: only its hash stays."""
    values = {name: value for name, value in message.values.items() if name not in _ONCE}
    session.execute(
        update(Message)
        .where(Message.id == message.message_id)
        .values(mail_id=mail_id, sent_at=now, values=values, thread=dict(thread) if thread else None)
    )
    lifecycle.advance(
        session, Message, [message.message_id], to="sent", cause=message.template, actor="system", now=now
    )


def unsent(session: Session, *, message_id: uuid.UUID, status: str, why: str, now: datetime) -> None:
    """It could not be sent: `no_address` or `failed`, with its reason in the order's history."""
    lifecycle.advance(session, Message, [message_id], to=status, cause=why, actor="system", now=now, lenient=True)
