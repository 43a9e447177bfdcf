"""Errors that were found, or lifted, after their month was frozen. No figure of it changes: each is told in the month in which
it was found, and names the old one (K-7). Who recorded it, and when, stands in the sealed history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.kpi.definitions import NOT_THE_PICKERS
from oms.kpi.fact_sql import PEOPLE
from oms.kpi.facts import period_of
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


# The line of the list that an error names.
_NAMED = """line.fact_id IN (SELECT s.id FROM step s WHERE s.subject_id = e.subject_id AND s.kind = e.stage
                                   UNION ALL SELECT t.id FROM pick_task t WHERE t.fulfilment_id = e.subject_id)"""
# An error belongs to one part of its order (`rules.floor_accuracy`): the one that it names, else its person's, else the first.
# A list that no person picked has no line, and its error none of another's.
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
           AND (e.subject_type <> 'fulfilment' OR {_NAMED})
         ORDER BY {_NAMED} DESC,
                  line.person IS NOT DISTINCT FROM coalesce(p.person, e.person) DESC, line.month, line.fact_id LIMIT 1)
        UNION ALL
        -- What was caught in the house left a perfect order perfect.
        SELECT line.month, line.kpi FROM kpi_line line
        WHERE line.unit_id = e.order_id AND line."of" > 0 AND line.kpi = 'perfect_order' AND NOT e.caught) l ON l.month < :month
    WHERE e.at < :end AND (e.at >= :start OR e.ruled_at >= :start)
    GROUP BY e.id, o.number, p.person, l.month ORDER BY e.at, e.id, l.month
""")


# The row has the last ruling alone, the history each.
_RULED = text("""
    SELECT subject_id, at, actor, event = 'error.upheld' AS upheld FROM history_entry
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND subject_type = 'error_event' AND event IN ('error.upheld', 'error.lifted')
    ORDER BY at, id
""")


class _Ruling(NamedTuple):
    """From when on an error counts or does not, and who said so."""

    at: datetime
    upheld: bool
    by: str


def of_month(session: Session, *, month: Month, now: datetime) -> list[Correction]:
    """What was found or lifted in this month and belongs to an earlier one that was frozen by then, oldest first."""
    period = period_of(session, month=month, now=now)
    params = {"month": str(month), "start": period.start, "end": period.end, "not_theirs": sorted(NOT_THE_PICKERS)}
    rows = session.execute(_DONE, params).all()
    frozen = _frozen(session, {row.month for row in rows}, now)
    ruled = _rulings(session, rows)
    found = [_correction(row, ruled[row.id], period, frozen[row.month]) for row in rows]
    return [one for one in found if one is not None]


def _rulings(session: Session, rows: Sequence[Any]) -> dict[uuid.UUID, list[_Ruling]]:
    """By error: that it was found, and each ruling since."""
    found = {row.id: [_Ruling(row.at, True, row.recorded_by)] for row in rows}
    later = session.execute(_RULED, {"orders": list({row.order_id for row in rows})}).all() if rows else []
    for ruling in later:
        if ruling.subject_id in found:
            found[ruling.subject_id].append(_Ruling(ruling.at, ruling.upheld, ruling.actor))
    for row in rows:
        if len(found[row.id]) == 1 and row.ruled_at is not None:
            found[row.id].append(_Ruling(row.ruled_at, row.upheld, row.ruled_by))
    return found


def _frozen(session: Session, months: set[str], now: datetime) -> dict[str, datetime]:
    """When each month was frozen: of a closed one by the rules of its closing, for a number that is set later moves nothing of it."""
    closing = select(KpiMonth.month, KpiMonth.closed_at).where(KpiMonth.month.in_(months))
    closed = {row.month: row.closed_at for row in session.execute(closing)}
    return {
        month: period_of(session, month=Month.parse(month), now=closed.get(month) or now).freeze_at
        for month in sorted(months)
    }


def _correction(row: Any, rulings: Sequence[_Ruling], period: Period, frozen_at: datetime) -> Correction | None:
    """What this month changed of what the old one counts; None for nothing, as for what was found and lifted in one month."""
    begins = max(period.start, frozen_at)
    was, last = _standing(rulings, begins), _standing(rulings, period.end)
    if begins >= period.end or last is None or last.upheld == (was is not None and was.upheld):
        return None
    return Correction(
        row.id, row.order_id, row.number, row.stage, row.cause, row.person, last.at, last.by, not last.upheld, row.month,
        tuple(row.kpis),
    )  # fmt: skip


def _standing(rulings: Sequence[_Ruling], before: datetime) -> _Ruling | None:
    """The last one before a moment; None before the error was found."""
    return next((one for one in reversed(rulings) if one.at < before), None)
