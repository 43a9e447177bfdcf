"""Lines as they are kept, and what the months that are closed have to do with those that are counted anew (K-7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.kpi import afterwards
from oms.kpi.definitions import TOLD
from oms.kpi.models import KpiCount, KpiMonth
from oms.kpi.values import Counted, StepFact

_COLUMNS = ", ".join(f'l."{name}"' for name in Counted._fields)
_CLOSED = text(f"""
    SELECT l.month, l.kpi, {_COLUMNS} FROM kpi_line l WHERE l.unit_id = ANY(CAST(:units AS uuid[])) AND l.month <= :last
""")
_OF_MONTH = f"SELECT l.kpi, {_COLUMNS} FROM kpi_line l WHERE l.month = :month AND l.kpi = ANY(CAST(:kpis AS text[]))"
_WHOLE = text(_OF_MONTH)
# Reasons have no stroke: it stands behind the month of what was told after that was closed.
_TOLD = text(f"{_OF_MONTH} AND position('/' IN l.why) > 0")


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
    stood = afterwards.stood(_of_closed(session, facts, last), facts, last=last)
    told = _by_kpi(session.execute(_TOLD, {"month": str(month), "kpis": list(lines)}))
    found: dict[str, list[Counted]] = {}
    for kpi, own in lines.items():
        found[kpi] = [line for line in own if not stood.has(kpi, line)]
        there = {line.fact_id for line in found[kpi]}
        found[kpi] += [line for line in told.get(kpi, ()) if line.fact_id not in there]
    return found


def _of_closed(session: Session, facts: Sequence[StepFact], last: str) -> list[tuple[str, str, Counted]]:
    """The lines that closed months have of the units of these facts."""
    if not last:
        return []
    rows = session.execute(_CLOSED, {"units": list({fact.unit for fact in facts}), "last": last})
    return [(row[0], row[1], Counted._make(row[2:])) for row in rows]


def told_of_closed(session: Session, *, month: Month) -> list[Told]:
    """What was told in this month of closed ones, as folded: the oldest month first."""
    columns = KpiCount.kpi, KpiCount.value, KpiCount.lines, KpiCount.hit, KpiCount.of
    statement = select(*columns).where(KpiCount.month == str(month), KpiCount.dimension == TOLD, KpiCount.lines > 0)
    return [Told(*row) for row in session.execute(statement.order_by(KpiCount.value, KpiCount.kpi))]


def _by_kpi(rows: Iterable[Any]) -> dict[str, list[Counted]]:
    found: dict[str, list[Counted]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(Counted._make(row[1:]))
    return found
