"""Put what is to be told into the outbox: one message for each key, and the step `tell` that sends it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms import db
from oms.journey.steps import NewStep
from oms.messages.models import Message


@dataclass(frozen=True, slots=True)
class Notice:
    """`key` makes it one of its kind, as `collected:<parcel id>`; `values` fill the template; `thread` is answered."""

    key: str
    template: str
    order_id: uuid.UUID | None
    address: str | None
    language: str
    values: Mapping[str, Any] = field(default_factory=dict)
    thread: Mapping[str, Any] | None = None


def put(session: Session, *, notices: Sequence[Notice], now: datetime) -> list[NewStep]:
    """Write the messages; return the steps to open. A notice with a known key is left as it is and opens nothing."""
    if not notices:
        return []
    rows = [
        {
            "id": db.new_id(),
            "key": n.key,
            "order_id": n.order_id,
            "template": n.template,
            "language": n.language,
            "address": n.address,
            "values": dict(n.values),
            "thread": dict(n.thread) if n.thread else None,
            "status": "waiting",
            "created_at": now,
        }
        for n in notices
    ]
    statement = (
        pg_insert(Message).on_conflict_do_nothing(index_elements=["key"]).returning(Message.id, Message.order_id)
    )
    return [NewStep("tell", row.id, order_id=row.order_id) for row in session.execute(statement, rows)]
