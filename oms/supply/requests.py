"""Supply requests: raised for what is short and not on its way already (A-3)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.inventory import sourcing
from oms.inventory.reservations import Allocation
from oms.inventory.rules import Place
from oms.inventory.sourcing import EVERYWHERE
from oms.journey import calendar_store, lifecycle, policy
from oms.journey.calendars import next_duty, same_clock_time_workday
from oms.journey.steps import NewStep
from oms.supply import rules, waiting_sql

ZERO = Decimal(0)


def _need(waiting: str) -> TextClause:
    """What orders wait for, by `waiting` a query of (country, qty) for the SKU `s`, and what the open request of each house will still bring.

    The stock rows of these SKUs are locked by the allocation that asks, so two batches do not both raise the same shortage.
    """
    return text(f"""
        SELECT s.id AS sku_id, s.lead_days, b.country, b.qty, CAST(NULL AS uuid) AS house_id, CAST(NULL AS uuid) AS request_id
        FROM sku s LEFT JOIN LATERAL ({waiting}) b ON TRUE WHERE s.id = ANY(CAST(:skus AS uuid[]))
        UNION ALL
        SELECT r.sku_id, 0, NULL, greatest(r.qty - r.qty_received, 0), r.warehouse_id, r.id
        FROM supply_request r WHERE r.sku_id = ANY(CAST(:skus AS uuid[])) AND r.status IN ('raised', 'ordered')
    """)


_WAITING = waiting_sql.waiting("SELECT s.id")
#: Where houses are alike the orders, tens of thousands that wait for what everybody wants, need not be looked up for their countries.
_NEED_IN_ALL = _need(f"SELECT '{EVERYWHERE}' AS country, sum(w.qty) AS qty FROM ({_WAITING}) w HAVING count(*) > 0")
_NEED_BY_COUNTRY = _need(f"""
    SELECT coalesce(o.ship_country, '{EVERYWHERE}') AS country, sum(w.qty) AS qty
    FROM ({_WAITING}) w JOIN orders o ON o.id = w.order_id GROUP BY 1
""")

# One open request a warehouse and SKU gathers all demand; a later one adds to it.
_RAISE = text("""
    INSERT INTO supply_request (id, number, kind, warehouse_id, sku_id, supplier_id, qty, qty_received, status,
                                raised_at, expected_at)
    SELECT r.id, r.number, 'purchase', r.house_id, r.sku_id, s.supplier_id, r.qty, 0, 'raised', :now, r.expected
    FROM unnest(CAST(:id AS uuid[]), CAST(:number AS text[]), CAST(:sku AS uuid[]), CAST(:house AS uuid[]), CAST(:qty AS numeric[]),
                CAST(:expected AS timestamptz[])) AS r(id, number, sku_id, house_id, qty, expected)
    JOIN sku s ON s.id = r.sku_id ORDER BY r.house_id, r.sku_id
    ON CONFLICT (warehouse_id, sku_id) WHERE status IN ('raised', 'ordered')
    DO UPDATE SET qty = supply_request.qty + excluded.qty
    RETURNING id, warehouse_id, sku_id
""")

_DEMAND = text("""
    INSERT INTO supply_demand (request_id, order_line_id, round, order_id, qty)
    SELECT * FROM unnest(CAST(:request AS uuid[]), CAST(:line AS uuid[]), CAST(:round AS int[]),
                         CAST(:order_id AS uuid[]), CAST(:qty AS numeric[]))
    ON CONFLICT DO NOTHING
