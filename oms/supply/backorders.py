"""What is short raises a supply request (A-3); a receipt wakes the oldest backorders."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.inventory import reservations
from oms.inventory.reservations import Allocation
from oms.journey import lifecycle
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox
from oms.messages.outbox import Notice
from oms.orders.contacts import contacts

# One open request a warehouse and SKU gathers all demand; a later one adds to it.
_RAISE = text("""
    INSERT INTO supply_request (id, number, kind, warehouse_id, sku_id, supplier_id, qty, qty_received, status,
                                raised_at, expected_at)
    SELECT r.id, r.number, 'purchase', w.id, r.sku_id, s.supplier_id, r.qty, 0, 'raised', :now, r.expected
    FROM unnest(CAST(:id AS uuid[]), CAST(:number AS text[]), CAST(:sku AS uuid[]), CAST(:qty AS numeric[]),
                CAST(:expected AS timestamptz[])) AS r(id, number, sku_id, qty, expected)
    JOIN sku s ON s.id = r.sku_id
    CROSS JOIN LATERAL (SELECT id FROM warehouse WHERE active ORDER BY priority, code LIMIT 1) w
    ORDER BY r.sku_id
    ON CONFLICT (warehouse_id, sku_id) WHERE status IN ('raised', 'ordered')
    DO UPDATE SET qty = supply_request.qty + excluded.qty
    RETURNING id, sku_id
""")

_LEAD = text("SELECT id, lead_days FROM sku WHERE id = ANY(CAST(:skus AS uuid[]))")

_DEMAND = text("""
    INSERT INTO supply_demand (request_id, order_line_id, round, order_id, qty)
    SELECT * FROM unnest(CAST(:request AS uuid[]), CAST(:line AS uuid[]), CAST(:round AS int[]),
                         CAST(:order_id AS uuid[]), CAST(:qty AS numeric[]))
    ON CONFLICT DO NOTHING
""")

_PARTIAL = text("""
    SELECT o.id FROM orders o JOIN channel c ON c.id = o.channel_id
    WHERE o.id = ANY(CAST(:ids AS uuid[])) AND (c.settings ->> 'partial_shipment') = 'true'
""")


def allocate(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Step `allocate`: reserve, raise supply for what is short, tell the customer.

    A short order waits whole, unless its channel agreed to partial shipment (F-7).
    """
    found = reservations.allocate(session, order_ids=[s.subject_id for s in steps], actor="system", now=now)
    short = [a for a in found.values() if a.short]
    supply = _raise_supply(session, short, {s.subject_id: s.round for s in steps}, now)
    tell = _tell(session, short, now)
    partial = _partial(session, [a.order_id for a in short if a.promised])
    done = []
    for step in steps:
        allocation = found[step.subject_id]
        outcome = "allocated" if not allocation.short else "partly" if step.subject_id in partial else "short"
        opens = [*supply.pop(step.subject_id, []), *tell.get(step.subject_id, [])]
        if outcome != "short":
            opens.append(NewStep("release", step.subject_id, order_id=step.subject_id, round=step.round))
        done.append(Done(step, outcome, tuple(opens)))
    return done


def _partial(session: Session, order_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(session.execute(_PARTIAL, {"ids": list(order_ids)}).scalars()) if order_ids else set()


def _raise_supply(
    session: Session, short: Sequence[Allocation], rounds: Mapping[uuid.UUID, int], now: datetime
) -> dict[uuid.UUID, list[NewStep]]:
    """Raise or add to the requests; the step of a new request follows the first order that asked for it."""
    total = _total(short)
    if not total:
        return {}
    lead = {row.id: row.lead_days for row in session.execute(_LEAD, {"skus": list(total)})}
    expected = {sku: now + timedelta(days=lead[sku]) for sku in total}
    ids = db.new_ids(len(total))
    rows = session.execute(
        _RAISE,
        {
            "id": ids,
            "number": [numbers.new_number("PO") for _ in total],
            "sku": list(total),
            "qty": list(total.values()),
            "expected": list(expected.values()),
            "now": now,
        },
    )
    requests = {row.sku_id: row.id for row in rows}
    _write_demand(session, short, requests, rounds)
    new = set(ids)
    raised = [
        lifecycle.Note("supply_request", r, "supply.raised", "short at allocation", became="raised")
        for r in requests.values()
        if r in new
    ]
    lifecycle.note(session, raised, actor="system", now=now)
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for allocation in short:
        for sku in allocation.short:
            if requests[sku] in new:
                new.discard(requests[sku])
                step = NewStep("supply", requests[sku], due_at=expected[sku])
                opens.setdefault(allocation.order_id, []).append(step)
    return opens


def _total(short: Sequence[Allocation]) -> dict[uuid.UUID, Decimal]:
    total: dict[uuid.UUID, Decimal] = {}
    for allocation in short:
        for sku, qty in allocation.short.items():
            total[sku] = total.get(sku, Decimal(0)) + qty
    return total


def _write_demand(
    session: Session,
    short: Sequence[Allocation],
    requests: Mapping[uuid.UUID, uuid.UUID],
    rounds: Mapping[uuid.UUID, int],
) -> None:
    rows: list[dict[str, Any]] = [
        {"request": requests[sku], "line": line, "round": rounds[a.order_id], "order_id": a.order_id, "qty": qty}
        for a in short
        for line, (sku, qty) in a.short_lines.items()
    ]
    session.execute(_DEMAND, {name: [row[name] for row in rows] for name in rows[0]})


def _tell(session: Session, short: Sequence[Allocation], now: datetime) -> dict[uuid.UUID, list[NewStep]]:
    people = contacts(session, order_ids=[a.order_id for a in short]) if short else {}
    notices = [
        Notice(
            f"backordered:{c.order_id}",
            "backordered",
            c.order_id,
            c.email,
            c.language,
            {"number": c.number, "channel_order_number": c.channel_order_number, "name": c.name},
        )
        for c in people.values()
    ]
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for step in outbox.put(session, notices=notices, now=now):
        if step.order_id is not None:
            opens.setdefault(step.order_id, []).append(step)
    return opens
