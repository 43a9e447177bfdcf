"""A month's KPIs: each figure for the company and by channel, stage, person, warehouse and carrier, with its orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from oms.clock import Month
from oms.errors import InputInvalid
from oms.kpi import kept
from oms.kpi.definitions import KPIS
from oms.kpi.facts import error_facts, period_of, step_facts
from oms.kpi.rules import RULES, breakdown, figure
from oms.kpi.values import Counted, Figure, Period


@dataclass(frozen=True, slots=True)
class Report:
    """One month as it was counted at `computed_at`; provisional until the month is over and frozen."""

    month: Month
    computed_at: datetime
    provisional: bool
    figures: tuple[Figure, ...]

    def company(self, kpi: str) -> Figure:
        """The company's figure of that KPI."""
        return self.of(kpi, None)

    def of(self, kpi: str, group: tuple[str, str] | None) -> Figure:
        """The figure of a KPI for one group such as ("channel", "shop"); an empty one where nothing was counted."""
        if kpi not in KPIS:
            raise InputInvalid(f"no KPI is named {kpi!r}", fields={"kpi": f"one of {', '.join(KPIS)}"})
        found = next((f for f in self.figures if f.kpi == kpi and f.group == group), None)
        return found or Figure(kpi, group, 0, 0, ())


def month_report(session: Session, *, month: Month, now: datetime) -> Report:
    """Count every KPI of the month from its facts: a fixed number of statements, exact at the time of reading."""
    return of_period(session, period=_begun(session, month, now))


def of_period(session: Session, *, period: Period) -> Report:
    """The report of a month that need not have begun: a promise may lie in it already."""
    figures = figures_of_lines(_lines(session, period, kpi=None))
    return Report(period.month, period.now, period.provisional, tuple(figures))


def month_figure(session: Session, *, month: Month, kpi: str, group: tuple[str, str] | None, now: datetime) -> Figure:
    """Count one KPI of the month with its orders, from the facts that it reads and no others."""
    if kpi not in KPIS:
        raise InputInvalid(f"no KPI is named {kpi!r}", fields={"kpi": f"one of {', '.join(KPIS)}"})
    lines = _lines(session, _begun(session, month, now), kpi=kpi)[kpi]
    if group is None:
        return figure(kpi, lines)
    return next((f for f in breakdown(kpi, lines) if f.group == group), Figure(kpi, group, 0, 0, ()))


def _begun(session: Session, month: Month, now: datetime) -> Period:
    period = period_of(session, month=month, now=now)
    if period.start > now:
        raise InputInvalid(f"{month} has not begun", fields={"month": "ask for this month or an earlier one"})
    return period


def _lines(session: Session, period: Period, *, kpi: str | None) -> dict[str, list[Counted]]:
    """The month's own lines by KPI, or of one; what closed months have is not counted again, what was told of them is."""
    facts = step_facts(session, period=period, kpi=kpi)
    errors = error_facts(session, period=period, facts=facts)
    lines = {name: RULES[name](facts, errors, period) for name in (list(RULES) if kpi is None else [kpi])}
    return kept.settled(session, month=period.month, lines=lines, facts=facts)


def figures_of_lines(lines: Mapping[str, Sequence[Counted]]) -> Iterator[Figure]:
    """Each KPI's figures, of the company and by its dimensions. Pure."""
    for kpi in RULES:
        own = lines.get(kpi, ())
        yield from (figure(kpi, own), *breakdown(kpi, own))
