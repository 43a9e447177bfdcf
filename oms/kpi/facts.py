"""Loads the facts of a month, set-based: steps with order, channel, warehouse, carrier and person; entries; errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms.clock import Month, month_bounds
from oms.journey import calendar_store, policy
from oms.journey.calendars import Calendars, nth_workday_close
from oms.journey.clocks import Clock, due_at, extended_by_pause, late_from, moves_due
from oms.journey.flow import FLOW
from oms.kpi.definitions import ENTRY, QUESTIONS, STAGE_OF, SUPPLY
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

#: An actor is `staff:<id>`, or the login where a person was named by hand: both are one person, shown by name.
#: Two of one name are told apart by their logins.
PEOPLE = """
    people AS (
        SELECT a.actor, s.name || CASE WHEN count(*) OVER (PARTITION BY s.name) > 2 THEN ' (' || s.login || ')' ELSE '' END
               AS person
        FROM staff s CROSS JOIN LATERAL (VALUES ('staff:' || s.id), (s.login)) AS a(actor))
"""

_OF_MONTH = """
    chosen AS (
        SELECT s.id, s.order_id, s.kind FROM step s
        WHERE s.kind = ANY(CAST(:kinds AS text[])) AND (
            (s.due_at >= :start AND s.due_at < :end)
            -- One that waited too long is due later than it says: as if its pause had ended in time.
            OR (s.state = 'paused' AND s.due_at < :end)
            OR (s.kind IN ('collect', 'deliver') AND s.first_due_at >= :start AND s.first_due_at < :end)
            OR (s.kind = ANY(CAST(:ended AS text[])) AND s.finished_at >= :start AND s.finished_at < :end)
            OR (s.kind = ANY(CAST(:questions AS text[])) AND s.opened_at >= :start AND s.opened_at < :end))),
    promised AS (SELECT DISTINCT order_id FROM chosen WHERE kind IN ('collect', 'deliver') AND order_id IS NOT NULL),
    whole AS (
        SELECT id FROM chosen
        UNION
        -- All parts of a promised order, and what overran its clock before the parcel left.
        SELECT s.id FROM step s JOIN promised p ON p.order_id = s.order_id
        WHERE s.kind IN ('release', 'collect', 'deliver')
           OR (s.kind = ANY(CAST(:kinds AS text[])) AND coalesce(s.finished_at, :now) > s.due_at)
        UNION
        -- An error belongs to one part of its order, which may be of another month.
        SELECT s.id FROM step s JOIN chosen c ON c.order_id = s.order_id AND c.kind = s.kind
        WHERE s.kind IN ('pick', 'pack')),
    taken AS (SELECT s.* FROM step s JOIN whole ON whole.id = s.id)
"""
# Everything of some orders, and of subjects that belong to none. Taken whole at once: found again by its id, each step
# would cost as much as all else here.
_OF_UNITS = """
    taken AS (
        SELECT s.* FROM step s WHERE s.order_id = ANY(CAST(:units AS uuid[])) AND s.kind = ANY(CAST(:kinds AS text[]))
        UNION ALL
        SELECT s.* FROM step s
        WHERE s.subject_id = ANY(CAST(:units AS uuid[])) AND s.order_id IS NULL AND s.kind = ANY(CAST(:kinds AS text[])))
