"""Demand that is no longer wanted leaves its supply request; one that nobody wants any more is withdrawn (C-6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import lifecycle, steps
from oms.journey.steps import Done
from oms.supply.models import SupplyRequest

# The requests are taken in the order in which allocation and receipts take them.
# What is already ordered at a supplier still comes: only its demand goes. What is raised gets smaller.
_FORGET = text("""
    WITH gone AS (DELETE FROM supply_demand WHERE order_id = ANY(CAST(:orders AS uuid[])) RETURNING request_id, qty),
    less AS (SELECT request_id, sum(qty) AS qty FROM gone GROUP BY request_id)
    SELECT r.id, r.qty - less.qty AS left_over, r.qty_received, r.status
    FROM supply_request r JOIN less ON less.request_id = r.id
    ORDER BY r.warehouse_id, r.sku_id FOR UPDATE OF r
""")

_LESS = text("""
    UPDATE supply_request SET qty = x.qty FROM unnest(CAST(:ids AS uuid[]), CAST(:qtys AS numeric[])) AS x(id, qty)
    WHERE supply_request.id = x.id
""")


def withdraw(session: Session, *, order_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """Take the orders' demand out of its requests; return the requests withdrawn. A repeat changes nothing."""
    rows = session.execute(_FORGET, {"orders": list(order_ids)}).all()
    raised = [row for row in rows if row.status == "raised"]
    smaller = [row for row in raised if row.left_over > 0]
    session.execute(_LESS, {"ids": [row.id for row in smaller], "qtys": [row.left_over for row in smaller]})
    unwanted = [row.id for row in raised if row.left_over <= 0]
    full = [row.id for row in smaller if row.left_over <= row.qty_received]
    for outcome, ids in (("withdrawn", unwanted), ("received", full)):
        lifecycle.advance(
            session, SupplyRequest, ids, to=outcome, cause="demand withdrawn", actor=actor, now=now, lenient=True
        )
        found = steps.find(session, kind="supply", subject_ids=ids)
        steps.finish(session, [Done(step, outcome) for step in found.values()], by=actor, now=now)
    return unwanted
