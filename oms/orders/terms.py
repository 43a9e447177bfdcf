"""What an order is looked for by, as rows of one narrow table in the order of time: written once, read page by page."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

# Hashes are 16 bytes, as ids are; a number becomes as many. Which kind a term is of need not be told apart:
# whoever reads looks at the order itself once more. OFFSET 0: each order's lines are looked for by their key, never all
# lines read, as the server would while it has not counted them.
_TERMS = """
    INSERT INTO order_term (term, received_at, order_id)
    SELECT t.term, o.received_at, o.id FROM orders o CROSS JOIN LATERAL (VALUES
        (CAST(encode(o.email_hash, 'hex') AS uuid)), (CAST(encode(o.phone_hash, 'hex') AS uuid)),
        (CAST(encode(o.name_hash, 'hex') AS uuid)), (CAST(md5(o.channel_order_number) AS uuid)), (o.customer_id)) AS t(term)
    WHERE o.id = ANY(CAST(:ids AS uuid[])) AND t.term IS NOT NULL
    UNION
    SELECT l.sku_id, o.received_at, o.id FROM orders o CROSS JOIN LATERAL (
        SELECT l.sku_id FROM order_line l WHERE l.order_id = o.id AND l.sku_id IS NOT NULL OFFSET 0) AS l
    WHERE o.id = ANY(CAST(:ids AS uuid[]))
"""
# An order that was written a moment ago has none: a row that may stand already is written in two steps and logged twice.
OF_NEW = text(_TERMS)
OF_CHANGED = text(_TERMS + " ON CONFLICT DO NOTHING")


def keep_new(session: Session, *, order_ids: Sequence[uuid.UUID]) -> None:
    """Write the terms of orders that this transaction has written, with their lines. To be done once for each."""
    if order_ids:
        session.execute(OF_NEW, {"ids": list(order_ids)})


def keep_changed(session: Session, *, order_ids: Sequence[uuid.UUID]) -> None:
    """Write the terms of orders as they stand now, in the transaction that changed them. A repeat writes nothing.

    A term that an order has no more stays: readers look at the order itself.
    """
    if order_ids:
        session.execute(OF_CHANGED, {"ids": list(order_ids)})


def of_number(number: str) -> uuid.UUID:
    """The term of a channel's number."""
    return uuid.UUID(hashlib.md5(number.encode(), usedforsecurity=False).hexdigest())


def of_hash(key: bytes) -> uuid.UUID:
    """The term of a keyed hash of a name, e-mail or phone."""
    return uuid.UUID(bytes=key)
