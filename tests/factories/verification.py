"""A house that can serve China: warehouse, stock, SKU with price, carrier; and steps run as a worker runs them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from oms import db, numbers
from oms.catalog.models import Price, Sku
from oms.inventory.models import Warehouse
from oms.journey import policy, steps
from oms.journey.models import Step
from oms.journey.policy_defaults import POLICY
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders.models import Order
from oms.parties.matching import index_of
from oms.parties.models import Carrier, CarrierService, Customer
from oms.verification import confirmation, review
from tests.factories.orders import make_channel, make_order, make_sku, make_stock, make_warehouse

SPECIALIST, MANAGER, DIRECTOR, CASHIER = (f"staff:{uuid.UUID(int=n)}" for n in range(1, 5))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class House:
    """One warehouse with 100 pieces of one SKU (10.00 CNY, floor 8.00), served by one carrier to China."""

    warehouse: Warehouse
    sku: Sku


def add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def make_house(session: Session, *, stock: int = 100, **sku: Any) -> House:
    warehouse = make_warehouse(session)
    article = make_sku(session, **sku)
    make_stock(session, warehouse, article, stock)
    make_price(session, article)
    make_service(session, warehouse)
    return House(warehouse, article)


def make_price(session: Session, sku: Sku, **given: Any) -> Price:
    values: dict[str, Any] = {
        "sku_id": sku.id,
        "currency": "CNY",
        "list_price": Decimal(10),
        "floor_price": Decimal(8),
        "valid_from": LONG_AGO,
    }
    return add(session, Price(**{**values, **given}))  # type: ignore[no-any-return]


def make_service(session: Session, warehouse: Warehouse, **given: Any) -> CarrierService:
    carrier = add(
        session, Carrier(name=f"Swift {db.new_id()}", source="sandbox", base_url="http://127.0.0.1:1", api_key="k")
    )
    values: dict[str, Any] = {
        "carrier_id": carrier.id,
        "warehouse_id": warehouse.id,
        "service": "standard",
        "country": "CN",
        "cut_off": time(17),
        "transit_days": 2,
        "base_price": Decimal(8),
        "price_per_kg": Decimal(2),
        "currency": "CNY",
    }
    return add(session, CarrierService(**{**values, **given}))  # type: ignore[no-any-return]


def make_customer(session: Session, **given: Any) -> Customer:
    values: dict[str, Any] = {"number": numbers.new_number("CU"), "name": "Li Lei", "created_at": LONG_AGO}
    return add(session, Customer(**{**values, **given}))  # type: ignore[no-any-return]


def make_web_order(session: Session, house: House, *, line: dict[str, Any] | None = None, **given: Any) -> Order:
    """A clean, paid web order of one piece that the house can serve."""
    lines = given.pop("lines", None) or [{"qty": Decimal(1), "sku_id": house.sku.id, **(line or {})}]
    values = {"email_hash": index_of("li.lei@example.com"), **given}
    return make_order(session, lines=lines, **values)


def make_phone_order(session: Session, house: House, **given: Any) -> Order:
    """An order that a specialist took by phone: it waits for the customer's signature."""
    channel = make_channel(session, source="phone", way="phone")
    return make_web_order(session, house, channel_id=channel.id, **{"entered_by": SPECIALIST, **given})


def set_policy(session: Session, key: str, value: Any, now: datetime) -> None:
    assert key in POLICY
    policy.set_value(session, key=key, value=value, valid_from=now, actor="staff:boss", why="test", now=now)


Work = Callable[..., list[Done]]


def run(session: Session, kind: str, work: Work, orders: Sequence[Order], now: datetime) -> dict[uuid.UUID, Done]:
    """Open, claim, do and finish the step of these orders, as a worker does."""
    new = [NewStep(kind, o.id, order_id=o.id, round=o.round) for o in orders]
    steps.open_steps(session, new, now=now)
    return again(session, kind, work, now)


def again(session: Session, kind: str, work: Work, now: datetime) -> dict[uuid.UUID, Done]:
    """Do whatever is open of that kind."""
    claimed = steps.claim(session, kind=kind, limit=500, lease_s=30, worker="test")
    done = work(session, steps=claimed, now=now)
    steps.finish(session, done, by="system", now=now)
    session.expire_all()
    return {d.step.subject_id: d for d in done}


def verified(session: Session, order: Order, now: datetime) -> str:
    """The outcome of verifying one order."""
    return run(session, "verify", review.verify, [order], now)[order.id].outcome


def confirmed(session: Session, order: Order, now: datetime) -> str:
    """The outcome of verifying and confirming one order that passes."""
    assert verified(session, order, now) == "passed"
    return again(session, "confirm", confirmation.confirm, now)[order.id].outcome


def open_step(session: Session, kind: str, order: Order) -> Claimed:
    """The running step of that kind, which a person's form carries."""
    return steps.find(session, kind=kind, subject_ids=[order.id])[order.id]


def running(session: Session, order: Order) -> set[str]:
    """The kinds of the order's unfinished steps."""
    rows = session.query(Step.kind).filter(Step.order_id == order.id, Step.state.in_(("open", "claimed", "paused")))
    return {row.kind for row in rows}
