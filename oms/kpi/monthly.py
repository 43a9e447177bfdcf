"""Keeps reports: counts the open months again, closes those that are over and frozen; closed ones are only read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms.clock import Month, month_of
from oms.journey import calendar_store
from oms.kpi.models import KpiLine, KpiMonth
from oms.kpi.report import Report, month_figure, month_report
from oms.kpi.rules import RULES, breakdown, figure
from oms.kpi.values import Counted, Figure

#: How many months before this one are counted again as long as they are open.
LOOKS_BACK = 3
#: A month with fewer steps than this is counted while someone waits for its page.
AT_ONCE = 20_000


def report_of(session: Session, *, month: Month, now: datetime) -> Report:
    """The month's report: as it was closed, else counted now."""
    return closed_report(session, month=month) or month_report(session, month=month, now=now)


def figures_of(session: Session, *, month: Month, now: datetime, at_once: int = AT_ONCE) -> Report:
    """The month's figures for pages, without the orders behind them: as they were kept last, at most an hour ago.

    A month that was never counted, or has fewer than `at_once` facts, is counted now.
    """
    row = session.get(KpiMonth, str(month))
    if row is None or (row.closed_at is None and _facts_of(row) < at_once):
        return month_report(session, month=month, now=now)
    return Report(month, row.computed_at, row.closed_at is None, tuple(_kept(f) for f in row.figures))


def figure_of(session: Session, *, month: Month, kpi: str, group: tuple[str, str] | None, now: datetime) -> Figure:
    """One figure with every order behind it: as it was closed, else counted now from its own facts."""
    closed = closed_report(session, month=month, kpi=kpi)
    if closed is not None:
        return closed.of(kpi, group)
    return month_figure(session, month=month, kpi=kpi, group=group, now=now)


def _facts_of(row: KpiMonth) -> int:
    return sum(f["of"] for f in row.figures if f["kpi"] == "on_time" and f["dimension"] is None)


def _kept(f: dict[str, Any]) -> Figure:
    group = None if f["dimension"] is None else (f["dimension"], f["value"])
    return Figure(f["kpi"], group, f["hit"], f["of"], (), (f.get("caught", 0), f.get("escaped", 0)))


def compute_months(session: Session, *, now: datetime) -> list[Report]:
    """Count this month and the open ones before it, and keep them; those that are frozen are closed.

    A repeat counts again what is open; a closed month is left as it is.
    """
    month = month_of(now, calendar_store.read(session, now).organisation.zone)
    months = [month]
    for _ in range(LOOKS_BACK):
        months.insert(0, months[0].previous())
    closed = _closed(session, months)
    return [keep(session, month=m, now=now) for m in months if str(m) not in closed]


def keep(session: Session, *, month: Month, now: datetime) -> Report:
    """Count one month and store it; closed and with its lines once it is final. A closed one is returned unchanged."""
    report = month_report(session, month=month, now=now)
    values = {
        "month": str(month), "computed_at": now, "closed_at": None if report.provisional else now,
        "figures": [_summary(f) for f in report.figures],
    }  # fmt: skip
    new = pg_insert(KpiMonth).values(values)
    kept = new.on_conflict_do_update(
        index_elements=["month"],
        set_={key: new.excluded[key] for key in ("computed_at", "closed_at", "figures")},
        where=KpiMonth.closed_at.is_(None),
    ).returning(KpiMonth.closed_at)
    written = session.execute(kept).one_or_none()
    if written is None:
        return closed_report(session, month=month) or report
    if written.closed_at is not None:
        _keep_lines(session, report)
    return report


def closed_report(session: Session, *, month: Month, kpi: str | None = None) -> Report | None:
    """The report, or one KPI of it, as it stood when the month was closed, with its orders; None while it is open."""
    row = session.get(KpiMonth, str(month))
    if row is None or row.closed_at is None:
        return None
    lines: dict[str, list[Counted]] = defaultdict(list)
    stored = select(KpiLine).where(KpiLine.month == str(month)).order_by(KpiLine.kpi, KpiLine.position)
    if kpi is not None:
        stored = stored.where(KpiLine.kpi == kpi)
    for line in session.scalars(stored):
        lines[line.kpi].append(_line(line))
    figures: list[Figure] = []
    for kpi in RULES:
        figures += [figure(kpi, lines[kpi]), *breakdown(kpi, lines[kpi])]
    return Report(month, row.computed_at, provisional=False, figures=tuple(figures))


def _closed(session: Session, months: list[Month]) -> set[str]:
    wanted = select(KpiMonth.month).where(KpiMonth.month.in_([str(m) for m in months]), KpiMonth.closed_at.is_not(None))
    return set(session.scalars(wanted))


def _keep_lines(session: Session, report: Report) -> None:
    rows = [
        {"month": str(report.month), "kpi": f.kpi, "position": i, **asdict(line)}
        for f in report.figures
        if f.group is None
        for i, line in enumerate(f.lines)
    ]
    if rows:
        session.execute(insert(KpiLine), rows)


def _line(row: KpiLine) -> Counted:
    return Counted(
        row.fact_id, row.order_id, row.order_no, row.stage, row.channel, row.warehouse, row.carrier, row.person,
        row.hit, row.of, row.why, row.own_hit, row.caught, row.escaped,
    )  # fmt: skip


def _summary(f: Figure) -> dict[str, Any]:
    dimension, value = f.group or (None, None)
    return {
        "kpi": f.kpi,
        "dimension": dimension,
        "value": value,
        "hit": f.hit,
        "of": f.of,
        "caught": f.caught,
        "escaped": f.escaped,
    }
