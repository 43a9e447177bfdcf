"""Goods carried from one bin to another: one movement each, and the warehouse's balance stays what it was (A-2, I1)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms import db
from oms.errors import Conflict


class Carried(NamedTuple):
    """`qty` pieces from a bin to another. `allotted` of them stood on pick lists there, and no longer do.

    `key` makes it one of its kind: a repeat changes nothing.
    """

    key: str
    warehouse_id: uuid.UUID
    sku_id: uuid.UUID
    bin_id: uuid.UUID
    to_bin_id: uuid.UUID
    qty: Decimal
    allotted: Decimal
    order_id: uuid.UUID | None
    subject_id: uuid.UUID | None


#: Carry what stands in a part `m` with the columns of `Carried` and an id; the statement has `cause`, `actor`, `now`.
#: Stock rows are locked in the one order before anything is written; what a bin gets may be the first of its kind there.
PARTS = """
    locked AS (SELECT 1 FROM stock WHERE (stock.warehouse_id, stock.sku_id) IN (SELECT warehouse_id, sku_id FROM m)
               ORDER BY stock.warehouse_id, stock.sku_id FOR NO KEY UPDATE OF stock),
    new AS (INSERT INTO stock_move (id, key, warehouse_id, sku_id, bin_id, to_bin_id, on_hand, reserved, carried,
                                    cause, order_id, subject_id, actor, at)
            SELECT m.id, m.key, m.warehouse_id, m.sku_id, m.bin_id, m.to_bin_id, 0, 0, m.qty,
                   :cause, m.order_id, m.subject_id, :actor, :now
            FROM m WHERE (SELECT count(*) FROM locked) >= 0 ON CONFLICT (key) DO NOTHING RETURNING id),
    gone AS (SELECT m.* FROM m JOIN new ON new.id = m.id),
    out_of AS (SELECT bin_id, sku_id, sum(qty) AS qty, sum(allotted) AS allotted FROM gone GROUP BY 1, 2),
    taken AS (UPDATE bin_stock SET on_hand = on_hand - o.qty, allotted = bin_stock.allotted - o.allotted FROM out_of o
              WHERE bin_stock.bin_id = o.bin_id AND bin_stock.sku_id = o.sku_id RETURNING 1),
    put AS (INSERT INTO bin_stock (bin_id, sku_id, warehouse_id, on_hand, allotted)
            SELECT to_bin_id, sku_id, warehouse_id, sum(qty), 0 FROM gone GROUP BY 1, 2, 3 ORDER BY 1, 2
            ON CONFLICT (bin_id, sku_id) DO UPDATE SET on_hand = bin_stock.on_hand + excluded.on_hand)
"""
#: What `require_rows` is told of it.
COUNTS = """(SELECT count(*) FROM out_of) AS wanted, (SELECT count(*) FROM taken) AS changed,
           (SELECT count(*) FROM locked) AS locked"""

_CARRY = text(f"""
    WITH m AS (SELECT * FROM unnest(CAST(:id AS uuid[]), CAST(:key AS text[]), CAST(:warehouse AS uuid[]),
                   CAST(:sku AS uuid[]), CAST(:bin AS uuid[]), CAST(:to_bin AS uuid[]), CAST(:qty AS numeric[]),
                   CAST(:allotted AS numeric[]), CAST(:order_id AS uuid[]), CAST(:subject AS uuid[]))
                   AS m(id, key, warehouse_id, sku_id, bin_id, to_bin_id, qty, allotted, order_id, subject_id)), {PARTS}
    SELECT {COUNTS}
""")


def carry(session: Session, carried: Sequence[Carried], *, cause: str, actor: str, now: datetime) -> None:
    """Write the movements and the bins' balances, in one statement. A repeat changes nothing.

    Raises Conflict when the bin that the goods come from, or their warehouse, has no row; the table's CHECKs refuse what is not there.
    """
    if not carried:
        return
    if {(one.bin_id, one.sku_id) for one in carried} & {(one.to_bin_id, one.sku_id) for one in carried}:
        raise ValueError("one call carries a SKU either into a bin or out of it")
    columns = [db.new_ids(len(carried)), *zip(*carried, strict=True)]
    names = ("id", "key", "warehouse", "sku", "bin", "to_bin", "qty", "allotted", "order_id", "subject")
    arrays = {name: list(column) for name, column in zip(names, columns, strict=True)}
    row = session.execute(_CARRY, arrays | {"cause": cause, "actor": actor, "now": now}).one()
    require_rows(row, places=len({(one.warehouse_id, one.sku_id) for one in carried}))


def require_rows(row: Row[Any], *, places: int) -> None:
    """Raise Conflict when a statement of PARTS found no row of a bin or of one of the `places` (warehouse, SKU)."""
    if row.wanted != row.changed or row.locked != places:
        raise Conflict("goods are taken from a bin or a warehouse that has no stock row: count the bin first")
