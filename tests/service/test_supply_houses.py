"""Two houses of which each sends to its own country: goods are bought into the house that can send them, and wake who it can serve (A-3, A-8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.catalog.models import Sku
from oms.inventory.models import Warehouse
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.orders.models import Order
from oms.supply import backorders
from oms.supply.models import SupplyDemand, SupplyRequest
from tests.factories.floor import run_kind
from tests.factories.orders import make_order, make_sku, make_warehouse
from tests.factories.verification import make_service


@dataclass(frozen=True, slots=True)
class Company:
    """A house for each country, and goods of which neither has any."""

    houses: Mapping[str, Warehouse]
    sku: Sku


@pytest.fixture
def company(session: Session) -> Company:
    houses = {"CN": make_warehouse(session, priority=1), "DE": make_warehouse(session, priority=2)}
    for country, house in houses.items():
        make_service(session, house, country=country)
    return Company(houses, make_sku(session))


def _order(session: Session, company: Company, country: str, qty: int) -> Order:
    line = {"qty": Decimal(qty), "sku_id": company.sku.id}
    return make_order(session, lines=[line], status="confirmed", ship_country=country)


def _short(session: Session, orders: list[Order], now: datetime) -> None:
    steps.open_steps(session, [NewStep("allocate", o.id, order_id=o.id) for o in orders], now=now)
    assert {done.outcome for done in run_kind(session, "allocate", backorders.allocate, now)} == {"short"}


def _asked(session: Session, company: Company) -> dict[str, tuple[Decimal, Decimal]]:
    """By country of the house, what is asked for there and what of it has come."""
    rows = {r.warehouse_id: (r.qty, r.qty_received) for r in session.query(SupplyRequest).populate_existing()}
    return {country: rows[house.id] for country, house in company.houses.items() if house.id in rows}


def test_what_is_short_in_one_batch_is_bought_into_the_house_of_each_order(
    session: Session, company: Company, business_now: datetime
) -> None:
    orders = [_order(session, company, "CN", 3), _order(session, company, "DE", 2)]
    _short(session, orders, business_now)
    assert _asked(session, company) == {"CN": (3, 0), "DE": (2, 0)}
    requests = {r.id: r.warehouse_id for r in session.query(SupplyRequest)}
    demand = {d.order_id: requests[d.request_id] for d in session.query(SupplyDemand)}
    assert demand == {o.id: company.houses[str(o.ship_country)].id for o in orders}
    assert {s.subject_id for s in session.query(Step).filter_by(kind="supply", state="open")} == set(requests)
