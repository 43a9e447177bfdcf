"""Reads months: as they were closed, as they are folded, or, while they are small, counted at once from their facts.

An open month of a shop with many orders is at most a minute behind; what it shows says when it was counted.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms.clock import Month, month_of
from oms.errors import InputInvalid
from oms.journey import calendar_store
from oms.kpi import closing, fold, kept, whole_months
from oms.kpi.definitions import KPIS, PERSON
from oms.kpi.facts import period_of
from oms.kpi.lines import as_own
from oms.kpi.models import KpiCount, KpiFold, KpiLine, KpiMonth
from oms.kpi.report import Report, figures_of_lines, month_figure, month_report
from oms.kpi.rules import RULES
from oms.kpi.values import Counted, Figure

#: How many months before this one are closed when their time has come.
LOOKS_BACK = 3
#: An open month with fewer steps than this is counted while someone waits for its page: exact at the time of reading.
AT_ONCE = 1_000
#: How many months one answer may span.
MOST_MONTHS = 120


@dataclass(frozen=True, slots=True)
class LinesPage:
    """Some of the lines behind a figure; `next` is the fact after which the following page begins, None at the end."""

    figure: Figure
    lines: Sequence[Counted]
    next: uuid.UUID | None


def report_of(session: Session, *, month: Month, now: datetime) -> Report:
    """The month's report with every order behind it: as it was closed, else counted now from the facts."""
    return closed_report(session, month=month) or month_report(session, month=month, now=now)


def figures_of(session: Session, *, month: Month, now: datetime, at_once: int = AT_ONCE) -> Report:
    """The month's figures without the orders behind them: as folded; a small open month is counted at once."""
    row = session.get(KpiMonth, str(month))
    if _is_small(session, month, row, at_once):
        return month_report(session, month=month, now=now)
    return _folded(session, month=month, row=row, now=now)


def _is_small(session: Session, month: Month, row: KpiMonth | None, at_once: int) -> bool:
    return (row is None or row.closed_at is None) and fold.count_of(session, month=str(month)) < at_once


def _folded(session: Session, *, month: Month, row: KpiMonth | None, now: datetime) -> Report:
    closed = row.closed_at if row is not None else None
    if closed is None and period_of(session, month=month, now=now).start > now:
        raise InputInvalid(f"{month} has not begun", fields={"month": "ask for this month or an earlier one"})
    counted_at = row.computed_at if row is not None and closed is not None else _folded_at(session) or now
    figures = figures_between(session, first=month, last=month).get(str(month), [])
    return Report(month, counted_at, closed is None, tuple(figures))


def _folded_at(session: Session) -> datetime | None:
    return session.execute(select(KpiFold.folded_at)).scalar_one_or_none()


def figures_between(
    session: Session, *, first: Month, last: Month, dimension: str | None = None, company_only: bool = False
) -> dict[str, list[Figure]]:
    """Month -> its figures as folded, from one month to another: the company's, and of all dimensions or one. One statement."""
    columns = (KpiCount.month, KpiCount.dimension, KpiCount.value, KpiCount.kpi, KpiCount.hit, KpiCount.of,
               KpiCount.caught, KpiCount.escaped)  # fmt: skip
    statement = select(*columns).where(KpiCount.month.between(str(first), str(last)), KpiCount.lines > 0)
    if company_only or dimension is not None:
        statement = statement.where(KpiCount.dimension.in_([""] if dimension is None else ["", dimension]))
    found: dict[str, dict[tuple[str, str, str], Figure]] = {}
    for month, by, value, kpi, hit, of, caught, escaped in session.execute(statement):
        group = (by, value) if by else None
        found.setdefault(month, {})[kpi, by, value] = Figure(kpi, group, hit, of, (), (caught, escaped))
    return {month: _in_order(figures) for month, figures in sorted(found.items())}


def _in_order(figures: dict[tuple[str, str, str], Figure]) -> list[Figure]:
    """KPIs in the order of their table, the company first, then each dimension's values by name."""
    groups: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for key in sorted(figures):
        groups[key[0], key[1]].append(figures[key])
    ordered: list[Figure] = []
    for kpi in RULES:
        ordered.append(figures.get((kpi, "", ""), Figure(kpi, None, 0, 0, (), (0, 0))))
        for dimension in KPIS[kpi].dimensions:
            ordered += groups[kpi, dimension]
    return ordered


