"""How each KPI is counted from facts: every function gives the lines of its figure, each with its reason. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from uuid import UUID

from oms.kpi.definitions import (
    ENTRY,
    KPIS,
    NOT_THE_PICKERS,
    OUR_FAULT,
    OUTSIDERS,
    PERSON,
    QUESTIONS,
    SATISFIED_FROM,
    SCORED,
    STAGE_OF,
)
from oms.kpi.lines import Facts, as_own, by_order, ended, line, timed
from oms.kpi.promises import completion, delivered_on_time, moved_dates, perfect_order, shipped_on_time
from oms.kpi.values import Counted, ErrorFact, Figure, Period, StepFact


def on_time(facts: Facts, period: Period) -> list[Counted]:
    """K-2: our steps whose due time (after pauses) lies in the month; never cut by end time, which hides the overdue."""
    ours = (f for f in facts if f.kind in STAGE_OF and f.performer not in OUTSIDERS and period.holds(f.due_at))
    return [timed(_answered_for(f), f.due_at, f.late_from or f.due_at, period, done=f.done) for f in ours]


def _answered_for(f: StepFact) -> StepFact:
    """A person answers for the due time that was valid when the step reached them (promise rule).

    One that was over by then, since another's work before it was late, and one that was taken off them before it was due are
    late in the house's figures and in nobody's own. One that was handed over too late is its former owner's.
    """
    if f.late_with is not None:
        [former] = f.late_with
        return f._replace(person=former)
    late_from = f.late_from or f.due_at
    taken_away = f.cancelled and f.outcome in OUR_FAULT and ended(f) <= late_from
    return f._replace(person=None) if taken_away or f.opened_at > late_from else f


def entry_accuracy(
    facts: Facts, errors: Iterable[ErrorFact], period: Period, *, by_machine: bool = False
) -> list[Counted]:
    """K-1: orders whose entry a person (or a machine, its own line) ended in the month, without an entry error."""
    wrong = _errors_by_order(errors, "entry", period)
    entries = [f for f in facts if f.kind == ENTRY and period.holds(f.finished_at) and (f.person is None) == by_machine]
    return [_judged(f, wrong[f.order_id]) if f.live else line(f, 0, 0, "not_live") for f in entries]


def floor_accuracy(facts: Facts, errors: Iterable[ErrorFact], period: Period, *, stage: str) -> list[Counted]:
    """Lines picked (stage pick) or parcels checked (stage pack) in the month without own error, each its own person's."""
    wrong = _errors_by_order((e for e in errors if e.cause not in NOT_THE_PICKERS), stage, period)
    done = sorted((f for f in facts if f.kind == stage and f.done), key=lambda fact: fact.opened_at)
    parts = by_order(share for f in done for share in _shares(f) if share.person is not None)
    # What another system did counts for nobody, and what was wrong with it for no other part, of another house perhaps.
    machines = {f.subject_id for f in done} - {share.subject_id for its_parts in parts.values() for share in its_parts}
    # An order that was picked in two parts, of two months perhaps, has each error once.
    own: dict[UUID, list[ErrorFact]] = defaultdict(list)
    for order_id, its_parts in parts.items():
        for e in wrong[order_id]:
            if e.subject_id not in machines:
                own[_meant(e, its_parts).step_id].append(e)
    return [_judged(f, own[f.step_id]) for f in chain(*parts.values()) if period.holds(f.finished_at)]


def _shares(f: StepFact) -> list[StepFact]:
    """A pick by those who picked. Who ended it keeps its id; others' lines go by the last of their stops."""
    if f.pickers is None:
        return [f]
    return [
        f._replace(
            person=one.person,
            units=one.lines,
            step_id=f.step_id if one.person == f.person else one.task_id,
            pickers=None,
        )
        for one in f.pickers
    ]


def _meant(error: ErrorFact, parts: Facts) -> StepFact:
    """The part of its order to which an error belongs: the one it names, its person's of several, else the first."""
    worked = [f for f in parts if f.units] or parts  # where nothing was done no error was made
    named = [f for f in worked if f.subject_id == error.subject_id] or worked
    return next((f for f in named if f.person == error.person), named[0])


def satisfaction(facts: Facts, period: Period, *, kind: str) -> list[Counted]:
    """K-4: answers of 4-5 over valid answers in the month, the last per order (`rate_service`) or ticket (`rate_ticket`)."""
    answers = [f for f in facts if f.kind == kind and f.score is not None and period.holds(f.finished_at)]
    last = {f.subject_id: f.step_id for f in sorted(answers, key=ended)}
    return [_answer(f) if last[f.subject_id] == f.step_id else line(f, 0, 0, "superseded") for f in answers]


