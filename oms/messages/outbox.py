"""Put what is to be told into the outbox: one message for each key, and the step `tell` that sends it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from oms import compact_json, crypto, db, together
from oms.journey.steps import NewStep
from oms.together import Write


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


def put(session: Session, *, notices: Sequence[Notice], now: datetime, along: Sequence[Write] = ()) -> list[NewStep]:
    """Write the messages; return the steps to open. A notice with a known key is left as it is and opens nothing.

    `along`: what else is written of it, in the same statement; nothing without a notice.
    """
    if not notices:
        return []
    seal = crypto.ring().encrypt  # as the encrypted columns store it
    params: dict[str, Any] = {
        "id": db.new_ids(len(notices)),
        "key": [n.key for n in notices],
        "order_id": [n.order_id for n in notices],
        "template": [n.template for n in notices],
        "language": [n.language for n in notices],
        "address": [seal(n.address.encode()) if n.address is not None else None for n in notices],
        "values": [seal(compact_json.dumps(dict(n.values))) for n in notices],
        "thread": [seal(compact_json.dumps(dict(n.thread))) if n.thread else None for n in notices],
        "now": now,
    }
    return [
        NewStep("tell", row.id, order_id=row.order_id)
        for row in together.execute(session, along, last=Write(_PUT, params))
    ]


# One statement with arrays: thousands of bound values a batch would cost more than the work itself.
_PUT = """
    INSERT INTO message (id, key, order_id, template, language, address, values, thread, status, created_at)
    SELECT n.id, n.key, n.order_id, n.template, n.language, n.address, n.filled, n.thread, 'waiting', :now
    FROM unnest(CAST(:id AS uuid[]), CAST(:key AS text[]), CAST(:order_id AS uuid[]), CAST(:template AS text[]),
                CAST(:language AS text[]), CAST(:address AS bytea[]), CAST(:values AS bytea[]), CAST(:thread AS bytea[]))
         AS n(id, key, order_id, template, language, address, filled, thread)
    ORDER BY n.key
    ON CONFLICT (key) DO NOTHING RETURNING id, order_id
"""