def lines_of(
    session: Session,
    *,
    month: Month,
    kpi: str,
    group: tuple[str, str] | None,
    limit: int,
    now: datetime,
    after: uuid.UUID | None = None,
    at_once: int = AT_ONCE,
) -> LinesPage:
    """The orders behind one figure, page by page in the order of their facts' ids: as folded; of a small open month as of now."""
    row = session.get(KpiMonth, str(month))
    if _is_small(session, month, row, at_once):
        whole = month_figure(session, month=month, kpi=kpi, group=group, now=now)
        left = [line for line in whole.lines if after is None or line.fact_id > after]
        return LinesPage(whole, left[:limit], left[limit - 1].fact_id if len(left) > limit else None)
    figure_ = _folded(session, month=month, row=row, now=now).of(kpi, group)
    statement = select(KpiLine).where(KpiLine.month == str(month), KpiLine.kpi == kpi)
    if group is not None:
        statement = statement.where(getattr(KpiLine, group[0]) == group[1])
    if after is not None:
        statement = statement.where(KpiLine.fact_id > after)
    rows = session.scalars(statement.order_by(KpiLine.fact_id).limit(limit + 1)).all()
    lines = [_line(r) for r in rows[:limit]]
    if group is not None and group[0] == PERSON:
        lines = [as_own(line) for line in lines]
    return LinesPage(figure_, lines, rows[limit - 1].fact_id if len(rows) > limit else None)


def compute_months(session: Session, *, now: datetime) -> list[Report]:
    """Count what was never counted, close the months whose appeals are frozen; the others are folded as they change.

    A frozen month of many orders is closed by a later call, once the fold has counted them anew: see `is_counting`.
    A repeat changes nothing; a closed month is left as it is.
    """
    month = month_of(now, calendar_store.read(session, now).organisation.zone)
    months, last = [month], kept.last_closed(session)
    # When nobody closed for longer, none is left open for ever.
    while len(months) <= LOOKS_BACK or "" < last < str(months[0].previous()):
        months.insert(0, months[0].previous())
    closed = _closed(session, months)
    return [keep(session, month=m, now=now) for m in months if str(m) not in closed]


def is_counting(session: Session) -> bool:
    """Whether a month waits to be closed until it has been counted whole."""
    waiting = select(KpiMonth.month).where(KpiMonth.closed_at.is_(None), KpiMonth.recount_at.is_not(None)).limit(1)
    return session.execute(waiting).first() is not None


def keep(session: Session, *, month: Month, now: datetime) -> Report:
    """Count a new month, leave it to the fold from then on; a final one is counted whole and closed.

    A closed one is returned unchanged.
    """
    row = session.get(KpiMonth, str(month), populate_existing=True)
    if row is not None and row.closed_at is not None:
        return _folded(session, month=month, row=row, now=now)
    final = not period_of(session, month=month, now=now).provisional
    recount_at = row.recount_at if row is not None else None
    if final and recount_at is None:
        recount_at = None if whole_months.count(session, month=month, now=now) else now
    elif recount_at is not None and whole_months.is_counted(session, since=recount_at):
        recount_at = None
    elif row is None:
        whole_months.count(session, month=month, now=now, anew=False)
    closes = final and recount_at is None
    values = {"month": str(month), "computed_at": now, "closed_at": now if closes else None, "recount_at": recount_at}
    new = pg_insert(KpiMonth).values(values)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["month"],
            set_={key: new.excluded[key] for key in ("computed_at", "closed_at", "recount_at")},
            where=KpiMonth.closed_at.is_(None),
        )
    )
    if closes:
        closing.tell(session, month=str(month), now=now)
    row = session.get_one(KpiMonth, str(month), populate_existing=True)
    return _folded(session, month=month, row=row, now=now)


def closed_report(session: Session, *, month: Month) -> Report | None:
    """The report as it stood when the month was closed, with its orders; None while it is open."""
    row = session.get(KpiMonth, str(month))
    if row is None or row.closed_at is None:
        return None
    return with_lines(session, month=month, counted_at=row.computed_at, provisional=False)


def with_lines(session: Session, *, month: Month, counted_at: datetime, provisional: bool) -> Report:
    """The report as its lines are kept, summed anew from them."""
    lines = kept.of_month(session, month=month, kpis=list(RULES))
    return Report(month, counted_at, provisional=provisional, figures=tuple(figures_of_lines(lines)))


def _closed(session: Session, months: list[Month]) -> set[str]:
    wanted = select(KpiMonth.month).where(KpiMonth.month.in_([str(m) for m in months]), KpiMonth.closed_at.is_not(None))
    return set(session.scalars(wanted))


def _line(row: Any) -> Counted:
    return Counted(
        row.fact_id, row.order_id, row.order_no, row.stage, row.channel, row.warehouse, row.carrier, row.person,
        row.hit, row.of, row.why, row.own_hit, row.caught, row.escaped,
    )  # fmt: skip
