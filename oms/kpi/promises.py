"""Figures of the promise to the customer: shipped, delivered, completed, perfect, moved. Pure.

Company figures use the first promise: a date that we moved stays late, one that the customer moved replaces it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from oms.kpi.definitions import (
    ASTRAY,
    BESIDE,
    COLLECTED,
    CUSTOMERS_DOING,
    DELIVERED,
    DESK,
    FLOOR,
    OUR_FAULT,
    OUTSIDERS,
    REPLACED,
    SPLIT,
    STAGE_OF,
    STAGES,
)
from oms.kpi.lines import Facts, by_order, ended, line, timed
from oms.kpi.values import Counted, ErrorFact, Period, StepFact


def shipped_on_time(facts: Facts, period: Period) -> list[Counted]:
    """Parcels promised in the month, collected by the promise; lateness goes to whose clock overran."""
    mine = [f for f in facts if f.kind == "collect" and f.outcome != SPLIT and period.holds(f.promised_at)]
    overran = _overran(facts, period.now)
    return [_blamed(_kept(f, period, COLLECTED), _before(f, overran[f.order_id], period.now)) for f in mine]


def delivered_on_time(facts: Facts, period: Period) -> list[Counted]:
    """Parcels promised in the month, signed for by the promise; out: what the customer moved, refused or misaddressed."""
    return [_kept(f, period, DELIVERED) for f in _promised(facts, period)]


def _kept(f: StepFact, period: Period, reached: frozenset[str]) -> Counted:
    """One promise: kept when it ended by its time with one of `reached`; what the customer did is left out."""
    if f.outcome in CUSTOMERS_DOING:
        return line(f, 0, 0, "customers_doing")
    return timed(f, f.promised_at, f.promised_at, period, done=f.outcome in reached)


def moved_dates(facts: Facts, period: Period) -> list[Counted]:
    """The rate of promises that we moved, which stay late in the company's figures."""
    return [
        line(f, int(moved), 1, "moved" if moved else "kept")
        for f in _promised(facts, period)
        for moved in [f.due_at > f.promised_at]
    ]


def completion(facts: Facts, period: Period) -> list[Counted]:
    """K-3: all lines delivered by the promise, over released orders promised in the month.

    Also in, as failed: orders in effect that were cancelled for our shortage or lateness.
    """
    released = {f.order_id for f in facts if f.kind == "release" and f.done}
    lines = []
    for order_id, parts in by_order(f for f in facts if f.kind == "deliver" and f.outcome != SPLIT).items():
        # What a change replaced in time counts no more, unless nothing else is left of the order.
        standing = [part for part in parts if not part.cancelled] or parts
        if period.holds(max(part.promised_at for part in standing)):
            failed = any(part.cancelled and part.outcome in OUR_FAULT for part in parts)
            lines.append(
                _completed(
                    standing, period, failed=failed, is_released=order_id in released, overdue=_was_overdue(parts)
                )
            )
    return lines


def _was_overdue(parts: Facts) -> bool:
    """Whether a promise had run out before a change of the order replaced it."""
    return any(part.cancelled and part.outcome == REPLACED and ended(part) > part.promised_at for part in parts)


def _completed(parts: Facts, period: Period, *, failed: bool, is_released: bool, overdue: bool) -> Counted:
    last = max(parts, key=lambda part: part.promised_at)
    if not last.live:
        return line(last, 0, 0, "not_live")
    if failed:
        return line(last, 0, 1, "cancelled_by_us")
    if not is_released:
        return line(last, 0, 0, "not_released")
    if overdue:
        return line(last, 0, 1, "late")
    verdicts = [_kept(part, period, DELIVERED) for part in parts]
    if any(part.rest for part in parts):
        # What stands on no list yet has no step of its own: it is late from the order's promise on.
        waits = period.now <= last.promised_at
        verdicts.append(line(last, 0, 0, "not_due_yet") if waits else line(last, 0, 1, "rest_missing"))
    counted = [verdict for verdict in verdicts if verdict.of or verdict.why == "not_due_yet"]
    if not counted:
        return verdicts[0]
    # The worst part decides: a miss, then a part whose own date is still to come, then success.
    worst = min(counted, key=lambda verdict: (verdict.hit, -verdict.of))
    return line(last, worst.hit, worst.of, worst.why)


def perfect_order(facts: Facts, errors: Iterable[ErrorFact], period: Period) -> list[Counted]:
    """Orders whose last part was delivered in the month: on time, and without any error of ours that reached the customer."""
    # What was caught in the house (内部差错) was right at the door.
    wrong = {e.order_id for e in errors if not e.caught and e.counts(period.freeze_at)}
    lines = []
    for order_id, parts in by_order(f for f in facts if f.kind == "deliver" and f.outcome != SPLIT).items():
        got = [part for part in parts if part.outcome in DELIVERED]
        still = [part for part in parts if part.rest or not (part.done or part.cancelled)]
        last = max(got, key=ended, default=None)
        if last is None or still or not period.holds(last.finished_at):
            continue
        why = _flaw(parts, is_wrong=order_id in wrong) if last.live else "not_live"
        lines.append(line(last, int(why == "perfect"), int(last.live), why))
    return lines


def _flaw(parts: Facts, *, is_wrong: bool) -> str:
    """Why an order that arrived is not perfect, or that it is."""
    if is_wrong:
        return "error"
    if any(part.outcome in ASTRAY for part in parts):
        return "never_arrived"
    if any(part.cancelled and part.outcome in OUR_FAULT for part in parts):
        return "cancelled_by_us"
    late = any(part.outcome in DELIVERED and ended(part) > part.promised_at for part in parts)
    return "late" if late or _was_overdue(parts) else "perfect"


def _promised(facts: Facts, period: Period) -> list[StepFact]:
    return [f for f in facts if f.kind == "deliver" and f.outcome != SPLIT and period.holds(f.promised_at)]


def _overran(facts: Facts, now: datetime) -> dict[UUID | None, list[StepFact]]:
    """The steps that overran a clock of our own, by order."""
    found: dict[UUID | None, list[StepFact]] = defaultdict(list)
    for f in facts:
        ours = f.kind in STAGE_OF and f.kind not in BESIDE and f.performer not in OUTSIDERS
        if ours and not f.cancelled and (f.finished_at or now) > (f.late_from or f.due_at):
            found[f.order_id].append(f)
    return found


def _before(parcel: StepFact, overran: Iterable[StepFact], now: datetime) -> set[str]:
    """The sides that made this parcel late: not by what began when it had left, nor by the floor's work on another one."""
    return {
        STAGES[STAGE_OF[f.kind]].side
        for f in overran
        if f.opened_at < (parcel.finished_at or now)
        and (f.fulfilment is None or parcel.fulfilment is None or f.fulfilment == parcel.fulfilment)
    }


def _blamed(counted: Counted, sides: set[str]) -> Counted:
    """A late parcel goes to the first in the chain whose clock overran: desk, floor, else the carrier."""
    if counted.why not in ("late", "open_late", "never_arrived"):
        return counted
    side = next((side for side in (DESK, FLOOR) if side in sides), "carrier")
    return counted._replace(why=f"late_{side}")
