"""Every line that the facts of some units give in the months that are open, also what was told after its month was closed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from oms.clock import Month, month_of
from oms.journey import calendar_store
from oms.kpi import afterwards
from oms.kpi.definitions import ENTRY, QUESTIONS
from oms.kpi.facts import error_facts, period_of
from oms.kpi.rules import all_lines
from oms.kpi.values import Counted, ErrorFact, Period, StepFact

#: What a line is known by: month, KPI, and the number of its fact's id (an id itself costs four times as much as a key).
Line = tuple[str, str, int]
#: A line with its unit.
Kept = tuple[uuid.UUID, Counted]

#: Kinds that figures count in the month in which they end.
_BY_END = frozenset({ENTRY, "pick", "pack", "deliver", *QUESTIONS})


def of_units(
    session: Session, facts: Sequence[StepFact], kept: Mapping[Line, Kept], *, last: str, now: datetime
) -> dict[Line, Kept]:
    """The lines of these facts by the rules of the report; `kept` are those that stand, `last` is the last closed month."""
    months = _months(facts, calendar_store.zone_of(session))
    periods = [period_of(session, month=month, now=now) for month in months]
    opened = [period for period in periods if str(period.month) > last]
    closed = [period for period in periods if str(period.month) <= last]
    told_in = _told_in(session, kept, last, now) if closed else []
    if not periods:
        return {}
    # Each rule looks for itself which errors were attributed before the freeze of its month.
    errors = error_facts(session, period=max([*opened, *told_in], key=lambda period: period.freeze_at), facts=facts)
    # Of most orders nothing is in a closed month.
    met = bool(closed) or any(month <= last for month, _, _ in kept)
    had = [(month, kpi, line) for (month, kpi, _), (_, line) in kept.items()] if met else []
    stood = afterwards.stood(had, facts if met else (), last=last)
    units = {fact.step_id: fact.unit for fact in facts if fact.order_id is None}
    lines = [
        (str(period.month), kpi, line)
        for period in opened
        for kpi, line in all_lines(facts, errors, period)
        if not stood.has(kpi, line)
    ]
    lines += _told(facts, errors, closed, told_in, stood)
    return {(month, kpi, line.fact_id.int): (line.order_id or units[line.fact_id], line) for month, kpi, line in lines}


def _told_in(session: Session, kept: Mapping[Line, Kept], last: str, now: datetime) -> list[Period]:
    """The months in which something of closed ones may have been told: first the one that is, then others that have lines."""
    this = month_of(now, calendar_store.zone_of(session))
    # A clock that was turned back stands in a month that is closed.
    while str(this) <= last:
        this = this.next()
    others = {month for month, _, _ in kept if month > last} - {str(this)}
    return [period_of(session, month=month, now=now) for month in (this, *map(Month.parse, sorted(others)))]


def _told(
    facts: Sequence[StepFact],
    errors: Sequence[ErrorFact],
    closed: Sequence[Period],
    told_in: Sequence[Period],
    stood: afterwards.Stood,
) -> Iterable[tuple[str, str, Counted]]:
    """What closed months do not have, as (month in which it was told, KPI, line), judged with the errors that this one knows."""
    for period, told in product(closed, told_in):
        for kpi, line in all_lines(facts, errors, replace(period, freeze_at=told.freeze_at)):
            as_told = stood.told(kpi, line, str(period.month))
            if as_told is not None and stood.told_in(kpi, line, now=str(told_in[0].month)) == str(told.month):
                yield str(told.month), kpi, as_told


def _months(facts: Sequence[StepFact], zone: ZoneInfo) -> list[Month]:
    """The months in which any of the facts may count."""
    moments = {at for fact in facts for at in _moments(fact)}
    days = {at.replace(minute=0, second=0, microsecond=0) for at in moments}
    return sorted(
        {month_of(at, zone) for at in days} | {month_of(at + timedelta(hours=1), zone) for at in days}, key=str
    )


def _moments(fact: StepFact) -> Iterable[datetime]:
    yield fact.due_at
    if fact.kind in ("collect", "deliver"):
        yield fact.promised_at
    if fact.finished_at is not None and fact.kind in _BY_END:
        yield fact.finished_at
    if fact.kind in QUESTIONS:
        yield fact.opened_at
