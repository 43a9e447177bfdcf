"""A month's KPIs: each figure for the company and by channel, stage, person, warehouse and carrier, with its orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from oms.clock import Month
from oms.errors import InputInvalid
from oms.kpi.definitions import KPIS
from oms.kpi.facts import error_facts, period_of, step_facts
from oms.kpi.rules import RULES, breakdown, figure
from oms.kpi.values import ErrorFact, Figure, Period, StepFact


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
    period = period_of(session, month=month, now=now)
    if period.start > now:
        raise InputInvalid(f"{month} has not begun", fields={"month": "ask for this month or an earlier one"})
    facts = step_facts(session, period=period)
    return counted(facts, error_facts(session, period=period, facts=facts), period)


def month_figure(session: Session, *, month: Month, kpi: str, group: tuple[str, str] | None, now: datetime) -> Figure:
    """Count one KPI of the month with its orders, from the facts that it reads and no others."""
    if kpi not in KPIS:
        raise InputInvalid(f"no KPI is named {kpi!r}", fields={"kpi": f"one of {', '.join(KPIS)}"})
    period = period_of(session, month=month, now=now)
    if period.start > now:
        raise InputInvalid(f"{month} has not begun", fields={"month": "ask for this month or an earlier one"})
    facts = step_facts(session, period=period, kpi=kpi)
    lines = RULES[kpi](facts, error_facts(session, period=period, facts=facts), period)
    if group is None:
        return figure(kpi, lines)
    return next((f for f in breakdown(kpi, lines) if f.group == group), Figure(kpi, group, 0, 0, ()))


def counted(facts: Sequence[StepFact], errors: Sequence[ErrorFact], period: Period) -> Report:
    """The report of given facts. Pure."""
    figures: list[Figure] = []
    for kpi, rule in RULES.items():
        lines = rule(facts, errors, period)
        figures += [figure(kpi, lines), *breakdown(kpi, lines)]
    return Report(period.month, period.now, period.provisional, tuple(figures))
