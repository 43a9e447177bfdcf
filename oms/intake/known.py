"""What stands of channel orders already: locked, with the newest version and content that was seen."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.intake.models import InboundMessage
from oms.intake.rules import Known
from oms.orders.models import Order
from oms.rows import among

Key = tuple[uuid.UUID, str]

# The first row at or behind each key, which only the index of both columns has in that order. Asked for by equality, a table
# that nobody has counted yet was read through by its channel, all of it for each batch of a first import.
FIND = text("""
    SELECT o.id, o.channel_id, o.channel_order_id, o.content_hash, o.version, o.channel_cancelled
    FROM orders o WHERE o.id = ANY(ARRAY(
        SELECT x.id FROM unnest(CAST(:channels AS uuid[]), CAST(:ids AS text[])) AS w(channel_id, order_id)
        CROSS JOIN LATERAL (
            SELECT id, channel_id, channel_order_id FROM orders
            WHERE (channel_id, channel_order_id) >= (w.channel_id, w.order_id)
            ORDER BY channel_id, channel_order_id LIMIT 1) x
        WHERE x.channel_id = w.channel_id AND x.channel_order_id = w.order_id))
    ORDER BY o.id FOR UPDATE OF o
""")

_KEEP = text("""
    UPDATE orders SET version = n.version, content_hash = n.hash, channel_cancelled = n.cancelled,
           row_version = row_version + 1
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS text[]), CAST(:hashes AS bytea[]), CAST(:cancelled AS bool[]))
         AS n(id, version, hash, cancelled)
    WHERE orders.id = n.id
""")

SET_REASONS = text("""
    UPDATE inbound_message SET reason = r.reason
    FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS r(id, reason) WHERE inbound_message.id = r.id
""")


def find(session: Session, *, keys: Sequence[Key]) -> dict[Key, tuple[uuid.UUID, Known]]:
    """The orders that stand under these (channel, channel order id) keys, locked in the order of their ids."""
    params = {"channels": [k[0] for k in keys], "ids": [k[1] for k in keys]}
    return {
        (row.channel_id, row.channel_order_id): (
            row.id,
            Known(True, row.version, bytes(row.content_hash), row.channel_cancelled),
        )
        for row in session.execute(FIND, params)
    }


def senders(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str | None]:
    """From which address each order came by mail, as far as that was kept."""
    came = select(Order.id, InboundMessage.headers).join(InboundMessage, InboundMessage.id == Order.message_id)
    rows = session.execute(came.where(among(Order.id, order_ids)))
    return {row.id: row.headers.get("from") for row in rows}


def keep(session: Session, *, states: dict[uuid.UUID, Known]) -> None:
    """Write the newest version and content that was seen of each (locked) order."""
    if states:
        session.execute(
            _KEEP,
            {
                "ids": list(states),
                "versions": [s.version for s in states.values()],
                "hashes": [s.content_hash for s in states.values()],
                "cancelled": [s.cancelled for s in states.values()],
            },
        )
