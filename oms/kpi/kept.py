"""Lines as they are kept, and what the months that are closed have to do with those that are counted anew (K-7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.kpi import afterwards
from oms.kpi.models import KpiMonth
from oms.kpi.values import Counted, StepFact

_COLUMNS = ", ".join(f'l."{name}"' for name in Counted._fields)
_CLOSED = text(f"SELECT l.kpi, {_COLUMNS} FROM kpi_line l WHERE l.unit_id = ANY(CAST(:units AS uuid[])) AND l.month <= :last")
_OF_MONTH = f"SELECT l.kpi, {_COLUMNS} FROM kpi_line l WHERE l.month = :month AND l.kpi = ANY(CAST(:kpis AS text[]))"
# Reasons have no stroke: it stands behind the month of what was told after that was closed.
_TOLD = "l.why LIKE '%/%'"
_WHOLE, _TOLD_IN = text(_OF_MONTH), text(f"{_OF_MONTH} AND {_TOLD}")
_SUMMED = text(f"""
    SELECT l.kpi, substr(l.why, 1, 7) AS month, count(*) AS lines, sum(l.hit) AS hit, sum(l."of") AS "of"
    FROM kpi_line l WHERE l.month = :month AND {_TOLD} GROUP BY 1, 2 ORDER BY 2, 1
""")


class Told(NamedTuple):
    """What was told of a closed `month` in a later one: lines of a KPI, and what of them counts there."""

    kpi: str
    month: str
    lines: int
    hit: int
    of: int


def last_closed(session: Session) -> str:
    """The last month that is closed: with it all before it stand. Empty while none is."""
    return session.scalar(select(func.max(KpiMonth.month)).where(KpiMonth.closed_at.is_not(None))) or ""


def of_month(session: Session, *, month: Month, kpis: Iterable[str]) -> dict[str, list[Counted]]:
    """The lines that a month has, by KPI."""
    return _by_kpi(session.execute(_WHOLE, {"month": str(month), "kpis": list(kpis)}))


def settled(
    session: Session, *, month: Month, lines: Mapping[str, Sequence[Counted]], facts: Sequence[StepFact]
) -> dict[str, list[Counted]]:
    """The lines by KPI that an open month has, of those that its own facts give.

    Without what a closed month has counted already, and with what was told of closed ones: as it was folded, at most a
    minute ago.
    """
    last = last_closed(session)
    if str(month) <= last:
        return of_month(session, month=month, kpis=lines)
    closed = session.execute(_CLOSED, {"units": list({fact.unit for fact in facts}), "last": last}) if last else ()
    stood = afterwards.stood(((row[0], Counted._make(row[1:])) for row in closed), facts)
    told = _by_kpi(session.execute(_TOLD_IN, {"month": str(month), "kpis": list(lines)}))
    found: dict[str, list[Counted]] = {}
    for kpi, own in lines.items():
        found[kpi] = [line for line in own if not stood.has(kpi, line)]
        there = {line.fact_id for line in found[kpi]}
        found[kpi] += [line for line in told.get(kpi, ()) if line.fact_id not in there]
    return found


def told_of_closed(session: Session, *, month: Month) -> list[Told]:
    """What was told in this month of closed ones, summed: the oldest month first."""
    return [Told(*row) for row in session.execute(_SUMMED, {"month": str(month)})]


def _by_kpi(rows: Iterable[Any]) -> dict[str, list[Counted]]:
    found: dict[str, list[Counted]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(Counted._make(row[1:]))
    return found
