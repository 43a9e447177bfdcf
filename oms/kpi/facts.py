"""Loads the facts of a month, set-based: steps with order, channel, warehouse, carrier and person; entries; errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from oms.clock import Month, month_bounds
from oms.journey import calendar_store, policy
from oms.journey.calendars import Calendars, nth_workday_close
from oms.journey.clocks import Clock, due_at, extended_by_pause, late_from, moves_due
from oms.journey.flow import FLOW
from oms.kpi import fact_sql
from oms.kpi.definitions import ENTRY, QUESTIONS, STAGE_OF
from oms.kpi.values import ErrorFact, Pause, Period, Picker, StepFact

#: Kinds that are also counted in the month in which they end.
_ENDED = ("pick", "pack", "deliver", *sorted(QUESTIONS))

ROWS_AT_ONCE = 5000
#: The kinds that one figure reads, where it reads few; the others read all.
KINDS_OF: dict[str, tuple[str, ...]] = {
    "entry_accuracy": (),
    "entry_accuracy_machine": (),
    "pick_accuracy": ("pick",),
    "pack_accuracy": ("pack",),
    "perfect_order": ("deliver",),
    "delivered_on_time": ("deliver",),
    "moved_dates": ("deliver",),
    "completion": ("deliver", "release"),
    "satisfaction": ("rate_service",),
    "satisfaction_aftersales": ("rate_ticket",),
    "response": tuple(sorted(QUESTIONS)),
}
ENTRY_KPIS = ("entry_accuracy", "entry_accuracy_machine")


def period_of(session: Session, *, month: Month, now: datetime) -> Period:
    """The month's bounds in the organisation's zone, and the moment its errors are frozen (working day 5)."""
    calendar = calendar_store.read(session, now).organisation
    start, end = month_bounds(month, calendar.zone)
    last_moment = end - timedelta(microseconds=1)
    freeze = due_at(policy.read(session, now).clock("appraisal_freeze"), last_moment, calendar)
    return Period(month, start, end, now=now, freeze_at=freeze)


def step_facts(session: Session, *, period: Period, kpi: str | None = None) -> list[StepFact]:
    """Every fact that the figures of the month need, or one of them: three statements however many orders."""
    params = {
        "start": period.start,
        "end": period.end,
        "now": period.now,
        "kinds": sorted(STAGE_OF) if kpi is None else list(KINDS_OF.get(kpi, sorted(STAGE_OF))),
        "ended": list(_ENDED),
        "questions": sorted(QUESTIONS),
    }
    read, shared = _reader(session, period.now), _Shared()
    rows = session.execute(fact_sql.STEPS, params, execution_options={"yield_per": ROWS_AT_ONCE})
    facts = [read(_kept_once(row, shared)) for row in rows]
    if kpi is None or kpi in ENTRY_KPIS:
        facts += [_entry(row, shared) for row in session.execute(fact_sql.ENTRIES, params)]
    return facts


def facts_of_units(session: Session, *, units: Sequence[UUID], now: datetime) -> list[StepFact]:
    """Every fact of some orders, or of subjects that belong to no order: three statements however many."""
    params = {"units": list(units), "kinds": sorted(STAGE_OF)}
    read, shared = _reader(session, now), _Shared()
    facts = [read(row) for row in session.execute(fact_sql.STEPS_OF_UNITS, params).all()]
    return facts + [_entry(row, shared) for row in session.execute(fact_sql.ENTRIES_OF_UNITS, params)]


def _reader(session: Session, now: datetime) -> Callable[[Sequence[Any]], StepFact]:
    # By the hours of its due time: who worked then is not judged by hours that were set since.
    calendars, numbers = calendar_store.through_time(session, now), policy.read(session, now)
    clocks = {kind: numbers.clock(FLOW[kind].clock) for kind in STAGE_OF}
    longest = numbers.whole("pause.max_days")

    def read(row: Sequence[Any]) -> StepFact:
        fact = _fact(row, now, calendars, clocks)
        return _paused(fact, now, clocks[fact.kind], calendars, longest) if fact.state == "paused" else fact

    return read


def _paused(
    fact: StepFact, now: datetime, clock: Clock, calendars: Callable[[datetime], Calendars], longest: int
) -> StepFact:
    """One whose clock stands, and until when; what is over the longest pause moves nothing: it is due as if that had ended (X-11)."""
    *before, pause = fact.pauses or (None,)
    if pause is None or pause.ended_at is not None or not moves_due(clock, pause.reason):
        return fact
    calendar = calendars(now).of(fact.performer)
    until = nth_workday_close(calendar, pause.started_at, longest)
    if now <= until:
        return fact._replace(pauses=(*before, replace(pause, until=until)))
    due = extended_by_pause(fact.due_at, pause.started_at, until, clock, calendar, reason=pause.reason)
    over = replace(pause, ended_at=until, due_after=due)
    late = late_from(clock, due, calendars(due).of(fact.performer)) if now > due else None
    return fact._replace(due_at=due, late_from=late, late_with=None, pauses=(*before, over))


def _kept_once(row: Sequence[Any], shared: Mapping[Any, Any]) -> list[Any]:
    """Hundreds of thousands of facts share few words, ids and moments: each is kept once. Its own id, pickers, hand-overs and pauses
    are its own, and `rest` stays out: True is equal to 1, which stands among the others."""
    step_id, *values, rest, pickers, handed, stood = row
    return [step_id, *(shared[value] for value in values), rest, pickers, handed, stood]


class _Shared(dict[Any, Any]):
    """Gives back the first of equal values."""

    def __missing__(self, value: Any) -> Any:
        self[value] = value
        return value


def error_facts(session: Session, *, period: Period, facts: Iterable[StepFact]) -> list[ErrorFact]:
    """The errors of those facts' orders that were attributed before the freeze."""
    orders = {f.order_id for f in facts if f.order_id is not None}
    rows = session.execute(fact_sql.ERRORS, {"freeze": period.freeze_at, "orders": list(orders)})
    return [ErrorFact(*(*error, tuple(ruled or ()))) for *error, ruled in rows]


