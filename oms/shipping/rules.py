"""Decisions of shipping: what is in which box, which service is booked, what a scan implies. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from connectors.carriage import Rate
from oms.clock import DAY, day_bounds, instant, local_day
from oms.parties.rules import EVERY_DAY, picks_up

ZERO = Decimal(0)

#: The carrier has the parcel: any of these scans means that it was collected, also when the first scan is missing.
COLLECTED = frozenset(
    "collected in_transit out_for_delivery available_for_pickup delivered failed return_to_sender".split()
)
#: What raises a case by itself (F-8). At a locker or station is not delivered, and no case either.
TROUBLE = frozenset("delayed failed lost damaged return_to_sender".split())
#: Scans that say nothing new about where the parcel is.
SILENT = frozenset({"pre_transit", "unknown"})

Contents = tuple[tuple[UUID, Decimal], ...]


def distribute(packed: Mapping[UUID, Decimal], boxes: Sequence[Contents]) -> tuple[list[Contents], dict[str, str]]:
    """What is in each box, and what is wrong with it by field; a single box without a list holds everything.

    Pieces of one line that are named one by one are added up.
    """
    if len(boxes) == 1 and not boxes[0]:
        return [tuple(packed.items())], {}
    summed = [_summed(contents) for contents in boxes]
    faults: dict[str, str] = {}
    left = dict(packed)
    for place, contents in enumerate(boxes):
        if not contents:
            faults[f"boxes.{place}.contents"] = "say what is in this box: with several boxes each names its pieces"
        for line_id, qty in contents:
            if qty <= 0 or left.get(line_id, ZERO) < qty:
                faults[f"boxes.{place}.contents"] = (
                    f"{qty} of line {line_id}: more than was checked, or not of this order"
                )
            left[line_id] = left.get(line_id, ZERO) - qty
    if not faults and any(qty != 0 for qty in left.values()):
        missing = sum((qty for qty in left.values()), ZERO)
        faults["boxes"] = f"{missing.normalize():f} checked piece(s) are in no box: put them in, or send them back"
    return summed, faults


def _summed(contents: Contents) -> Contents:
    pieces: dict[UUID, Decimal] = {}
    for line_id, qty in contents:
        pieces[line_id] = pieces.get(line_id, ZERO) + qty
    return tuple(pieces.items())


@dataclass(frozen=True, slots=True)
class Plan:
    """What was planned at release: the service, when the carrier comes, and what the customer was promised.

    `pick_up_days`: on which days the carrier comes for each service (`EVERY_DAY`), as far as its table says. It comes by the
    house's clock, `house_zone`; None: the organisation's.
    """

    service: str
    cut_off_at: datetime
    deliver_by: datetime
    pick_up_days: Mapping[str, int] = field(default_factory=dict)
    house_zone: ZoneInfo | None = None

    def days_of(self, service: str) -> int:
        """Of a service that stands in no table the planned one's, with which it leaves."""
        return self.pick_up_days.get(service, self.pick_up_days.get(self.service, EVERY_DAY))


def choose_service(rates: Sequence[Rate], plan: Plan, *, now: datetime, zone: ZoneInfo) -> Rate | None:
    """The planned service when it is offered, else the cheapest that still keeps the promise; None when none does."""
    for rate in rates:
        if rate.service == plan.service:
            return rate
    comes = [rate for rate in rates if plan.days_of(rate.service) & EVERY_DAY]
    kept = [rate for rate in comes if arrival(rate, plan, now=now, zone=zone) <= plan.deliver_by]
    return min(kept, key=lambda rate: (rate.price, rate.transit_days, rate.service), default=None)


def arrival(rate: Rate, plan: Plan, *, now: datetime, zone: ZoneInfo) -> datetime:
    """The last moment of the day, cut in the organisation's `zone`, on which the service delivers what leaves at its next pick-up."""
    leaves = local_day(_next_pick_up(plan, plan.days_of(rate.service), now, plan.house_zone or zone), zone)
    return day_bounds(leaves + timedelta(days=rate.transit_days), zone)[1] - timedelta(seconds=1)


def _next_pick_up(plan: Plan, pick_up_days: int, now: datetime, house: ZoneInfo) -> datetime:
    """When the carrier comes on one of these days: as planned, or at its hour again."""
    day, hour = local_day(plan.cut_off_at, house), plan.cut_off_at.astimezone(house).time()
    if now > plan.cut_off_at:
        # What is booked in the evening leaves tomorrow.
        today = local_day(now, house)
        day = today if now <= instant(today, hour, house) else today + DAY
    return instant(next(later for n in range(7) if picks_up(pick_up_days, later := day + n * DAY)), hour, house)


def share(total: Decimal, qty: Decimal, pieces: Decimal) -> Decimal:
    """What `qty` of a line's `pieces` are worth."""
    return total * qty / pieces if pieces else ZERO


def wait_s(attempt: int) -> int:
    """Seconds until a booking that had to stop looks again: 15 s doubling to 10 min."""
    return int(min(600, 15 * 2 ** min(attempt, 10)))


def next_reference(reference: str) -> str:
    """`PC-...-2` after `PC-...-1`: a label of its own for each attempt that was mended."""
    stem, _, attempt = reference.rpartition(".")
    return f"{stem}.{int(attempt) + 1}"
