"""What a channel told of an order before it told what is carried out now: the telling that a new one is held against."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.orders.models import ChangeRequest

Telling = Mapping[str, Any]
#: Reads by order, in the one schema's JSON, what its channel told at first; an order without that is missing.
First = Callable[[Session, Sequence[uuid.UUID]], Mapping[uuid.UUID, Telling]]

# The last telling that was decided upon: what was declined is not asked again, and what was superseded counts for nothing,
# since a later telling says all of it once more.
_LAST = text("""
    SELECT r.id, p.id AS last FROM change_request r CROSS JOIN LATERAL (
        SELECT p.id FROM change_request p
        WHERE p.order_id = r.order_id AND p.message_id IS NOT NULL AND p.status IN ('approved', 'applied', 'declined')
          AND (p.requested_at, p.id) < (r.requested_at, r.id) ORDER BY p.requested_at DESC, p.id DESC LIMIT 1) p
    WHERE r.id = ANY(CAST(:ids AS uuid[]))
""")


def unknown(session: Session, order_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Telling]:
    """Nothing is known of first tellings."""
    return {}


def find(session: Session, *, requests: Sequence[ChangeRequest], first: First) -> dict[uuid.UUID, Telling]:
    """By request of a channel, what it told before; in a fixed number of statements."""
    told = {r.id: r.order_id for r in requests if r.message_id is not None}
    last = {row.id: row.last for row in session.execute(_LAST, {"ids": list(told)})} if told else {}
    statement = select(ChangeRequest.id, ChangeRequest.wanted).where(ChangeRequest.id.in_(last.values()))
    contents = {row.id: row.wanted for row in session.execute(statement)} if last else {}
    found: dict[uuid.UUID, Telling] = {request_id: contents[telling] for request_id, telling in last.items()}
    early = {request_id: order_id for request_id, order_id in told.items() if request_id not in found}
    begun = first(session, sorted(set(early.values()))) if early else {}
    return found | {request_id: begun[order_id] for request_id, order_id in early.items() if order_id in begun}
