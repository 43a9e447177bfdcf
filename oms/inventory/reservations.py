"""Step `allocate`: promise stock to orders, never more than there is (A-1, A-2).

The stock rows of all SKUs in the batch are locked in the one order, decided upon in memory, and changed by
one statement; what is short becomes a backorder, never an error.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.inventory import ledger, rules, sourcing
from oms.inventory.ledger import Move
from oms.inventory.rules import Plan, Want
from oms.orders import locking
from oms.together import Write


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one order got: `short` by SKU where supply has to be raised, `promised` when any piece is reserved.

    `short_lines`: pieces of each (line, SKU); a bundle's line has one for each part. `houses`: from where it may leave for its
    `country`, by priority; what is short is to come into the first.
    """

    order_id: uuid.UUID
    promised: bool
    short: Mapping[uuid.UUID, Decimal]
    short_lines: Mapping[tuple[uuid.UUID, uuid.UUID], Decimal]
    country: str = "*"
    houses: Sequence[uuid.UUID] = ()


_LINES = text("""
    SELECT l.id, l.order_id, coalesce((SELECT ship_country FROM orders WHERE orders.id = l.order_id), '*') AS country,
           l.sku_id, l.qty - l.qty_cancelled - l.qty_shipped - l.qty_reserved AS want,
           s.bundle, b.part_id, b.qty AS part_qty, coalesce(promised.qty - (l.qty_shipped + l.qty_reserved) * b.qty, 0) AS spare
    FROM order_line l JOIN sku s ON s.id = l.sku_id LEFT JOIN bundle_part b ON b.bundle_id = s.id AND s.bundle
    LEFT JOIN LATERAL (SELECT sum(r.qty - r.qty_released) AS qty FROM reservation r
                       WHERE s.bundle AND r.order_line_id = l.id AND r.sku_id = b.part_id) promised ON TRUE
    WHERE l.order_id = ANY(CAST(:orders AS uuid[])) AND l.requires_shipping
      AND l.qty - l.qty_cancelled - l.qty_shipped - l.qty_reserved > 0
    ORDER BY l.order_id, l.position, l.id, b.part_id
""")

_RESERVE = """
    INSERT INTO reservation (id, order_id, order_line_id, warehouse_id, sku_id, round, qty, qty_shipped, qty_released, at)
    SELECT r.id, r.order_id, r.line_id, r.warehouse_id, r.sku_id, r.round, r.qty, 0, 0, :reserved_at
    FROM unnest(CAST(:r_id AS uuid[]), CAST(:r_order_id AS uuid[]), CAST(:r_line AS uuid[]), CAST(:r_warehouse AS uuid[]),
                CAST(:r_sku AS uuid[]), CAST(:r_round AS int[]), CAST(:r_qty AS numeric[]))
         AS r(id, order_id, line_id, warehouse_id, sku_id, round, qty)
    ON CONFLICT (order_line_id, warehouse_id, sku_id, round) DO UPDATE SET qty = reservation.qty + excluded.qty
"""

_MARK = """
    UPDATE order_line SET qty_reserved = qty_reserved + m.reserved, qty_backordered = m.short
    FROM unnest(CAST(:m_line AS uuid[]), CAST(:m_reserved AS numeric[]), CAST(:m_short AS numeric[]))
         AS m(id, reserved, short)
    WHERE order_line.id = m.id
"""


def reserve(
    session: Session, *, order_ids: Sequence[uuid.UUID], actor: str, now: datetime
) -> dict[uuid.UUID, Allocation]:
    """Reserve what the orders still want, in the order given (least slack first). A repeat reserves nothing more.

    Warehouses are asked by priority, those from which a carrier goes where the order goes: goods elsewhere could not leave.
    The caller sees to the orders' derived state.
    """
    rounds = locking.touch(session, order_ids=order_ids)
    wants, countries = _wants(session, order_ids)
    skus = {sku for own in wants.values() for want in own for sku in want.parts}
    free = {place: balance.free for place, balance in ledger.lock(session, sku_ids=list(skus)).items()}
    houses = sourcing.houses_for(session, countries=set(countries.values()))
    plans = {o: rules.promise(wants[o], free, houses[countries[o]]) for o in order_ids if o in wants}
    _write(session, plans, wants, {o: rounds[o][0] for o in plans}, actor, now)
    return {o: _allocation(o, plans.get(o, Plan()), countries.get(o, "*"), houses) for o in order_ids}


