"""Which carrier takes a house's goods for an order: the cheapest that keeps the promise (F-4). Pure; for the promise and at release."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oms.clock import day_bounds, instant, local_day
from oms.journey.worth import Worth

#: How far ahead a pick-up is looked for, in days.
_HORIZON_DAYS = 14
#: The days on which a carrier comes: bit n is ISO weekday n+1.
EVERY_DAY = 127


@dataclass(frozen=True, slots=True)
class Service:
    """One row of a carrier's table for a warehouse and destination; `pick_up_days` as `EVERY_DAY`.

    `cut_off` is local time at the house: in its own `zone`, or the organisation's where it has none. `max_weight_g` is what one box
    may weigh.
    """

    carrier_id: uuid.UUID
    service: str
    cut_off: time
    pick_up_days: int
    transit_days: int
    base_price: Decimal
    price_per_kg: Decimal
    currency: str
    max_weight_g: int
    zone: ZoneInfo | None = None


class Load(NamedTuple):
    """What a house sends of an order: grams in all, and of its heaviest piece, which no box divides."""

    weight_g: int
    heaviest_g: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to send a parcel: leaves at `cut_off_at`, is there by the end of day `deliver_at`."""

    carrier_id: uuid.UUID
    service: str
    cut_off_at: datetime
    deliver_at: datetime
    price: Decimal
    currency: str


def serving(
    warehouses: Sequence[uuid.UUID], country: str, services: Mapping[tuple[uuid.UUID, str], Sequence[Service]]
) -> list[uuid.UUID]:
    """The warehouses from which a carrier goes to that country; all where none does from anywhere."""
    return [one for one in warehouses if services.get((one, country))] or list(warehouses)


def offers(services: Sequence[Service], *, ready_at: datetime, load: Load, zone: ZoneInfo) -> list[Offer]:
    """What each service that can carry the heaviest piece offers to goods that are packed at `ready_at`, in as many boxes as they need.

    The carrier comes by the house's clock; days are cut in `zone`, the organisation's.
    """
    return [
        _offer(s, ready_at, load.weight_g, zone)
        for s in services
        if load.heaviest_g <= s.max_weight_g and s.pick_up_days & EVERY_DAY
    ]


def choose(
    found: Sequence[Offer], *, deliver_by: datetime | None, worth: Worth, service: str | None = None
) -> Offer | None:
    """The cheapest offer that is there in time, the earlier one of two equal; if none is, the earliest.

    Prices in several currencies are compared by their rough `worth`; one of which nobody said what it is worth comes last. A
    service that the customer asked for by name goes before the others. None without any offer.
    """
    wanted = [o for o in found if service and o.service.casefold() == service.casefold()] or list(found)
    kept = [o for o in wanted if deliver_by is None or o.deliver_at <= deliver_by]
    if kept:
        return min(kept, key=lambda o: (*_dear(o, worth), o.deliver_at, o.service))
    return min(wanted, key=lambda o: (o.deliver_at, *_dear(o, worth), o.service), default=None)


def _dear(offer: Offer, worth: Worth) -> tuple[bool, Decimal]:
    known = worth.of(offer.price, offer.currency)
    return (True, offer.price) if known is None else (False, known)


def last_cut_off(
    services: Sequence[Service], offer: Offer, *, ship_by: datetime, deliver_by: datetime, zone: ZoneInfo
) -> datetime:
    """The last pick-up of the offer's service that keeps both promises: until then the floor is in time, whatever truck comes before.

    The offer's own where no later one keeps them. `zone` is the organisation's, as for `offers`.
    """
    for s in services:
        if (s.carrier_id, s.service) == (offer.carrier_id, offer.service):
            house = s.zone or zone
            day = min(local_day(ship_by, house), local_day(deliver_by, house) - timedelta(days=s.transit_days))
            for n in range(min((day - local_day(offer.cut_off_at, house)).days, _HORIZON_DAYS)):
                at = instant(day - timedelta(days=n), s.cut_off, house)
                if (
                    picks_up(s.pick_up_days, day - timedelta(days=n))
                    and at <= ship_by
                    and _arrival(s, at, zone) <= deliver_by
                ):
                    return at
    return offer.cut_off_at


def _arrival(s: Service, cut_off_at: datetime, zone: ZoneInfo) -> datetime:
    """The last second of the day on which what leaves at that cut-off is there."""
    return day_bounds(local_day(cut_off_at, zone) + timedelta(days=s.transit_days), zone)[1] - timedelta(seconds=1)


def _offer(s: Service, ready_at: datetime, weight_g: int, zone: ZoneInfo) -> Offer:
    house = s.zone or zone
    day = local_day(ready_at, house)
    cut_off_at = next(
        at
        for n in range(_HORIZON_DAYS)
        if picks_up(s.pick_up_days, later := day + timedelta(days=n))
        and (at := instant(later, s.cut_off, house)) >= ready_at
    )
    boxes = max(1, -(-weight_g // s.max_weight_g)) if s.max_weight_g > 0 else 1
    price = s.base_price * boxes + s.price_per_kg * Decimal(-(-weight_g // 1000))
    return Offer(s.carrier_id, s.service, cut_off_at, _arrival(s, cut_off_at, zone), price, s.currency)


def picks_up(pick_up_days: int, day: date) -> bool:
    """Whether a carrier that comes on those days comes on this one."""
    return bool(pick_up_days >> (day.isoweekday() - 1) & 1)
