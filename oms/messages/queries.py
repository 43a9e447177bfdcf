"""What was told to customers, as people look at it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.messages.models import Message

# Values and addresses stay encrypted in the database: a list does not need them.
_LISTED = (Message.id, Message.template, Message.language, Message.status, Message.created_at, Message.sent_at)


def of_order(session: Session, *, order_id: uuid.UUID) -> Sequence[Any]:
    """What the customer of an order was told, oldest first."""
    return session.execute(select(*_LISTED).where(Message.order_id == order_id).order_by(Message.id)).all()
