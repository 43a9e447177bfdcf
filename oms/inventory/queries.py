"""SKUs as the desk looks for them: by code, barcode or name, with price and what may still be promised."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from oms import transaction_memory
from oms.catalog.models import Sku
from oms.errors import InputInvalid
from oms.inventory.models import Bin, Warehouse

# Names are searched by their beginning or a part; a catalogue is small beside the orders.
_SEARCH = """
    SELECT s.id, s.code, s.name_en, s.name_zh, s.unit, s.weight_g, s.lead_days, s.bundle, s.custom, s.discontinued,
           s.active, s.blocked_reason IS NOT NULL AS blocked,
           coalesce((SELECT array_agg(b.code ORDER BY b.code) FROM barcode b WHERE b.sku_id = s.id), '{{}}') AS barcodes,
           CASE WHEN s.bundle THEN
               coalesce((SELECT min(floor(coalesce(f.free, 0) / p.qty)) FROM bundle_part p
                         LEFT JOIN LATERAL (SELECT sum(greatest(k.on_hand - k.reserved - k.safety, 0)) AS free
                                            FROM stock k JOIN warehouse w ON w.id = k.warehouse_id AND w.active
                                            WHERE k.sku_id = p.part_id) f ON TRUE
                         WHERE p.bundle_id = s.id), 0)
           ELSE coalesce((SELECT sum(greatest(k.on_hand - k.reserved - k.safety, 0))
                          FROM stock k JOIN warehouse w ON w.id = k.warehouse_id AND w.active
                          WHERE k.sku_id = s.id), 0) END AS free,
           price.list_price, price.currency
    FROM sku s
    LEFT JOIN LATERAL (
        SELECT p.list_price, p.currency FROM price p
        WHERE p.sku_id = s.id AND p.valid_from <= :now
          AND (CAST(:currency AS text) IS NULL OR p.currency = :currency)
          AND (p.channel_id IS NULL OR p.channel_id = CAST(:channel AS uuid))
        ORDER BY p.channel_id NULLS LAST, p.valid_from DESC, p.currency LIMIT 1) price ON TRUE
    WHERE s.active AND (CAST(:after AS text) IS NULL OR s.code > :after)
      AND (CAST(:codes AS text[]) IS NULL OR s.code = ANY(CAST(:codes AS text[]))) {named}
    ORDER BY s.code LIMIT {limit}
"""

_NAMED = """
    AND (s.code ILIKE :part OR s.name_en ILIKE :part OR s.name_zh LIKE :part
         OR s.id IN (SELECT sku_id FROM barcode WHERE code = :term))
"""

_BY_WAREHOUSE = text("""
    SELECT k.sku_id, w.code AS warehouse, k.on_hand, k.reserved, k.safety,
           CASE WHEN w.active THEN greatest(k.on_hand - k.reserved - k.safety, 0) ELSE 0 END AS free
    FROM stock k JOIN warehouse w ON w.id = k.warehouse_id
    WHERE k.sku_id = ANY(CAST(:skus AS uuid[])) ORDER BY k.sku_id, w.priority, w.code
""")


def skus(
    session: Session,
    *,
    now: datetime,
    limit: int,
    term: str | None = None,
    currency: str | None = None,
    channel_id: uuid.UUID | None = None,
    after: str | None = None,
    codes: Sequence[str] | None = None,
) -> Sequence[Any]:
    """Active SKUs whose code or name holds `term`, or whose barcode it is, by code; one row more than `limit`.

    `codes`: only these. The price is the channel's own where it has one, else everyone's; None where there is none.
    """
    params: dict[str, Any] = {"now": now, "currency": currency, "channel": channel_id, "after": after}
    params["codes"] = None if codes is None else list(codes)
    named = ""
    if term:
        part = term.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        params |= {"part": f"%{part}%", "term": term.strip()}
        named = _NAMED
    return session.execute(text(_SEARCH.format(named=named, limit=int(limit) + 1)), params).all()


def stock_of(session: Session, *, sku_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    """What each warehouse has of the SKUs; one statement."""
    found: dict[uuid.UUID, list[Any]] = {sku_id: [] for sku_id in sku_ids}
    for row in session.execute(_BY_WAREHOUSE, {"skus": list(sku_ids)}):
        found[row.sku_id].append(row)
    return found


def ids_of(session: Session, *, codes: Sequence[str], field: str) -> list[uuid.UUID]:
    """The ids of SKU codes, in their order; InputInvalid naming (`field` with its place) each that is unknown."""
    rows = session.execute(select(Sku.code, Sku.id).where(Sku.code.in_(codes)))
    known = {row.code: row.id for row in rows}
    wrong = {field.format(place): f"no SKU {code[:60]}" for place, code in enumerate(codes) if code not in known}
    if wrong:
        raise InputInvalid("some goods are unknown", fields=wrong)
    return [known[code] for code in codes]


def warehouses(session: Session) -> Sequence[Warehouse]:
    """The active warehouses, in sourcing order."""
    statement = select(Warehouse).where(Warehouse.active).order_by(Warehouse.priority, Warehouse.code)
    return session.execute(statement).scalars().all()


def bin_named(session: Session, *, warehouse_id: uuid.UUID, code: str) -> Row[uuid.UUID, str] | None:
    """The id and the kind of a warehouse's bin; None where there is none of that code."""
    statement = select(Bin.id, Bin.kind).where(Bin.warehouse_id == warehouse_id, Bin.code == code)
    return session.execute(statement).one_or_none()


_BY_PRIORITY = text("SELECT id FROM warehouse WHERE active ORDER BY priority, code")


_FREE = text("""
    SELECT w.id AS warehouse_id, s.sku_id, s.on_hand - s.reserved - s.safety AS free
    FROM warehouse w LEFT JOIN stock s ON s.warehouse_id = w.id AND s.sku_id = ANY(CAST(:skus AS uuid[]))
    WHERE w.active ORDER BY w.priority, w.code
""")
_WAREHOUSES = "warehouses by priority"


def warehouses_by_priority(session: Session) -> list[uuid.UUID]:
    """The active warehouses, that which is asked first in front; read once a transaction."""
    kept = transaction_memory.of(session, _WAREHOUSES)
    if not kept:
        kept.update(dict.fromkeys(session.execute(_BY_PRIORITY).scalars()))
    return list(kept)


def free_by_warehouse(
    session: Session, *, sku_ids: Collection[uuid.UUID]
) -> tuple[list[uuid.UUID], dict[tuple[uuid.UUID, uuid.UUID], Decimal]]:
    """The active warehouses in that order, and what may still be promised of each SKU in each; nothing is locked."""
    rows = session.execute(_FREE, {"skus": list(sku_ids)}).all()
    warehouses = dict.fromkeys(row.warehouse_id for row in rows)
    transaction_memory.of(session, _WAREHOUSES).update(warehouses)
    return list(warehouses), {(row.warehouse_id, row.sku_id): row.free for row in rows if row.sku_id is not None}
