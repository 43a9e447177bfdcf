"""Supply requests: raised for what is short and not on its way already (A-3)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.inventory.reservations import Allocation
from oms.journey import lifecycle
from oms.journey.steps import NewStep

# What all orders together wait for, and what an open request will still bring. The stock rows of these SKUs are
# locked by the allocation that asks, so two batches do not both raise the same shortage.
_NEED = text("""
    SELECT s.id AS sku_id, s.lead_days, coalesce(b.qty, 0) AS backordered, r.id AS request_id,
           coalesce(r.qty - r.qty_received, 0) AS coming
    FROM sku s
    LEFT JOIN LATERAL (
        SELECT sum(l.qty_backordered * coalesce(bp.qty, 1)) AS qty FROM order_line l
        LEFT JOIN bundle_part bp ON bp.bundle_id = l.sku_id
        WHERE l.qty_backordered > 0 AND coalesce(bp.part_id, l.sku_id) = s.id) b ON TRUE
    LEFT JOIN LATERAL (
        SELECT id, qty, qty_received FROM supply_request
        WHERE sku_id = s.id AND status IN ('raised', 'ordered') ORDER BY raised_at LIMIT 1) r ON TRUE
    WHERE s.id = ANY(CAST(:skus AS uuid[])) ORDER BY s.id
""")

# One open request a warehouse and SKU gathers all demand; a later one adds to it.
_RAISE = text("""
    INSERT INTO supply_request (id, number, kind, warehouse_id, sku_id, supplier_id, qty, qty_received, status,
                                raised_at, expected_at)
    SELECT r.id, r.number, 'purchase', r.house_id, r.sku_id, s.supplier_id, r.qty, 0, 'raised', :now, r.expected
    FROM unnest(CAST(:id AS uuid[]), CAST(:number AS text[]), CAST(:sku AS uuid[]), CAST(:house AS uuid[]), CAST(:qty AS numeric[]),
                CAST(:expected AS timestamptz[])) AS r(id, number, sku_id, house_id, qty, expected)
    JOIN sku s ON s.id = r.sku_id ORDER BY r.sku_id
    ON CONFLICT (warehouse_id, sku_id) WHERE status IN ('raised', 'ordered')
    DO UPDATE SET qty = supply_request.qty + excluded.qty
    RETURNING id, sku_id
""")

_DEMAND = text("""
    INSERT INTO supply_demand (request_id, order_line_id, round, order_id, qty)
    SELECT * FROM unnest(CAST(:request AS uuid[]), CAST(:line AS uuid[]), CAST(:round AS int[]),
                         CAST(:order_id AS uuid[]), CAST(:qty AS numeric[]))
    ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class _Need:
    """`add` pieces have to be raised for a warehouse; `request_id` is the request that stands already."""

    house_id: uuid.UUID
    add: Decimal
    expected_at: datetime
    request_id: uuid.UUID | None


def raise_for(
    session: Session, *, short: Sequence[Allocation], rounds: Mapping[uuid.UUID, int], now: datetime
) -> dict[uuid.UUID, list[NewStep]]:
    """Raise or add to requests for what is short; the step of a new request follows the first order that asked.

    An order that is allocated again and is still short asks for nothing that is on its way already.
    """
    needs = _needs(session, short, now)
    if not needs:
        return {}
    known = {sku: need.request_id for sku, need in needs.items() if need.request_id is not None}
    raised = _raise(session, {sku: need for sku, need in needs.items() if need.add > 0}, now)
    requests = known | raised
    _write_demand(session, short, requests, rounds)
    new = {sku for sku in raised if sku not in known}
    notes = [
        lifecycle.Note("supply_request", raised[sku], "supply.raised", "short at allocation", became="raised")
        for sku in sorted(new)
    ]
    lifecycle.note(session, notes, actor="system", now=now)
    return _opens(short, new, requests, needs)


def _needs(session: Session, short: Sequence[Allocation], now: datetime) -> dict[uuid.UUID, _Need]:
    total: dict[uuid.UUID, Decimal] = {}
    houses: dict[uuid.UUID, uuid.UUID] = {}
    for allocation in short:
        if allocation.house_id is None:
            continue  # there is no warehouse
        for sku, qty in allocation.short.items():
            total[sku] = total.get(sku, Decimal(0)) + qty
            houses.setdefault(sku, allocation.house_id)
    rows = session.execute(_NEED, {"skus": sorted(total)}).all() if total else []
    return {
        row.sku_id: _Need(
            house_id=houses[row.sku_id],
            add=min(total[row.sku_id], max(Decimal(0), row.backordered - row.coming)),
            expected_at=now + timedelta(days=row.lead_days),
            request_id=row.request_id,
        )
        for row in rows
    }


def _raise(session: Session, needs: Mapping[uuid.UUID, _Need], now: datetime) -> dict[uuid.UUID, uuid.UUID]:
    if not needs:
        return {}
    params = {
        "id": db.new_ids(len(needs)),
        "number": [numbers.new_number("PO") for _ in needs],
        "sku": list(needs),
        "house": [need.house_id for need in needs.values()],
        "qty": [need.add for need in needs.values()],
        "expected": [need.expected_at for need in needs.values()],
        "now": now,
    }
    return {row.sku_id: row.id for row in session.execute(_RAISE, params)}


def _write_demand(
    session: Session,
    short: Sequence[Allocation],
    requests: Mapping[uuid.UUID, uuid.UUID],
    rounds: Mapping[uuid.UUID, int],
) -> None:
    rows: list[dict[str, Any]] = [
        {"request": requests[sku], "line": line, "round": rounds[a.order_id], "order_id": a.order_id, "qty": qty}
        for a in short
        for (line, sku), qty in a.short_lines.items()
        if sku in requests
    ]
    if rows:
        session.execute(_DEMAND, {name: [row[name] for row in rows] for name in rows[0]})


def _opens(
    short: Sequence[Allocation],
    new: set[uuid.UUID],
    requests: Mapping[uuid.UUID, uuid.UUID],
    needs: Mapping[uuid.UUID, _Need],
) -> dict[uuid.UUID, list[NewStep]]:
    left = set(new)
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for allocation in short:
        for sku in allocation.short:
            if sku in left:
                left.discard(sku)
                step = NewStep("supply", requests[sku], due_at=needs[sku].expected_at)
                opens.setdefault(allocation.order_id, []).append(step)
    return opens