def _fact(
    row: Sequence[Any], now: datetime, calendars: Callable[[datetime], Calendars], clocks: Mapping[str, Clock]
) -> StepFact:
    (step_id, kind, performer, state, opened_at, due_at, first_due_at, subject_id, order_id, order_no, channel, customer,
     warehouse, carrier, person, finished_at, outcome, units, score, fulfilment, rest, pickers, handed, stood) = row  # fmt: skip
    pauses = tuple([_pause(*pause) for pause in stood]) if stood else ()
    late = late_from(clocks[kind], due_at, calendars(due_at).of(performer)) if (finished_at or now) > due_at else None
    return StepFact(
        step_id, kind, performer, state, opened_at, due_at, _promised_at(first_due_at, pauses) if pauses else first_due_at,
        subject_id, order_id, order_no, channel, customer, warehouse, carrier, person, finished_at, outcome, late,
        1 if units is None else units, score, pauses=pauses, fulfilment=fulfilment, rest=rest,
        pickers=None if pickers is None else tuple([Picker(person, lines, UUID(task)) for person, lines, task in pickers]),
        late_with=_late_with(handed, late) if handed and late else None,
    )  # fmt: skip


def _late_with(handed: Iterable[tuple[str, str | None]], late: datetime) -> tuple[str | None] | None:
    """Who had a step when it became late, as far as it was handed over since."""
    return next(((person,) for at, person in handed if datetime.fromisoformat(at) > late), None)


def _promised_at(first: datetime, pauses: Sequence[Pause]) -> datetime:
    """The first promise; one that the customer moved, with evidence, replaces it."""
    moved = [pause.due_after for pause in pauses if pause.reason == "customer" and pause.due_after is not None]
    return max(first, moved[-1]) if moved else first


def _pause(reason: str, started: str, ended: str | None, due_after: str | None) -> Pause:
    read = datetime.fromisoformat
    return Pause(reason, read(started), read(ended) if ended else None, read(due_after) if due_after else None)


def _entry(row: Row[Any], shared: Mapping[Any, Any]) -> StepFact:
    order_id: UUID = shared[row.order_id]
    return StepFact(
        step_id=row.id, kind=ENTRY, performer="order_specialist" if row.person else "system", state="done",
        opened_at=row.opened_at, due_at=row.due_at, promised_at=row.due_at, subject_id=order_id, order_id=order_id,
        order_no=shared[row.order_no], channel=shared[row.channel], person=shared[row.person],
        finished_at=row.finished_at, outcome="entered",
    )  # fmt: skip
