"""A floor ready for work: carriers, warehouse with stock, and an order driven up to the stage a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from oms import db
from oms.catalog.models import Sku
from oms.db import new_id
from oms.fulfilment import release, waves
from oms.fulfilment.models import Carton, Fulfilment, Wave
from oms.inventory.models import Warehouse
from oms.journey import calendar_store, steps
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders.models import Order
from oms.parties.models import Carrier, CarrierService
from oms.supply import backorders
from tests.factories.orders import make_order, make_sku, make_stock, make_warehouse, tell_beginning


@dataclass(frozen=True, slots=True)
class Floor:
    """One warehouse served by one carrier, with ten pieces of two SKUs."""

    warehouse: Warehouse
    carrier: Carrier
    skus: Sequence[Sku]


def make_floor(session: Session, *, qty: int = 10) -> Floor:
    house = make_warehouse(session)
    carrier = Carrier(name=f"sandbox-{new_id()}", source="sandbox", base_url="http://127.0.0.1:1", api_key="k" * 16)
    session.add(carrier)
    session.flush()
    for service, days, price in (("economy", 4, 5), ("express", 1, 20)):
        row = CarrierService(
            carrier_id=carrier.id,
            warehouse_id=house.id,
            service=service,
            country="*",
            cut_off=time(17, 0),
            transit_days=days,
            base_price=Decimal(price),
            price_per_kg=Decimal(1),
            currency="CNY",
        )
        session.add(row)
    session.add(
        Carton(code="M", length_mm=300, width_mm=200, height_mm=200, tare_g=120, limit_g=10000, price=Decimal(1))
    )
    skus = [make_sku(session), make_sku(session)]
    for sku in skus:
        make_stock(session, house, sku, qty)
    return Floor(house, carrier, skus)


def carriers_come_in(session: Session, *, hours: int) -> None:
    """Let every carrier come so many hours from now.

    Within its lead time before the cut-off a wave is planned without being asked for; at a fixed time of day that hour strikes
    some day while a test runs.
    """
    local = db.now(session).astimezone(calendar_store.zone_of(session))
    cut_off = (local + timedelta(hours=hours)).time().replace(second=0, microsecond=0)
    session.execute(update(CarrierService).values(cut_off=cut_off))


def run_kind(session: Session, kind: str, handler: Any, now: datetime) -> list[Done]:
    """Claim every due step of a kind, run its handler, finish."""
    claimed: list[Claimed] = steps.claim(session, kind=kind, limit=500, lease_s=30, worker="test")
    done: list[Done] = handler(session, steps=claimed, now=now)
    steps.finish(session, done, by="system", now=now)
    return done


def confirmed_order(session: Session, floor: Floor, now: datetime, *, qty: int = 1, **given: Any) -> Order:
    """An order in effect with both SKUs, its promise steps open and its step `allocate` waiting."""
    lines = [{"qty": Decimal(qty), "sku_id": sku.id} for sku in floor.skus]
    promise = {"promised_ship_at": now + timedelta(days=1), "promised_deliver_at": now + timedelta(days=6)}
    order = make_order(session, lines=lines, status="confirmed", **{**promise, **given})
    tell_beginning(session, order)
    new = [
        NewStep("allocate", order.id, order_id=order.id),
        NewStep("collect", order.id, order_id=order.id, due_at=promise["promised_ship_at"]),
        NewStep("deliver", order.id, order_id=order.id, due_at=promise["promised_deliver_at"]),
    ]
    steps.open_steps(session, new, now=now)
    return order


def to_the_floor(session: Session, floor: Floor, now: datetime) -> None:
    """Allocate, release and plan all that waits."""
    run_kind(session, "allocate", backorders.allocate, now)
    run_kind(session, "release", release.release, now)
    waves.plan_now(session, warehouse_id=floor.warehouse.id)
    run_kind(session, "wave", waves.plan, now)


def released(session: Session, floor: Floor, now: datetime, **given: Any) -> Fulfilment:
    """A fulfilment on a wave, ready to be picked."""
    order = confirmed_order(session, floor, now, **given)
    to_the_floor(session, floor, now)
    return session.query(Fulfilment).filter_by(order_id=order.id).one()


def wave_of(session: Session, fulfilment: Fulfilment) -> Wave:
    session.refresh(fulfilment)
    return session.query(Wave).filter_by(id=fulfilment.wave_id).one()
