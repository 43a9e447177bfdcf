"""From what a channel calls a thing to our SKU: the channel's listing first, then our own code, then a barcode."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

_FIND = text("""
    SELECT w.channel_id, w.name, coalesce(l.sku_id, s.id, b.sku_id) AS sku_id
    FROM unnest(CAST(:channels AS uuid[]), CAST(:names AS text[])) AS w(channel_id, name)
    LEFT JOIN listing l ON l.channel_id = w.channel_id AND l.channel_sku = w.name
    LEFT JOIN sku s ON s.code = w.name
    LEFT JOIN barcode b ON b.code = w.name
""")


def find_skus(session: Session, *, wanted: Collection[tuple[uuid.UUID, str]]) -> dict[tuple[uuid.UUID, str], uuid.UUID]:
    """{(channel id, channel's name): SKU id} for those that are known; one statement."""
    if not wanted:
        return {}
    pairs = sorted(set(wanted))
    rows = session.execute(_FIND, {"channels": [p[0] for p in pairs], "names": [p[1] for p in pairs]})
    return {(channel_id, name): sku_id for channel_id, name, sku_id in rows if sku_id is not None}
