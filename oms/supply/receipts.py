"""Goods received at a warehouse: into a bin, onto the ledger, and the oldest backorders are allocated again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.errors import InputInvalid, KeyReused
from oms.inventory import ledger, sourcing
from oms.inventory.ledger import Move
from oms.inventory.rules import Place
from oms.journey import lifecycle, steps
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import locking
from oms.orders.states import IN_EFFECT
from oms.supply import rules, waiting_sql
from oms.supply.models import SupplyRequest
from oms.supply.rules import Awaited


@dataclass(frozen=True, slots=True)
class Receipt:
    """`qty` pieces of a SKU put into a bin; `key` is the paper's own number, so a repeat counts once."""

    key: str
    warehouse_id: uuid.UUID
    sku_id: uuid.UUID
    bin_id: uuid.UUID
    qty: Decimal


# The open requests of these SKUs, the first ones first, with what those who asked for each still wait for, by country. They are
# locked in the one order before any of them is written.
_AWAITED = text("""
    WITH r AS MATERIALIZED (
        SELECT id, warehouse_id, sku_id, qty - qty_received AS coming, raised_at FROM supply_request
        WHERE sku_id = ANY(CAST(:skus AS uuid[])) AND status IN ('raised', 'ordered')
        ORDER BY warehouse_id, sku_id FOR NO KEY UPDATE)
    SELECT r.id, r.warehouse_id, r.sku_id, r.coming, w.country, w.qty FROM r
    LEFT JOIN LATERAL (
        SELECT coalesce(o.ship_country, '*') AS country, sum(l.qty_backordered * coalesce(b.qty, 1)) AS qty
        FROM (SELECT DISTINCT order_line_id FROM supply_demand WHERE request_id = r.id) d
        JOIN order_line l ON l.id = d.order_line_id AND l.qty_backordered > 0 JOIN orders o ON o.id = l.order_id
        LEFT JOIN bundle_part b ON b.bundle_id = l.sku_id AND b.part_id = r.sku_id GROUP BY 1) w ON TRUE
    ORDER BY r.raised_at, r.id, w.country
""")

_FILL = text("""
    UPDATE supply_request SET qty_received = qty_received + x.qty
    FROM unnest(CAST(:ids AS uuid[]), CAST(:qtys AS numeric[])) AS x(id, qty) WHERE supply_request.id = x.id
    RETURNING supply_request.id, qty_received >= supply_request.qty AS "full"
""")

