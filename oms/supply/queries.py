"""Supply requests as buyers see them, with the orders that wait for them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_LISTED = """
    SELECT r.id, r.number, r.kind, r.status, r.qty, r.qty_received, r.raised_at, r.expected_at,
           w.code AS warehouse, s.code AS sku, s.name_en, s.name_zh, p.name AS supplier,
           (SELECT count(DISTINCT d.order_id) FROM supply_demand d WHERE d.request_id = r.id) AS orders
    FROM supply_request r
    JOIN warehouse w ON w.id = r.warehouse_id JOIN sku s ON s.id = r.sku_id
    LEFT JOIN supplier p ON p.id = r.supplier_id
    WHERE (CAST(:statuses AS text[]) IS NULL OR r.status = ANY(CAST(:statuses AS text[])))
      AND (CAST(:warehouse AS text) IS NULL OR w.code = :warehouse) AND (CAST(:sku AS uuid) IS NULL OR r.sku_id = :sku)
      AND (CAST(:after AS uuid) IS NULL OR r.id < :after)
    ORDER BY r.id DESC LIMIT {limit}
"""

_PLACES = text("""
    SELECT x.place, w.id AS warehouse_id, s.id AS sku_id, s.bundle, b.id AS bin_id, b.kind AS bin_kind
    FROM unnest(CAST(:place AS int[]), CAST(:warehouse AS text[]), CAST(:sku AS text[]), CAST(:bin AS text[]))
         AS x(place, warehouse, sku, bin)
    LEFT JOIN warehouse w ON w.code = x.warehouse
    LEFT JOIN sku s ON s.code = x.sku
    LEFT JOIN bin b ON b.warehouse_id = w.id AND b.code = x.bin
    ORDER BY x.place
""")


def requests(
    session: Session,
    *,
    limit: int,
    statuses: Sequence[str] | None = None,
    after: uuid.UUID | None = None,
    warehouse: str | None = None,
    sku_id: uuid.UUID | None = None,
) -> Sequence[Any]:
    """Requests, newest first, from after an id; one row more than `limit`.

    Of one warehouse's code, of one good and in some states, where they are named.
    """
    named = None if statuses is None else list(statuses)
    given = {"statuses": named, "after": after, "warehouse": warehouse, "sku": sku_id}
    return session.execute(text(_LISTED.format(limit=int(limit) + 1)), given).all()


def places(session: Session, *, named: Sequence[tuple[str, str, str]]) -> Sequence[Any]:
    """(warehouse code, SKU code, bin code) as ids, with whether it is a set and the bin's kind, in their order; None for a code that nobody knows."""
    params = {
        "place": list(range(len(named))),
        "warehouse": [n[0] for n in named],
        "sku": [n[1] for n in named],
        "bin": [n[2] for n in named],
    }
    return session.execute(_PLACES, params).all()