"""

# Of a list that several walked: each person, how many lines they ended, and the last of their stops.
_PICKERS = """(
    SELECT coalesce(jsonb_agg(jsonb_build_array(x.person, x.lines, x.task) ORDER BY x.person), '[]')
    FROM (SELECT p.person, count(*) AS lines, max(CAST(ended.id AS text)) AS task
          FROM (SELECT DISTINCT ON (t.fulfilment_line_id) t.id, t.picked_by
                FROM pick_task t JOIN fulfilment_line l ON l.id = t.fulfilment_line_id
                WHERE t.fulfilment_id = f.id AND t.qty_picked > 0 AND l.qty_short < l.qty
                ORDER BY t.fulfilment_line_id, t.picked_at DESC, t.id DESC) ended
          JOIN people p ON p.actor = ended.picked_by GROUP BY p.person) x)"""

_FACTS = f"""
    WITH {PEOPLE}, {{taken}},
    paused AS (
        SELECT z.step_id, jsonb_agg(jsonb_build_array(z.reason, z.started_at, z.ended_at, z.due_after)
                                    ORDER BY z.started_at, z.ended_at) AS pauses
        FROM step_pause z JOIN taken ON taken.id = z.step_id GROUP BY z.step_id)
    SELECT s.id, s.kind, s.performer, s.state, s.opened_at, s.due_at, s.first_due_at, s.subject_id, s.order_id,
           o.number AS order_no, c.name AS channel, CAST(o.customer_id AS text) AS customer, w.code AS warehouse,
           k.name AS carrier, coalesce(served.person, ended.person, owner.person) AS person, s.finished_at, s.outcome,
           CASE s.kind
               -- A line of which nothing was found was not picked.
               WHEN 'pick' THEN (SELECT count(*) FROM fulfilment_line l WHERE l.fulfilment_id = f.id AND l.qty_short < l.qty)
               WHEN 'pack' THEN (SELECT greatest(count(*), 1) FROM parcel l WHERE l.fulfilment_id = f.id)
           END AS units,
           -- The last answer is the one that is kept: one that was asked for again later has no score of its own any more.
           CASE WHEN s.outcome = 'scored' AND NOT EXISTS (
                    SELECT 1 FROM step later WHERE later.subject_id = s.subject_id AND later.kind = s.kind
                      AND later.outcome = 'scored' AND later.round > s.round) THEN
               (SELECT a.service FROM score a WHERE a.subject_id = s.subject_id) END AS score,
           f.id AS fulfilment,
           s.kind = 'deliver' AND EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = s.order_id AND l.qty_backordered > 0) AS rest,
           CASE WHEN s.kind = 'pick' AND EXISTS (SELECT 1 FROM pick_task t WHERE t.fulfilment_id = f.id AND t.qty_picked > 0
                                                    AND t.picked_by <> s.finished_by) THEN {_PICKERS} END AS pickers,
           paused.pauses
    FROM taken s
    LEFT JOIN paused ON paused.step_id = s.id
    -- What a subject is not is not looked for either: nothing has the id NULL.
    LEFT JOIN parcel p ON p.id = CASE s.subject_type WHEN 'parcel' THEN s.subject_id END
    LEFT JOIN fulfilment f ON f.id = coalesce(p.fulfilment_id, s.subject_id)
    LEFT JOIN orders o ON o.id = s.order_id
    LEFT JOIN inbound_message m ON m.id = CASE s.subject_type WHEN 'inbound_message' THEN s.subject_id END
    LEFT JOIN channel c ON c.id = coalesce(o.channel_id, m.channel_id)
    LEFT JOIN warehouse w ON w.id = f.warehouse_id
    LEFT JOIN carrier k ON k.id = coalesce(p.carrier_id, f.carrier_id)
    -- What was cancelled was done by nobody: who had it answers for its time, never who cancelled it.
    -- What the machine does in a person's call is nobody's work: their own step counts, and beside it one that is never late.
    LEFT JOIN people ended ON ended.actor = s.finished_by AND s.state <> 'cancelled' AND s.performer <> 'system'
        AND s.kind <> '{SUPPLY}'
    -- Goods that are asked for end with the worker who books them, or with who cancels their last order: a buyer waited for them.
    LEFT JOIN people owner ON owner.actor = 'staff:' || s.assignee_id
        AND (s.finished_by IS NULL OR s.state = 'cancelled' OR s.kind = '{SUPPLY}')
    LEFT JOIN ticket t ON s.kind = 'rate_ticket' AND t.id = s.subject_id
    -- A score of the service is about the person who entered the order, or had the ticket when it was solved, whoever has it now.
    LEFT JOIN step solved ON solved.id = CASE s.kind WHEN 'rate_ticket' THEN s.parent_id END
    LEFT JOIN people served ON served.actor = CASE s.kind
        WHEN 'rate_service' THEN o.entered_by
        WHEN 'rate_ticket' THEN coalesce('staff:' || solved.assignee_id, solved.finished_by, 'staff:' || t.owner_id) END
    ORDER BY s.due_at, s.id
"""
_STEPS, STEPS_OF_UNITS = text(_FACTS.format(taken=_OF_MONTH)), text(_FACTS.format(taken=_OF_UNITS))

# A person's entry is the step `enter`; an order without one was entered by a machine when it was received.
_ENTERED = f"""
    WITH {PEOPLE}
    SELECT coalesce(s.id, o.id) AS id, o.id AS order_id, o.number AS order_no, c.name AS channel, p.person,
           coalesce(s.opened_at, o.received_at) AS opened_at, coalesce(s.due_at, o.received_at) AS due_at,
           coalesce(s.finished_at, o.received_at) AS finished_at
    FROM orders o JOIN channel c ON c.id = o.channel_id
    LEFT JOIN step s ON s.order_id = o.id AND s.kind = 'enter' AND s.state = 'done'
    LEFT JOIN people p ON p.actor = s.finished_by
    WHERE {{which}} ORDER BY o.number