# The oldest promises first, as far as the pieces go that are free in the houses from which a carrier goes to their country; one
# that is being allocated is left alone. Those whom neither these pieces nor an open request reaches (a newcomer took what was
# meant for them) are allocated again too, and so ask anew: else they would wait for ever for nothing.
_WAITING = text(f"""
    WITH way AS (SELECT * FROM unnest(CAST(:countries AS text[]), CAST(:houses AS uuid[])) AS w(country, house_id)),
    served AS (SELECT country, array_agg(house_id ORDER BY house_id) AS houses FROM way GROUP BY 1),
    free AS (SELECT way.country, stock.sku_id, sum(greatest(on_hand - reserved - safety, 0)) AS qty
             FROM way JOIN stock ON stock.warehouse_id = way.house_id
             WHERE sku_id = ANY(CAST(:skus AS uuid[])) GROUP BY 1, 2),
    coming AS (SELECT way.country, r.sku_id, sum(greatest(qty - qty_received, 0)) AS qty
               FROM way JOIN supply_request r ON r.warehouse_id = way.house_id
               WHERE sku_id = ANY(CAST(:skus AS uuid[])) AND status IN ('raised', 'ordered') GROUP BY 1, 2),
    there AS (SELECT sku_id, sum(qty) AS qty FROM (
                  SELECT sku_id, greatest(on_hand - reserved - safety, 0) AS qty FROM stock WHERE sku_id = ANY(CAST(:skus AS uuid[]))
                  UNION ALL SELECT sku_id, greatest(qty - qty_received, 0) FROM supply_request
                  WHERE sku_id = ANY(CAST(:skus AS uuid[])) AND status IN ('raised', 'ordered')) x GROUP BY 1),
    waiting AS (
        SELECT o.id, coalesce(free.qty, 0) AS free, coalesce(coming.qty, 0) AS coming, coalesce(there.qty, 0) AS there,
               sum(w.qty) OVER (PARTITION BY w.sku_id, served.houses ORDER BY o.first_promised_ship_at NULLS LAST, o.received_at,
                                o.id, w.position) AS upto,
               sum(w.qty) OVER (PARTITION BY w.sku_id ORDER BY o.first_promised_ship_at NULLS LAST, o.received_at,
                                o.id, w.position) AS upto_all,
               w.qty AS own
        FROM ({waiting_sql.waiting(waiting_sql.OF_SKUS)}) w
        JOIN orders o ON o.id = w.order_id AND o.status IN ('confirmed', 'in_fulfilment')
        JOIN served ON served.country = coalesce(o.ship_country, '*')
        LEFT JOIN free ON free.sku_id = w.sku_id AND free.country = served.country
        LEFT JOIN coming ON coming.sku_id = w.sku_id AND coming.country = served.country
        LEFT JOIN there ON there.sku_id = w.sku_id)
    SELECT DISTINCT id FROM waiting WHERE (upto - own < free OR upto > free + coming OR upto_all > there)
    AND NOT EXISTS (SELECT 1 FROM step WHERE step.subject_id = waiting.id AND step.kind = 'allocate'
                    AND step.state IN ('open', 'claimed', 'paused')) ORDER BY id
""")

_COUNTRIES = text(f"""
    SELECT DISTINCT coalesce(o.ship_country, '*') FROM ({waiting_sql.waiting(waiting_sql.OF_SKUS)}) w
    JOIN orders o ON o.id = w.order_id AND o.status IN ('confirmed', 'in_fulfilment')
""")


def receive(session: Session, *, receipts: Sequence[Receipt], actor: str, now: datetime) -> list[str]:
    """Book the receipts and wake backorders; return the keys that were new.

    A repeat books nothing; KeyReused for other goods under a known number.
    """
    for place, receipt in enumerate(receipts):
        if receipt.qty <= 0:
            raise InputInvalid("a receipt has no pieces", fields={f"receipts.{place}.qty": "must be more than 0"})
    ledger.ensure_rows(session, places=[(r.warehouse_id, r.sku_id, r.bin_id) for r in receipts])
    moves = [
        Move(f"receipt:{r.key}", r.warehouse_id, r.sku_id, "receipt", on_hand=r.qty, bin_id=r.bin_id) for r in receipts
    ]
    booked = set(ledger.post(session, moves, actor=actor, now=now))
    if len(booked) < len(receipts):
        _refuse_other(session, receipts)
    new = [r for r in receipts if f"receipt:{r.key}" in booked]
    if not new:
        return []
    _fill_requests(session, new, actor, now)
    wake(session, sku_ids=sorted({r.sku_id for r in new}), now=now)
    return [r.key for r in new]


# A repeat names the same goods: what the known movement says is compared.
_OTHER = text("""
    SELECT x.place FROM unnest(CAST(:place AS int[]), CAST(:key AS text[]), CAST(:warehouse AS uuid[]), CAST(:sku AS uuid[]),
                               CAST(:bin AS uuid[]), CAST(:qty AS numeric[])) AS x(place, key, warehouse, sku, bin, qty)
    JOIN stock_move m ON m.key = x.key
    WHERE (m.warehouse_id, m.sku_id, m.bin_id, m.on_hand) IS DISTINCT FROM (x.warehouse, x.sku, x.bin, x.qty) ORDER BY x.place
""")


