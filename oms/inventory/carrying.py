"""Goods carried from one bin to another: one movement each, and the warehouse's balance stays what it was (A-2, I1)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.errors import Conflict
from oms.inventory import ledger


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


_CARRY = text("""
    WITH m AS (SELECT * FROM unnest(CAST(:id AS uuid[]), CAST(:key AS text[]), CAST(:warehouse AS uuid[]),
                   CAST(:sku AS uuid[]), CAST(:bin AS uuid[]), CAST(:to_bin AS uuid[]), CAST(:qty AS numeric[]),
                   CAST(:allotted AS numeric[]), CAST(:order_id AS uuid[]), CAST(:subject AS uuid[]))
                   AS m(id, key, warehouse_id, sku_id, bin_id, to_bin_id, qty, allotted, order_id, subject_id)),
    new AS (INSERT INTO stock_move (id, key, warehouse_id, sku_id, bin_id, to_bin_id, on_hand, reserved, carried,
                                    cause, order_id, subject_id, actor, at)
            SELECT m.id, m.key, m.warehouse_id, m.sku_id, m.bin_id, m.to_bin_id, 0, 0, m.qty,
                   :cause, m.order_id, m.subject_id, :actor, :now
            FROM m ON CONFLICT (key) DO NOTHING RETURNING id),
    ends AS (SELECT m.bin_id, m.sku_id, -m.qty AS on_hand, -m.allotted AS allotted FROM m JOIN new ON new.id = m.id
             UNION ALL SELECT m.to_bin_id, m.sku_id, m.qty, 0 FROM m JOIN new ON new.id = m.id),
    total AS (SELECT bin_id, sku_id, sum(on_hand) AS on_hand, sum(allotted) AS allotted FROM ends GROUP BY 1, 2),
    binned AS (UPDATE bin_stock SET on_hand = bin_stock.on_hand + t.on_hand, allotted = bin_stock.allotted + t.allotted
               FROM total t WHERE bin_stock.bin_id = t.bin_id AND bin_stock.sku_id = t.sku_id
               RETURNING bin_stock.sku_id)
    SELECT (SELECT count(*) FROM total) AS wanted, (SELECT count(*) FROM binned) AS changed
""")


def carry(session: Session, carried: Sequence[Carried], *, cause: str, actor: str, now: datetime) -> None:
    """Write the movements, the bins' new rows where there are none, and the bins' balances. A repeat changes nothing.

    Raises Conflict when the bin that the goods come from has no row; the table's CHECKs refuse what is not there.
    """
    if not carried:
        return
    columns = [db.new_ids(len(carried)), *zip(*carried, strict=True)]
    places = {(one.warehouse_id, one.sku_id, one.to_bin_id) for one in carried}
    ledger.ensure_rows(session, places=list(places))
    ledger.lock_places(session, places=list({place[:2] for place in places}))
    names = ("id", "key", "warehouse", "sku", "bin", "to_bin", "qty", "allotted", "order_id", "subject")
    arrays = {name: list(column) for name, column in zip(names, columns, strict=True)}
    row = session.execute(_CARRY, arrays | {"cause": cause, "actor": actor, "now": now}).one()
    if row.wanted != row.changed:
        raise Conflict("goods are taken from a bin that has no stock row: count the bin first")
