"""The earliest date we can promise: stock, lead time, own work, carriers' pick-up and transit (V-6, V-8). Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from oms.clock import day_bounds, instant, local_day
from oms.inventory.rules import Place, Want
from oms.inventory.rules import promise as reserve
from oms.journey.calendars import WorkCalendar, next_duty, same_clock_time_workday
from oms.journey.worth import Worth
from oms.parties.rules import Load, Offer, Service, choose, offers, serving
from oms.verification.order_facts import Feasible, LineFacts, OrderFacts

Route = tuple[uuid.UUID, str]  # (warehouse, destination country)
_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class World:
    """What stands at one moment. `free` is consumed: an order that comes later in a batch sees what is left."""

    now: datetime
    #: the organisation's, in which days are cut; carriers come by the clock of each house
    zone: ZoneInfo
    #: the warehouse's working days
    calendar: WorkCalendar
    #: by priority
    warehouses: Sequence[uuid.UUID]
    services: Mapping[Route, Sequence[Service]]
    free: dict[Place, Decimal]
    processing_days: int = 1
    default_transit_days: int = 3
    default_lead_days: int = 7
    default_cut_off: time = time(17)
    #: by which carriers' prices in several currencies are compared
    worth: Worth = field(default_factory=Worth)
    _houses: dict[str, Sequence[uuid.UUID]] = field(default_factory=dict)
    _ready: dict[int, datetime] = field(default_factory=dict)
    _offers: dict[tuple[uuid.UUID, str, datetime, Load], list[Offer]] = field(default_factory=dict)

    def ready_at(self, workdays: int) -> datetime:
        """The same clock time so many working days on; work that comes outside duty starts with the next one."""
        if workdays not in self._ready:
            start = next_duty(self.calendar, self.now)
            self._ready[workdays] = same_clock_time_workday(self.calendar, start, workdays) if workdays else start
        return self._ready[workdays]

    def houses(self, country: str) -> Sequence[uuid.UUID]:
        """By priority, those that a carrier leaves for that country: there its goods are reserved, or bought into the first."""
        if country not in self._houses:
            self._houses[country] = serving(self.warehouses, country, self.services)
        return self._houses[country]

    def offers(self, warehouse: uuid.UUID, country: str, ready_at: datetime, load: Load) -> list[Offer]:
        """What the carriers of a route offer."""
        key = (warehouse, country, ready_at, load)
        if key not in self._offers:
            table = self.services.get((warehouse, country), ())
            self._offers[key] = offers(table, ready_at=ready_at, load=load, zone=self.zone)
        return self._offers[key]


def feasible(order: OrderFacts, world: World) -> Feasible:
    """The date for one order; takes its goods from `world.free`."""
    goods = [line for line in order.lines if line.requires_shipping and line.sku_id is not None and line.qty > 0]
    houses = world.houses(order.ship_country or "*")
    loads, short = _from_where(goods, houses, world)
    if not loads and order.ships and houses:
        # Goods that nobody knows yet: whether the place is served can be told all the same.
        loads = {houses[0]: Load(0, 0)}
    days = world.processing_days + (_lead_days(goods, short, world) if short else 0)
    ready_at = world.ready_at(days)
    chosen = [_choose(order, world, house, ready_at, load) for house, load in loads.items()]
    kept = [offer for offer in chosen if offer is not None]
    served = len(kept) == len(chosen) and (bool(kept) or not order.ships)
    ship_at, deliver_at = _dates(kept, world) if served and kept else _guess(order, world, ready_at)
    if order.requested_ship_by and kept and max(o.cut_off_at for o in kept) <= order.requested_ship_by:
        ship_at = min(ship_at, order.requested_ship_by)
    on_time = _reached(order.requested_ship_by, ship_at, world) and _reached(
        order.requested_deliver_by, deliver_at, world
    )
    return Feasible(ship_at, deliver_at, served=served, short=bool(short), on_time=on_time)


def _from_where(
    goods: Sequence[LineFacts], houses: Sequence[uuid.UUID], world: World
) -> tuple[dict[uuid.UUID, Load], set[uuid.UUID]]:
    """What each warehouse sends, and the lines that stock does not cover (they count for the first warehouse)."""
    if not goods or not houses:
        return {}, set()
    wants = [Want(line.line_id, line.qty, line.parts) for line in goods]
    plan = reserve(wants, world.free, houses)
    sent = [(one.warehouse_id, one.line_id, one.qty) for one in plan.promises]
    sent += [(houses[0], line_id, qty) for line_id, qty in plan.short.items()]
    lines = {line.line_id: line for line in goods}
    grams: dict[uuid.UUID, Decimal] = {}
    heaviest: dict[uuid.UUID, int] = {}
    for house, line_id, qty in sent:
        line = lines[line_id]
        grams[house] = grams.get(house, Decimal(0)) + qty * line.weight_g
        heaviest[house] = max(heaviest.get(house, 0), line.heaviest_g)
    return {house: Load(int(weight), heaviest[house]) for house, weight in grams.items()}, set(plan.short)


def _lead_days(goods: Iterable[LineFacts], short: set[uuid.UUID], world: World) -> int:
    return max(line.lead_days or world.default_lead_days for line in goods if line.line_id in short)


def _choose(order: OrderFacts, world: World, warehouse: uuid.UUID, ready_at: datetime, load: Load) -> Offer | None:
    found = world.offers(warehouse, order.ship_country or "*", ready_at, load)
    deliver_by = _end_of_day(order.requested_deliver_by, world)
    return choose(found, deliver_by=deliver_by, worth=world.worth, service=order.requested_service)


def _dates(kept: Sequence[Offer], world: World) -> tuple[datetime, datetime]:
    """The carrier's scan may come until the end of the pick-up day."""
    last = max(offer.cut_off_at for offer in kept)
    return _last_second(last, world), max(offer.deliver_at for offer in kept)


def _guess(order: OrderFacts, world: World, ready_at: datetime) -> tuple[datetime, datetime]:
    """Dates without a carrier's word: the next default cut-off, then default transit; at once for what never travels."""
    day = local_day(ready_at, world.zone)
    if not order.ships:
        return _last_second(ready_at, world), _last_second(ready_at, world)
    if instant(day, world.default_cut_off, world.zone) < ready_at:
        day += timedelta(days=1)
    arrival = day + timedelta(days=world.default_transit_days)
    return day_bounds(day, world.zone)[1] - _SECOND, day_bounds(arrival, world.zone)[1] - _SECOND


def _last_second(at: datetime, world: World) -> datetime:
    return day_bounds(local_day(at, world.zone), world.zone)[1] - _SECOND


def _end_of_day(at: datetime | None, world: World) -> datetime | None:
    return None if at is None else _last_second(at, world)


def _reached(asked: datetime | None, possible: datetime, world: World) -> bool:
    """Whether the possible day is no later than the day that was asked for; nobody promises within a day by the hour."""
    return asked is None or local_day(possible, world.zone) <= local_day(asked, world.zone)
