"""The stock ledger: locks in the one order, conditional changes, a movement for each with its cause (A-2, I1)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db, together, transaction_memory
from oms.errors import Conflict
from oms.ids import in_order
from oms.together import Write

ZERO = Decimal(0)
_LOCKED = "locked stock"


class Move(NamedTuple):
    """A change of `on_hand` and `reserved` at a warehouse; with `bin_id` the bin's pieces change as well.

    `key` makes it one of its kind: a repeat changes nothing.
    """

    key: str
    warehouse_id: uuid.UUID
    sku_id: uuid.UUID
    cause: str
    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    bin_id: uuid.UUID | None = None
    order_id: uuid.UUID | None = None
    subject_id: uuid.UUID | None = None


_LOCK = text("""
    SELECT warehouse_id, sku_id, on_hand, reserved, safety FROM stock
    WHERE sku_id = ANY(CAST(:skus AS uuid[])) ORDER BY warehouse_id, sku_id FOR NO KEY UPDATE
""")

_LOCK_PLACES = text("""
    SELECT 1 FROM stock JOIN unnest(CAST(:warehouses AS uuid[]), CAST(:skus AS uuid[])) AS p(w, k)
      ON stock.warehouse_id = p.w AND stock.sku_id = p.k
    ORDER BY stock.warehouse_id, stock.sku_id FOR NO KEY UPDATE OF stock
""")

# The movement's unique key decides whether it happened already; only new ones change the balance.
_POST = text("""
    WITH m AS (SELECT * FROM unnest(CAST(:id AS uuid[]), CAST(:key AS text[]), CAST(:warehouse AS uuid[]),
                   CAST(:sku AS uuid[]), CAST(:bin AS uuid[]), CAST(:on_hand AS numeric[]), CAST(:reserved AS numeric[]),
                   CAST(:cause AS text[]), CAST(:order_id AS uuid[]), CAST(:subject AS uuid[]))
                   AS m(id, key, warehouse_id, sku_id, bin_id, on_hand, reserved, cause, order_id, subject_id)),
    new AS (INSERT INTO stock_move (id, key, warehouse_id, sku_id, bin_id, on_hand, reserved, cause, order_id,
                                    subject_id, actor, at)
            SELECT m.id, m.key, m.warehouse_id, m.sku_id, m.bin_id, m.on_hand, m.reserved, m.cause, m.order_id,
                   m.subject_id, :actor, :now
            FROM m ORDER BY m.key ON CONFLICT (key) DO NOTHING
            RETURNING id, key, warehouse_id, sku_id, bin_id, on_hand, reserved),
    total AS (SELECT warehouse_id, sku_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved FROM new GROUP BY 1, 2),
    changed AS (UPDATE stock SET on_hand = stock.on_hand + t.on_hand, reserved = stock.reserved + t.reserved
                FROM total t WHERE stock.warehouse_id = t.warehouse_id AND stock.sku_id = t.sku_id
                RETURNING stock.sku_id),
    at_bin AS (SELECT bin_id, sku_id, sum(on_hand) AS on_hand FROM new WHERE bin_id IS NOT NULL GROUP BY 1, 2),
    binned AS (UPDATE bin_stock SET on_hand = bin_stock.on_hand + b.on_hand FROM at_bin b
               WHERE bin_stock.bin_id = b.bin_id AND bin_stock.sku_id = b.sku_id RETURNING bin_stock.sku_id)
    SELECT (SELECT count(*) FROM new) AS new, (SELECT count(*) FROM total) AS wanted,
           (SELECT count(*) FROM changed) AS changed, (SELECT count(*) FROM at_bin) AS bins_wanted,
           (SELECT count(*) FROM binned) AS bins, (SELECT array_agg(key) FROM new) AS keys
""")

_STOCK_ROWS = text("""
    INSERT INTO stock (warehouse_id, sku_id, on_hand, reserved, safety)
    SELECT DISTINCT w, k, 0, 0, 0 FROM unnest(CAST(:warehouse AS uuid[]), CAST(:sku AS uuid[])) AS p(w, k)
    ORDER BY 1, 2 ON CONFLICT DO NOTHING
""")

_BIN_ROWS = text("""
    INSERT INTO bin_stock (bin_id, sku_id, warehouse_id, on_hand, allotted)
    SELECT DISTINCT b, k, w, 0, 0
    FROM unnest(CAST(:warehouse AS uuid[]), CAST(:sku AS uuid[]), CAST(:bin AS uuid[])) AS p(w, k, b)
    WHERE b IS NOT NULL ORDER BY 1, 2 ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Balance:
    on_hand: Decimal
    reserved: Decimal
    safety: Decimal

    @property
    def free(self) -> Decimal:
        """What may still be promised; never the safety stock."""
        return self.on_hand - self.reserved - self.safety


def lock(session: Session, *, sku_ids: Sequence[uuid.UUID]) -> dict[tuple[uuid.UUID, uuid.UUID], Balance]:
    """Lock the stock rows of SKUs in all warehouses, in the one order; return their balances."""
    rows = session.execute(_LOCK, {"skus": in_order(set(sku_ids))}).all()
    found = {(r.warehouse_id, r.sku_id): Balance(r.on_hand, r.reserved, r.safety) for r in rows}
    transaction_memory.of(session, _LOCKED).update(dict.fromkeys(found))
    return found


def ensure_rows(session: Session, *, places: Sequence[tuple[uuid.UUID, uuid.UUID, uuid.UUID | None]]) -> None:
    """Make empty stock and bin rows for (warehouse, SKU, bin) that have none yet; the stock rows are locked first."""
    params = {"warehouse": [p[0] for p in places], "sku": [p[1] for p in places]}
    session.execute(_STOCK_ROWS, params)
    lock_places(session, places=list({(warehouse, sku) for warehouse, sku, _ in places}))
    session.execute(_BIN_ROWS, params | {"bin": [p[2] for p in places]})


def lock_places(session: Session, *, places: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Lock the stock rows of (warehouse, SKU), in the one order; nothing when all of them are locked already."""
    known = transaction_memory.of(session, _LOCKED)
    if not all(place in known for place in places):
        session.execute(_LOCK_PLACES, {"warehouses": [p[0] for p in places], "skus": [p[1] for p in places]})
        known.update(dict.fromkeys(places))


def post(
    session: Session, moves: Sequence[Move], *, actor: str, now: datetime, along: Sequence[Write] = ()
) -> list[str]:
    """Write movements and change the balances; return the keys that were new. A repeat changes nothing.

    `along`: what else is written of it, in the same statement. Raises Conflict when a stock or bin row is missing. The table's CHECKs refuse what would oversell.
    """
    if not moves:
        if along:
            together.execute(session, along)
        return []
    lock_places(session, places=list({(m.warehouse_id, m.sku_id) for m in moves}))
    params = {
        "id": db.new_ids(len(moves)),
        "key": [m.key for m in moves],
        "warehouse": [m.warehouse_id for m in moves],
        "sku": [m.sku_id for m in moves],
        "bin": [m.bin_id for m in moves],
        "on_hand": [m.on_hand for m in moves],
        "reserved": [m.reserved for m in moves],
        "cause": [m.cause for m in moves],
        "order_id": [m.order_id for m in moves],
        "subject": [m.subject_id for m in moves],
        "actor": actor,
        "now": now,
    }
    row = together.execute(session, along, last=Write(_POST.text, params)).one()
    if row.wanted != row.changed or row.bins_wanted != row.bins:
        raise Conflict("a movement names a warehouse, SKU or bin that has no stock row: open it first")
    return list(row.keys or [])
