"""Demand that is no longer wanted leaves its supply request; one that nobody wants any more is withdrawn (C-6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms.journey import lifecycle, steps
from oms.journey.steps import Done
from oms.supply import waiting_sql
from oms.supply.models import SupplyRequest

ZERO = Decimal(0)

# The requests are taken in the order in which allocation and receipts take them.
# An order that was short again in a later round asked for the same pieces: its last demand counts.
_FORGET = text("""
    WITH gone AS (DELETE FROM supply_demand WHERE order_id = ANY(CAST(:orders AS uuid[]))
                  RETURNING request_id, order_line_id, round, qty),
    last AS (SELECT DISTINCT ON (request_id, order_line_id) request_id, qty FROM gone
             ORDER BY request_id, order_line_id, round DESC),
    less AS (SELECT request_id, sum(qty) AS qty FROM last GROUP BY request_id)
    SELECT r.id, r.sku_id, r.status, r.qty - r.qty_received AS coming, r.qty_received, less.qty AS less
    FROM supply_request r JOIN less ON less.request_id = r.id
    ORDER BY r.warehouse_id, r.sku_id FOR UPDATE OF r
""")

# What all orders wait for, and what requests other than these will bring of it; asked when the requests are locked.
_WANTED = text(f"""
    SELECT k.id, coalesce(b.qty, 0) - coalesce(c.qty, 0) AS qty FROM unnest(CAST(:skus AS uuid[])) AS k(id)
    LEFT JOIN LATERAL (SELECT sum(w.qty) AS qty FROM ({waiting_sql.waiting("SELECT k.id")}) w) b ON TRUE
    LEFT JOIN LATERAL (
        SELECT sum(greatest(qty - qty_received, 0)) AS qty FROM supply_request
        WHERE sku_id = k.id AND status IN ('raised', 'ordered') AND id <> ALL(CAST(:ids AS uuid[]))) c ON TRUE
""")

_LESS = text("""
    UPDATE supply_request SET qty = x.qty FROM unnest(CAST(:ids AS uuid[]), CAST(:qtys AS numeric[])) AS x(id, qty)
    WHERE supply_request.id = x.id
""")


def withdraw(session: Session, *, order_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """Take the orders' demand out of its requests; return the requests withdrawn. A repeat changes nothing.

    What is already ordered at a supplier still comes: only its demand goes. What is raised gets smaller, but never by what
    others wait for: the goods that these orders asked for may have come, and be promised to them. The orders' own lines
    wait for nothing any more.
    """
    rows = session.execute(_FORGET, {"orders": list(order_ids)}).all()
    raised = [row for row in rows if row.status == "raised"]
    left = _left(session, raised)
    smaller = [row for row in raised if row.qty_received + left[row.id] > 0]
    qtys = [row.qty_received + left[row.id] for row in smaller]
    session.execute(_LESS, {"ids": [row.id for row in smaller], "qtys": qtys})
    unwanted = [row.id for row in raised if row.qty_received + left[row.id] <= 0]
    full = [row.id for row in smaller if left[row.id] <= 0]
    for outcome, ids in (("withdrawn", unwanted), ("received", full)):
        lifecycle.advance(
            session, SupplyRequest, ids, to=outcome, cause="demand withdrawn", actor=actor, now=now, lenient=True
        )
        found = steps.find(session, kind="supply", subject_ids=ids)
        steps.finish(session, [Done(step, outcome) for step in found.values()], by=actor, now=now)
    return unwanted


def _left(session: Session, raised: Sequence[Row[Any]]) -> dict[uuid.UUID, Decimal]:
    """What each request has still to bring."""
    if not raised:
        return {}
    asked = {"skus": sorted({row.sku_id for row in raised}), "ids": [row.id for row in raised]}
    wanted = {row.id: max(row.qty, ZERO) for row in session.execute(_WANTED, asked)}
    left = {}
    for row in raised:
        coming = max(row.coming, ZERO)
        left[row.id] = max(coming - row.less, min(coming, wanted[row.sku_id]))
        wanted[row.sku_id] = max(wanted[row.sku_id] - left[row.id], ZERO)
    return left