def _refuse_other(session: Session, receipts: Sequence[Receipt]) -> None:
    """Raise KeyReused where a paper's number stands for other goods: what is in front of us would be lost as a repeat."""
    params = {
        "place": list(range(len(receipts))),
        "key": [f"receipt:{r.key}" for r in receipts],
        "warehouse": [r.warehouse_id for r in receipts],
        "sku": [r.sku_id for r in receipts],
        "bin": [r.bin_id for r in receipts],
        "qty": [r.qty for r in receipts],
    }
    other = list(session.execute(_OTHER, params).scalars())
    if other:
        words = "this number was booked with other goods: give each line of a delivery note a number of its own"
        raise KeyReused(words, fields={f"receipts.{place}.key": words for place in other})


def wake(session: Session, *, sku_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Have the oldest backorders of these SKUs allocated again, by a step of its own.

    Whoever frees stock holds its rows, and orders are locked before stock: so other orders are woken later.
    """
    new = [NewStep("wake", sku_id, key=f"{sku_id}:{db.new_id()}") for sku_id in sku_ids]
    steps.open_steps(session, new, now=now)


def wake_orders(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Step `wake`: open `allocate` in a new round for the oldest backorders that free stock can serve."""
    waiting = _waiting(session, sorted({step.subject_id for step in steps}))
    # One that is verified anew since it was looked for waits no more: its own confirmation allocates it again.
    stands = locking.touch(session, order_ids=waiting)
    live = [order_id for order_id in waiting if order_id in stands and stands[order_id][1] in IN_EFFECT]
    rounds = locking.raise_round(session, order_ids=live)
    new = [NewStep("allocate", order_id, order_id=order_id, round=rounds[order_id]) for order_id in live]
    first, *others = steps
    return [Done(first, "woken", tuple(new)), *(Done(step, "woken") for step in others)]


def _waiting(session: Session, skus: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    countries = session.execute(_COUNTRIES, {"skus": skus}).scalars().all()
    houses = sourcing.houses_for(session, countries=countries) if countries else {}
    ways = [(country, house) for country, own in houses.items() for house in own]
    if not ways:
        return []
    given = {"skus": skus, "countries": [country for country, _ in ways], "houses": [house for _, house in ways]}
    return list(session.execute(_WAITING, given).scalars())


def _fill_requests(session: Session, new: Sequence[Receipt], actor: str, now: datetime) -> None:
    """What was asked for has come; what is over fills what other houses await for orders that can be served from here."""
    come: dict[Place, Decimal] = {}
    for receipt in new:
        place = (receipt.warehouse_id, receipt.sku_id)
        come[place] = come.get(place, Decimal(0)) + receipt.qty
    awaited = _awaited(session, sorted({sku for _, sku in come}))
    if not awaited:
        return
    countries = {country for one in awaited for country in one.waiting}
    houses = sourcing.houses_for(session, countries=countries) if countries else {}
    filled = rules.filled(come, awaited, houses)
    rows = session.execute(_FILL, {"ids": list(filled), "qtys": list(filled.values())}).all()
    full = [row.id for row in rows if row.full]
    lifecycle.advance(session, SupplyRequest, full, to="received", cause="goods received", actor=actor, now=now)
    found = steps.find(session, kind="supply", subject_ids=full)
    steps.finish(session, [Done(step, "received") for step in found.values()], by=actor, now=now)


def _awaited(session: Session, skus: Sequence[uuid.UUID]) -> list[Awaited]:
    rows = session.execute(_AWAITED, {"skus": skus}).all()
    waiting: dict[uuid.UUID, dict[str, Decimal]] = {row.id: {} for row in rows}
    for row in rows:
        if row.country is not None:
            waiting[row.id][row.country] = row.qty
    first = {row.id: row for row in reversed(rows)}
    return [Awaited(r.id, r.warehouse_id, r.sku_id, r.coming, waiting[r.id]) for r in reversed(first.values())]