""")


@dataclass(slots=True)
class _Goods:
    """One SKU: what the orders of each country wait for, and the open request of each house with what it will still bring."""

    lead_days: int = 0
    waiting: dict[str, Decimal] = field(default_factory=dict)
    coming: dict[uuid.UUID, Decimal] = field(default_factory=dict)
    requests: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)


def raise_for(
    session: Session, *, short: Sequence[Allocation], rounds: Mapping[uuid.UUID, int], now: datetime
) -> dict[uuid.UUID, list[NewStep]]:
    """Raise or add to requests for what is short; the step of a new request follows the first order that asked.

    Each order's goods are to come into a house from which they can leave for its country. An order that is allocated again
    and is still short asks for nothing that is on its way to such a house already.
    """
    asking = [allocation for allocation in short if allocation.short and allocation.houses]
    alike = bool(asking) and sourcing.alike(session)
    if alike:
        asking = [replace(allocation, country=EVERYWHERE) for allocation in asking]
    need = _NEED_IN_ALL if alike else _NEED_BY_COUNTRY
    goods = _goods(session, sorted({sku for allocation in asking for sku in allocation.short}), need)
    if not goods:
        return {}
    expected = _expected(session, goods, now)
    raised = _raise(session, _missing(session, asking, goods), expected, now)
    known = {(house, sku): request for sku, one in goods.items() for house, request in one.requests.items()}
    _write_demand(session, asking, known | raised, rounds)
    new = {place: request for place, request in raised.items() if place not in known}
    notes = [
        lifecycle.Note("supply_request", request, "supply.raised", "short at allocation", became="raised")
        for _, request in sorted(new.items())
    ]
    lifecycle.note(session, notes, actor="system", now=now)
    return _opens(asking, new, expected)


def _goods(session: Session, skus: Sequence[uuid.UUID], need: TextClause) -> dict[uuid.UUID, _Goods]:
    found = {sku: _Goods() for sku in skus}
    for row in session.execute(need, {"skus": skus}) if skus else ():
        own = found[row.sku_id]
        if row.house_id is not None:
            own.coming[row.house_id], own.requests[row.house_id] = row.qty, row.request_id
            continue
        own.lead_days = row.lead_days
        if row.country is not None:
            own.waiting[row.country] = row.qty
    return found


def _expected(session: Session, goods: Mapping[uuid.UUID, _Goods], now: datetime) -> dict[uuid.UUID, datetime]:
    """When what is asked for now has to be here: so many working days on, as its promise was reckoned (V-8)."""
    calendar = calendar_store.read(session, now).of("warehouse")
    default_days = policy.read(session, now).whole("promise.lead_time_days")
    start = next_duty(calendar, now)
    return {sku: same_clock_time_workday(calendar, start, one.lead_days or default_days) for sku, one in goods.items()}


def _missing(session: Session, asking: Sequence[Allocation], goods: Mapping[uuid.UUID, _Goods]) -> dict[Place, Decimal]:
    """What has to be raised, by house and SKU."""
    asked: dict[uuid.UUID, dict[str, Decimal]] = {sku: {} for sku in goods}
    first = {allocation.country: allocation.houses[0] for allocation in asking}
    for allocation in asking:
        for sku, qty in allocation.short.items():
            asked[sku][allocation.country] = asked[sku].get(allocation.country, ZERO) + qty
    houses = sourcing.houses_for(session, countries=first.keys() | {c for one in goods.values() for c in one.waiting})
    found: dict[Place, Decimal] = {}
    for sku, own in goods.items():
        lacking = rules.uncovered(own.waiting, own.coming, houses, asked[sku])
        for country, qty in asked[sku].items():
            add = min(qty, lacking.get(country, ZERO))
            if add > 0:
                place = (first[country], sku)
                found[place] = found.get(place, ZERO) + add
    return found


def _raise(
    session: Session, missing: Mapping[Place, Decimal], expected: Mapping[uuid.UUID, datetime], now: datetime
) -> dict[Place, uuid.UUID]:
    if not missing:
        return {}
    params = {
        "id": db.new_ids(len(missing)),
        "number": [numbers.new_number("PO") for _ in missing],
        "sku": [sku for _, sku in missing],
        "house": [house for house, _ in missing],
        "qty": list(missing.values()),
        "expected": [expected[sku] for _, sku in missing],
        "now": now,
    }
    return {(row.warehouse_id, row.sku_id): row.id for row in session.execute(_RAISE, params)}


def _write_demand(
    session: Session,
    asking: Sequence[Allocation],
    requests: Mapping[Place, uuid.UUID],
    rounds: Mapping[uuid.UUID, int],
) -> None:
    rows: list[dict[str, Any]] = [
        {"request": request, "line": line, "round": rounds[a.order_id], "order_id": a.order_id, "qty": qty}
        for a in asking
        for (line, sku), qty in a.short_lines.items()
        for request in _request_of(a, sku, requests)
    ]
    if rows:
        session.execute(_DEMAND, {name: [row[name] for row in rows] for name in rows[0]})


def _request_of(a: Allocation, sku: uuid.UUID, requests: Mapping[Place, uuid.UUID]) -> Iterator[uuid.UUID]:
    """The request that its goods come by: that of the first of its houses which has one."""
    found = next((requests[house, sku] for house in a.houses if (house, sku) in requests), None)
    if found is not None:
        yield found


def _opens(
    asking: Sequence[Allocation], new: Mapping[Place, uuid.UUID], expected: Mapping[uuid.UUID, datetime]
) -> dict[uuid.UUID, list[NewStep]]:
    left = dict(new)
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for allocation in asking:
        for sku in allocation.short:
            request = left.pop((allocation.houses[0], sku), None)
            if request is not None:
                step = NewStep("supply", request, due_at=expected[sku])
                opens.setdefault(allocation.order_id, []).append(step)
    return opens
