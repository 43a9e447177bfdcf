"""The date that a customer on the phone is told before the order stands: the same rule that the promise follows (V-8)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.errors import InputInvalid
from oms.verification import promise
from oms.verification.order_facts import Feasible, LineFacts, OrderFacts

_SKUS = text("""
    SELECT x.place, s.id, s.code, s.lead_days, s.weight_g, s.bundle, b.part_id, b.qty AS part_qty,
           p.lead_days AS part_lead_days, p.weight_g AS part_weight_g
    FROM unnest(CAST(:place AS int[]), CAST(:code AS text[])) AS x(place, code)
    LEFT JOIN sku s ON s.code = x.code AND s.active
    LEFT JOIN bundle_part b ON b.bundle_id = s.id AND s.bundle
    LEFT JOIN sku p ON p.id = b.part_id
    ORDER BY x.place
""")


def quote(
    session: Session,
    *,
    lines: Sequence[tuple[str, Decimal]],
    country: str,
    now: datetime,
    service: str | None = None,
    deliver_by: datetime | None = None,
) -> Feasible:
    """When (SKU code, pieces) would be handed over and be with the customer in `country`; nothing is reserved.

    Raises InputInvalid naming each line whose SKU is unknown.
    """
    params = {"place": list(range(len(lines))), "code": [code for code, _ in lines]}
    rows: dict[int, list[Any]] = {}
    for row in session.execute(_SKUS, params):
        rows.setdefault(row.place, []).append(row)
    unknown = {f"lines.{place}.sku": f"no SKU {lines[place][0]}" for place, own in rows.items() if own[0].id is None}
    if unknown:
        raise InputInvalid("some goods are unknown: look for them in /skus", fields=unknown)
    asked = OrderFacts(
        order_id=uuid.UUID(int=0),
        number="",
        channel_order_number="",
        round=0,
        status="received",
        received_at=now,
        ship_country=country,
        requested_service=service,
        requested_deliver_by=deliver_by,
        lines=[_line(place, own, lines[place][1]) for place, own in rows.items()],
    )
    return promise.feasible_dates(session, orders=[asked], now=now)[asked.order_id]


def _line(place: int, rows: Sequence[Any], qty: Decimal) -> LineFacts:
    first = rows[0]
    parts = {row.part_id: row.part_qty for row in rows if row.part_id is not None}
    weight_g = sum((row.part_weight_g or 0) * row.part_qty for row in rows) if parts else first.weight_g or 0
    return LineFacts(
        line_id=db.new_id(),
        position=place,
        qty=qty,
        sku_id=first.id,
        code=first.code,
        lead_days=max([first.lead_days or 0, *(row.part_lead_days or 0 for row in rows)]),
        weight_g=int(weight_g),
        heaviest_part_g=max(row.part_weight_g or 0 for row in rows) if parts else None,
        parts=parts or {first.id: Decimal(1)},
    )
