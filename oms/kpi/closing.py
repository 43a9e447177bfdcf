"""A closed month is told in the sealed history with a digest of its lines, so that a later change of them shows (K-7)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import lifecycle

CLOSED = "kpi_month.closed"
_MONTHS = uuid.UUID("8f0c8f0a-6d0e-4f0e-9d51-6f6d73000002")

# Sixty bits of each line's hash are added up, so that a million lines need neither an order nor memory.
DIGEST = """
    SELECT count(*) || ':' || coalesce(sum(CAST(CAST('x' || substr(md5(concat_ws('|', l.kpi, l.fact_id, l.unit_id, l.order_no,
               l.stage, coalesce(l.channel, '-'), coalesce(l.warehouse, '-'), coalesce(l.carrier, '-'), coalesce(l.person, '-'),
               l.hit, l."of", l.why, coalesce(CAST(l.own_hit AS text), '-'), l.caught, l.escaped)), 1, 15) AS bit(60)) AS bigint)), 0)
           AS digest
    FROM kpi_line l WHERE l.month = {month}
"""


def tell(session: Session, *, month: str, now: datetime) -> None:
    """Write with what lines the month was closed; the caller has just closed it."""
    digest = session.execute(text(DIGEST.format(month=":month")), {"month": month}).scalar_one()
    data = {"month": month, "digest": digest}
    note = lifecycle.Note(
        "kpi_month", uuid.uuid5(_MONTHS, month), CLOSED, "the appeals are over", became="closed", data=data
    )
    lifecycle.note(session, [note], actor="system", now=now)