"""
_ENTRIES = text(
    _ENTERED.format(
        which="coalesce(s.finished_at, o.received_at) >= :start AND coalesce(s.finished_at, o.received_at) < :end"
    )
)
_ENTRIES_OF_UNITS = text(_ENTERED.format(which="o.id = ANY(CAST(:units AS uuid[]))"))

# The row has the last ruling alone, the history each.
_ERRORS = text(f"""
    WITH {PEOPLE}
    SELECT e.id, e.order_id, e.subject_id, e.kind, e.cause, e.stage, coalesce(p.person, e.person), e.caught, e.at, e.upheld,
           CASE WHEN e.ruled_at IS NOT NULL THEN coalesce(
               (SELECT array_agg(h.at) FROM history_entry h
                WHERE h.order_id = e.order_id AND h.subject_id = e.id AND h.event IN ('error.upheld', 'error.lifted')),
               ARRAY[e.ruled_at]) END
    FROM error_event e LEFT JOIN people p ON p.actor = e.person
    WHERE e.at < :freeze AND e.order_id = ANY(CAST(:orders AS uuid[])) ORDER BY e.at, e.id
""")


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
    rows = session.execute(_STEPS, params, execution_options={"yield_per": ROWS_AT_ONCE})
    facts = [read(_kept_once(row, shared)) for row in rows]
    if kpi is None or kpi in ENTRY_KPIS:
        facts += [_entry(row, shared) for row in session.execute(_ENTRIES, params)]
    return facts


def facts_of_units(session: Session, *, units: Sequence[UUID], now: datetime) -> list[StepFact]:
    """Every fact of some orders, or of subjects that belong to no order: three statements however many."""
    params = {"units": list(units), "kinds": sorted(STAGE_OF)}
    read, shared = _reader(session, now), _Shared()
    facts = [read(row) for row in session.execute(STEPS_OF_UNITS, params).all()]
    return facts + [_entry(row, shared) for row in session.execute(_ENTRIES_OF_UNITS, params)]


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
    return fact._replace(due_at=due, late_from=late, pauses=(*before, over))


def _kept_once(row: Sequence[Any], shared: Mapping[Any, Any]) -> list[Any]:
    """Hundreds of thousands of facts share few words, ids and moments: each is kept once. Its own id, pickers and pauses are its own,
    and `rest` stays out: True is equal to 1, which stands among the others."""
    step_id, *values, rest, pickers, stood = row
    return [step_id, *(shared[value] for value in values), rest, pickers, stood]


class _Shared(dict[Any, Any]):
    """Gives back the first of equal values."""

    def __missing__(self, value: Any) -> Any:
        self[value] = value
        return value


def error_facts(session: Session, *, period: Period, facts: Iterable[StepFact]) -> list[ErrorFact]:
    """The errors of those facts' orders that were attributed before the freeze."""
    orders = {f.order_id for f in facts if f.order_id is not None}
    rows = session.execute(_ERRORS, {"freeze": period.freeze_at, "orders": list(orders)})
    return [ErrorFact(*error, ruled=tuple(ruled or ())) for *error, ruled in rows]


def _fact(
    row: Sequence[Any], now: datetime, calendars: Callable[[datetime], Calendars], clocks: Mapping[str, Clock]
) -> StepFact:
    (step_id, kind, performer, state, opened_at, due_at, first_due_at, subject_id, order_id, order_no, channel, customer,
     warehouse, carrier, person, finished_at, outcome, units, score, fulfilment, rest, pickers, stood) = row  # fmt: skip
    pauses = tuple([_pause(*pause) for pause in stood]) if stood else ()
    late = late_from(clocks[kind], due_at, calendars(due_at).of(performer)) if (finished_at or now) > due_at else None
    return StepFact(
        step_id, kind, performer, state, opened_at, due_at, _promised_at(first_due_at, pauses) if pauses else first_due_at,
        subject_id, order_id, order_no, channel, customer, warehouse, carrier, person, finished_at, outcome, late,
        1 if units is None else units, score, pauses=pauses, fulfilment=fulfilment, rest=rest,
        pickers=None if pickers is None else tuple([Picker(person, lines, UUID(task)) for person, lines, task in pickers]),
    )  # fmt: skip


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
