"""One fact becomes one line of a figure: in time, late, still open, or left out with the reason. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from oms.journey.clocks import CLOCKS, moves_due
from oms.journey.flow import FLOW
from oms.kpi import afterwards
from oms.kpi.definitions import ASTRAY, FORCE_MAJEURE, OUR_FAULT, STAGE_OF
from oms.kpi.values import Counted, Period, StepFact

Facts = Sequence[StepFact]


def timed(f: StepFact, due: datetime, late_from: datetime, period: Period, *, done: bool) -> Counted:
    """One fact against its due time: in time, late, still open, or left out with the reason."""
    out = _left_out(f, late_from)
    if out is not None:
        return line(f, 0, 0, out)
    if f.cancelled:
        return line(f, 0, 1, "cancelled_by_us" if f.outcome in OUR_FAULT else "late")
    if f.outcome in ASTRAY:
        return line(f, 0, 1, "never_arrived")
    if not done or f.finished_at is None:
        return line(f, 0, 0, "not_due_yet") if period.now <= late_from else line(f, 0, 1, "open_late")
    in_time = f.finished_at <= late_from
    return line(f, int(in_time), 1, "on_time" if in_time else "late")


def _left_out(f: StepFact, late_from: datetime) -> str | None:
    if not f.live:
        return "not_live"
    if f.outcome == FORCE_MAJEURE:
        return "force_majeure"
    if f.cancelled and f.outcome not in OUR_FAULT and ended(f) <= late_from:
        return "cancelled"
    return "paused" if f.state == "paused" and _stands(f, late_from) else None


def _stands(f: StepFact, late_from: datetime) -> bool:
    """Whether a pause that will move the due time runs since before the step was late."""
    clock = CLOCKS[FLOW[f.kind].clock].clock
    return any(p.ended_at is None and p.started_at <= late_from and moves_due(clock, p.reason) for p in f.pauses)


def by_order(facts: Iterable[StepFact]) -> dict[UUID, list[StepFact]]:
    found: dict[UUID, list[StepFact]] = defaultdict(list)
    for f in facts:
        if f.order_id is not None:
            found[f.order_id].append(f)
    return found


def ended(f: StepFact) -> datetime:
    return f.finished_at or f.due_at


def as_own(counted: Counted) -> Counted:
    """A line as it counts for its person: the error of another one takes nothing."""
    own = counted.hit if counted.own_hit is None else counted.own_hit
    if own == counted.hit:
        return counted
    why = afterwards.instead(counted.why, "anothers_error") if own == counted.of else counted.why
    return counted._replace(hit=own, why=why)


def line(
    f: StepFact, hit: int, of: int, why: str, *, own_hit: int | None = None, caught: int = 0, escaped: int = 0
) -> Counted:
    return Counted(
        f.step_id,
        f.order_id,
        f.order_no,
        STAGE_OF.get(f.kind, f.kind),
        f.channel,
        f.warehouse,
        f.carrier,
        f.person,
        hit,
        of,
        why,
        own_hit,
        caught,
        escaped,
    )
