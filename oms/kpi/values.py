"""The facts that KPIs are counted from, and what a count looks like. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from uuid import UUID

from oms.clock import Month
from oms.kpi.definitions import FLOOR_ACCURACIES

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which a step's clock stood; `due_after` is the due time it led to.

    `until`: of one that still stands, the moment after which it moves nothing more (`pause.max_days`).
    """

    reason: str
    started_at: datetime
    ended_at: datetime | None
    due_after: datetime | None
    until: datetime | None = None


class Picker(NamedTuple):
    """One of several who picked for one fulfilment: the lines that they ended, and the last of their stops."""

    person: str
    lines: int
    task_id: UUID


class StepFact(NamedTuple):
    """One step with what it is grouped by.

    `promised_at` is the promise company figures use: the first one, or the customer's own later date. `late_from`
    is the moment after which an end is late (work done outside duty is never late). `units` are the lines of a pick
    or the parcels of a packing. `score` is a customer's answer on five. `fulfilment`: of a step of one, or of a parcel of it.
    `rest`: of a delivery, that more of its order is wanted and stands on no list yet. `pickers`: of a pick, the people who picked,
    where that was not only who ended it (a key of another system is nobody). `late_with`: of one that was handed over when it
    was late already, who had it until then (in a tuple, for that may be nobody).
    """

    step_id: UUID
    kind: str
    performer: str
    state: str
    opened_at: datetime
    due_at: datetime
    promised_at: datetime
    subject_id: UUID
    order_id: UUID | None = None
    order_no: str | None = None
    channel: str | None = None
    customer: str | None = None
    warehouse: str | None = None
    carrier: str | None = None
    person: str | None = None
    finished_at: datetime | None = None
    outcome: str | None = None
    late_from: datetime | None = None
    units: int = 1
    score: int | None = None
    live: bool = True
    pauses: tuple[Pause, ...] = ()
    fulfilment: UUID | None = None
    rest: bool = False
    pickers: tuple[Picker, ...] | None = None
    late_with: tuple[str | None] | None = None

    @property
    def unit(self) -> UUID:
        """Its order, or where it has none its subject."""
        return self.order_id or self.subject_id

    @property
    def done(self) -> bool:
        return self.state == "done" and not self.cancelled

    @property
    def cancelled(self) -> bool:
        """Ended without being carried out; the outcome says for whose reason."""
        return self.state == "cancelled" or (self.outcome or "").startswith(("cancelled", "withdrawn"))


@dataclass(frozen=True, slots=True)
class ErrorFact:
    """An error of ours with the stage and person it was attributed to; `upheld` is false once an appeal was won.

    `ruled`: when it was judged anew, each time the other way.
    """

    error_id: UUID
    order_id: UUID | None
    subject_id: UUID
    kind: str
    cause: str
    stage: str
    person: str
    caught: bool
    at: datetime
    upheld: bool = True
    ruled: tuple[datetime, ...] = ()

    def counts(self, freeze_at: datetime) -> bool:
        """Whether it stood when its month was frozen: what is ruled from then on is told in another one (K-7)."""
        later = sum(at >= freeze_at for at in self.ruled)
        return self.at < freeze_at and self.upheld == (later % 2 == 0)


@dataclass(frozen=True, slots=True)
class Period:
    """A month of the organisation as seen at `now`; errors attributed after `freeze_at` belong to a later month."""

    month: Month
    start: datetime
    end: datetime
    now: datetime
    freeze_at: datetime

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end

    @property
    def provisional(self) -> bool:
        """A month counts as final only when it is over and its appeals are frozen."""
        return self.now < self.freeze_at


class Counted(NamedTuple):
    """One line of a figure: how much of the fact is in the denominator and in the numerator, and why.

    `of` 0 means left out. `own_hit` is the numerator for the person named, where it differs: another's error. `why` begins with
    the month of what was told after that was closed, as `2026-10/late` (`afterwards`).
    """

    fact_id: UUID
    order_id: UUID | None
    order_no: str | None
    stage: str
    channel: str | None
    warehouse: str | None
    carrier: str | None
    person: str | None
    hit: int
    of: int
    why: str
    own_hit: int | None = None
    caught: int = 0
    escaped: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """One KPI of one group with every line behind it; `group` is (dimension, value), None for the company."""

    kpi: str
    group: tuple[str, str] | None
    hit: int
    of: int
    lines: tuple[Counted, ...]
    #: (caught, escaped) of a figure that was kept without its lines
    kept: tuple[int, int] | None = None

    @property
    def rate(self) -> Decimal | None:
        """Percent to two decimals, None where nothing counts."""
        if self.of == 0:
            return None
        return (Decimal(100 * self.hit) / self.of).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)

    @property
    def errors_per_10000(self) -> Decimal | None:
        """Misses in ten thousand of what the floor picked or packed, to two decimals; None of other figures and of nothing."""
        if self.of == 0 or self.kpi not in FLOOR_ACCURACIES:
            return None
        return (Decimal(10_000 * (self.of - self.hit)) / self.of).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)

    @property
    def caught(self) -> int:
        return self.kept[0] if self.kept else sum(line.caught for line in self.lines)

    @property
    def escaped(self) -> int:
        return self.kept[1] if self.kept else sum(line.escaped for line in self.lines)
