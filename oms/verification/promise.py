"""Loads the world that promises are made in and gives each order its date (V-8); also for the phone page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, time

from sqlalchemy.orm import Session

from oms.inventory.queries import free_by_warehouse
from oms.journey import calendar_store, policy
from oms.parties import carriers
from oms.verification.order_facts import Feasible, OrderFacts
from oms.verification.promise_rules import World, feasible


def feasible_dates(session: Session, *, orders: Sequence[OrderFacts], now: datetime) -> dict[uuid.UUID, Feasible]:
    """The earliest date of each order, earlier orders taking stock before later ones. Nothing is reserved.

    A fixed number of statements: warehouses with free stock, carriers' services, and the batch's policy and calendars.
    """
    world = _world(session, orders, now)
    return {order.order_id: feasible(order, world) for order in orders}


def _world(session: Session, orders: Sequence[OrderFacts], now: datetime) -> World:
    numbers = policy.read(session, now)
    calendars = calendar_store.read(session, now)
    skus = {sku for order in orders for line in order.lines for sku in line.parts}
    warehouses, free = free_by_warehouse(session, sku_ids=skus)
    countries = {order.ship_country or "*" for order in orders}
    services = carriers.services(session, routes={(house, country) for house in warehouses for country in countries})
    return World(
        now=now,
        zone=calendars.organisation.zone,
        calendar=calendars.of("warehouse"),
        warehouses=warehouses,
        services=services,
        free=free,
        processing_days=numbers.whole("promise.processing_days"),
        default_transit_days=numbers.whole("promise.transit_days"),
        default_lead_days=numbers.whole("promise.lead_time_days"),
        default_cut_off=time.fromisoformat(numbers.text("carrier.cut_off")),
        worth=numbers.worth(),
    )