def response(facts: Facts, period: Period) -> list[Counted]:
    """The response rate: questions asked in the month and answered at any time, if only about goods or delivery."""
    asked = [f for f in facts if f.kind in QUESTIONS and period.holds(f.opened_at)]
    return [_response(f, answered=f.score is not None or f.outcome == SCORED) for f in asked]


def _response(f: StepFact, *, answered: bool) -> Counted:
    # A question that we took back, since its ticket was reopened, nobody could answer.
    return line(f, 0, 0, "cancelled") if f.cancelled else line(f, int(answered), 1, _ANSWERED[answered])


_ANSWERED = {True: "answered", False: "not_answered"}


def figure(kpi: str, lines: Iterable[Counted]) -> Figure:
    """The company's figure with every line behind it, in the order of their facts' ids."""
    kept = tuple(sorted(lines, key=lambda line: line.fact_id))
    return Figure(kpi, None, sum(one.hit for one in kept), sum(one.of for one in kept), kept)


def breakdown(kpi: str, lines: Sequence[Counted]) -> list[Figure]:
    """The figure by each of the KPI's dimensions; a line without a value of the dimension is in none of its groups."""
    figures = []
    for dimension in KPIS[kpi].dimensions:
        groups: dict[str, list[Counted]] = defaultdict(list)
        for one in lines:
            value = getattr(one, dimension)
            if value is not None:
                groups[value].append(one)
        figures += [_group(kpi, dimension, value, groups[value]) for value in sorted(groups)]
    return figures


def _group(kpi: str, dimension: str, value: str, lines: list[Counted]) -> Figure:
    own = [as_own(one) for one in lines] if dimension == PERSON else lines
    kept = tuple(sorted(own, key=lambda line: line.fact_id))
    return Figure(kpi, (dimension, value), sum(one.hit for one in kept), sum(one.of for one in kept), kept)


def _judged(f: StepFact, errors: Sequence[ErrorFact]) -> Counted:
    """One fact of `units` against its errors; one error takes one unit, and counts once per person."""
    if f.units == 0:
        return line(f, 0, 0, "nothing_found")
    own = [e for e in errors if e.person == f.person]
    caught = sum(e.caught for e in errors)
    return line(
        f,
        max(0, f.units - len(errors)),
        f.units,
        "error" if errors else "right",
        own_hit=max(0, f.units - len(own)),
        caught=caught,
        escaped=len(errors) - caught,
    )


def _answer(f: StepFact) -> Counted:
    good = f.score is not None and f.score >= SATISFIED_FROM
    return line(f, int(good), 1, "satisfied" if good else "not_satisfied")


def _errors_by_order(errors: Iterable[ErrorFact], stage: str, period: Period) -> dict[UUID | None, list[ErrorFact]]:
    found: dict[UUID | None, list[ErrorFact]] = defaultdict(list)
    for e in errors:
        if e.stage == stage and e.counts(period.freeze_at) and e.order_id is not None:
            found[e.order_id].append(e)
    return found


Rule = Callable[[Facts, Sequence[ErrorFact], Period], list[Counted]]

#: KPI -> how its lines are counted.
RULES: dict[str, Rule] = {
    "entry_accuracy": entry_accuracy,
    "entry_accuracy_machine": lambda facts, errors, period: entry_accuracy(facts, errors, period, by_machine=True),
    "pick_accuracy": lambda facts, errors, period: floor_accuracy(facts, errors, period, stage="pick"),
    "pack_accuracy": lambda facts, errors, period: floor_accuracy(facts, errors, period, stage="pack"),
    "perfect_order": perfect_order,
    "on_time": lambda facts, errors, period: on_time(facts, period),
    "shipped_on_time": lambda facts, errors, period: shipped_on_time(facts, period),
    "delivered_on_time": lambda facts, errors, period: delivered_on_time(facts, period),
    "moved_dates": lambda facts, errors, period: moved_dates(facts, period),
    "completion": lambda facts, errors, period: completion(facts, period),
    "satisfaction": lambda facts, errors, period: satisfaction(facts, period, kind="rate_service"),
    "satisfaction_aftersales": lambda facts, errors, period: satisfaction(facts, period, kind="rate_ticket"),
    "response": lambda facts, errors, period: response(facts, period),
}


def all_lines(facts: Facts, errors: Sequence[ErrorFact], period: Period) -> Iterator[tuple[str, Counted]]:
    """Every line of every figure, with its KPI."""
    return ((kpi, line) for kpi, rule in RULES.items() for line in rule(facts, errors, period))