def _wants(
    session: Session, order_ids: Sequence[uuid.UUID]
) -> tuple[dict[uuid.UUID, list[Want]], dict[uuid.UUID, str]]:
    """What each order wants, and the country that it goes to."""
    found: dict[uuid.UUID, list[Want]] = {}
    countries: dict[uuid.UUID, str] = {}
    rows = session.execute(_LINES, {"orders": list(order_ids)}).all()
    for (order_id, line_id), own in groupby(rows, key=lambda row: (row.order_id, row.id)):
        lines = list(own)
        parts = {row.part_id or row.sku_id: row.part_qty or Decimal(1) for row in lines}
        spare = {row.part_id: row.spare for row in lines if row.spare > 0}
        found.setdefault(order_id, []).extend(rules.wants_of_set(line_id, lines[0].want, parts, spare))
        countries[order_id] = lines[0].country
    return found, countries


def _write(
    session: Session,
    plans: Mapping[uuid.UUID, Plan],
    wants: Mapping[uuid.UUID, Sequence[Want]],
    rounds: Mapping[uuid.UUID, int],
    actor: str,
    now: datetime,
) -> None:
    # Of a set several promises may be of one part at one warehouse.
    pieces: dict[tuple[uuid.UUID, uuid.UUID, uuid.UUID, uuid.UUID], Decimal] = {}
    for order_id, plan in plans.items():
        for p in plan.promises:
            for sku, per in p.parts.items():
                place = (order_id, p.line_id, p.warehouse_id, sku)
                pieces[place] = pieces.get(place, Decimal(0)) + p.qty * per
    names = ("order_id", "line", "warehouse", "sku")
    rows: list[dict[str, Any]] = [
        {**dict(zip(names, place, strict=True)), "round": rounds[place[0]], "qty": qty} for place, qty in pieces.items()
    ]
    moves = [
        Move(
            key=f"reserve:{db.new_id()}",
            cause="reserve",
            warehouse_id=r["warehouse"],
            sku_id=r["sku"],
            reserved=r["qty"],
            order_id=r["order_id"],
            subject_id=r["line"],
        )
        for r in rows
    ]
    along = [_reserving(rows, now)] if rows else []
    ledger.post(session, moves, actor=actor, now=now, along=[*along, *_marking(plans, wants)])


def _reserving(rows: Sequence[Mapping[str, Any]], now: datetime) -> Write:
    columns = {f"r_{name}": [row[name] for row in rows] for name in rows[0]}
    return Write(_RESERVE, columns | {"r_id": db.new_ids(len(rows)), "reserved_at": now})


def _marking(plans: Mapping[uuid.UUID, Plan], wants: Mapping[uuid.UUID, Sequence[Want]]) -> list[Write]:
    reserved: dict[uuid.UUID, Decimal] = {}
    short: dict[uuid.UUID, Decimal] = {}
    for order_id, plan in plans.items():
        for want in wants[order_id]:
            reserved.setdefault(want.line_id, Decimal(0))
        for p in plan.promises:
            reserved[p.line_id] += p.qty
        short |= plan.short
    if not reserved:
        return []
    missing = [short.get(line, Decimal(0)) for line in reserved]
    return [Write(_MARK, {"m_line": list(reserved), "m_reserved": list(reserved.values()), "m_short": missing})]


def _allocation(order_id: uuid.UUID, plan: Plan, country: str, houses: Mapping[str, Sequence[uuid.UUID]]) -> Allocation:
    short: dict[uuid.UUID, Decimal] = {}
    for (_, sku), qty in plan.lacking.items():
        short[sku] = short.get(sku, Decimal(0)) + qty
    return Allocation(order_id, bool(plan.promises), short, plan.lacking, country, houses.get(country, ()))
