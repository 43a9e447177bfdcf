"""Errors that were found, or lifted, after their month was frozen. No figure of it changes: each is told in the month in which
it was found, and names the old one (K-7). Who recorded it, and when, stands in the sealed history."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.kpi.definitions import NOT_THE_PICKERS
from oms.kpi.facts import PEOPLE, period_of
from oms.kpi.models import KpiMonth
from oms.kpi.values import Period


class Correction(NamedTuple):
    """`kpis` of the frozen `month` count an order without this error, or still with it where it was `lifted`."""

    error_id: uuid.UUID
    order_id: uuid.UUID
    order_no: str
    stage: str
    cause: str
    person: str
    at: datetime
    by: str
    lifted: bool
    month: str
    kpis: tuple[str, ...]


# An error belongs to one part of its order (`rules.floor_accuracy`): the one that it names, else its person's, else the first.
_DONE = text(f"""
    WITH {PEOPLE}
    SELECT e.id, e.order_id, o.number, e.stage, e.cause, coalesce(p.person, e.person) AS person, e.at, e.recorded_by, e.upheld,
           e.ruled_at, e.ruled_by, l.month, array_agg(DISTINCT l.kpi ORDER BY l.kpi) AS kpis
    FROM error_event e
    JOIN orders o ON o.id = e.order_id
    LEFT JOIN people p ON p.actor = e.person
    JOIN LATERAL (
        (SELECT line.month, line.kpi FROM kpi_line line
         WHERE line.unit_id = e.order_id AND line."of" > 0 AND e.cause <> ALL(CAST(:not_theirs AS text[]))
           AND line.kpi IN (e.stage || '_accuracy', e.stage || '_accuracy_machine')
         ORDER BY line.fact_id IN (SELECT s.id FROM step s WHERE s.subject_id = e.subject_id AND s.kind = e.stage
                                   UNION ALL SELECT t.id FROM pick_task t WHERE t.fulfilment_id = e.subject_id) DESC,
                  line.person IS NOT DISTINCT FROM coalesce(p.person, e.person) DESC, line.month, line.fact_id LIMIT 1)
        UNION ALL
        -- What was caught in the house left a perfect order perfect.
        SELECT line.month, line.kpi FROM kpi_line line
        WHERE line.unit_id = e.order_id AND line."of" > 0 AND line.kpi = 'perfect_order' AND NOT e.caught) l ON l.month < :month
    WHERE e.at >= :start AND e.at < :end OR e.ruled_at >= :start AND e.ruled_at < :end
    GROUP BY e.id, o.number, p.person, l.month ORDER BY e.at, e.id, l.month
""")


def of_month(session: Session, *, month: Month, now: datetime) -> list[Correction]:
    """What was found or lifted in this month and belongs to an earlier one that was frozen by then, oldest first."""
    period = period_of(session, month=month, now=now)
    params = {"month": str(month), "start": period.start, "end": period.end, "not_theirs": sorted(NOT_THE_PICKERS)}
    rows = session.execute(_DONE, params).all()
    frozen = _frozen(session, {row.month for row in rows}, now)
    found = [_correction(row, period, frozen[row.month]) for row in rows]
    return [one for one in found if one is not None]


def _frozen(session: Session, months: set[str], now: datetime) -> dict[str, datetime]:
    """When each month was frozen: of a closed one by the rules of its closing, for a number that is set later moves nothing of it."""
    closing = select(KpiMonth.month, KpiMonth.closed_at).where(KpiMonth.month.in_(months))
    closed = {row.month: row.closed_at for row in session.execute(closing)}
    return {
        month: period_of(session, month=Month.parse(month), now=closed.get(month) or now).freeze_at
        for month in sorted(months)
    }


def _correction(row: Any, period: Period, frozen_at: datetime) -> Correction | None:
    """None for what the old month counts as it is now, and for what was done in another month than this."""
    counted, lifted = row.at < frozen_at, not row.upheld
    at, by = (row.ruled_at, row.ruled_by) if lifted else (row.at, row.recorded_by)
    if counted != lifted or at is None or at < frozen_at or not period.holds(at):
        return None
    return Correction(
        row.id, row.order_id, row.number, row.stage, row.cause, row.person, at, by, lifted, row.month, tuple(row.kpis)
    )
