"""An order that is to go to another country than before: its goods are promised where a carrier goes there from (A-8, C-6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms import transaction_memory
from oms.fulfilment import release
from oms.fulfilment.models import Fulfilment
from oms.inventory.models import Stock, Warehouse
from oms.journey import steps
from oms.journey.lifecycle import LOCKED_ORDERS
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.orders.models import Order
from oms.supply import backorders
from oms.verification import amendments
from oms.verification.amendments import Amendment
from tests.factories.changes import apply_all, unbalanced, wish
from tests.factories.floor import run_kind
from tests.factories.orders import ADDRESS, make_order, make_sku, make_stock, make_warehouse, tell_beginning
from tests.factories.verification import make_service


@dataclass(frozen=True, slots=True)
class Company:
    """Five pieces in a house that sends to China and France, and five in one that sends to Germany and France."""

    houses: Mapping[str, Warehouse]
    order: Order

    def promised(self, session: Session) -> dict[str, Decimal]:
        rows = {s.warehouse_id: s.reserved for s in session.query(Stock).populate_existing()}
        return {country: rows[house.id] for country, house in self.houses.items() if rows[house.id]}


@pytest.fixture
def company(session: Session, business_now: datetime) -> Company:
    houses = {"CN": make_warehouse(session, priority=1), "DE": make_warehouse(session, priority=2)}
    sku = make_sku(session)
    for country, house in houses.items():
        make_stock(session, house, sku, 5)
        make_service(session, house, country=country)
        make_service(session, house, country="FR")
    order = make_order(session, lines=[{"qty": Decimal(2), "sku_id": sku.id}], status="confirmed")
    tell_beginning(session, order)
    found = Company(houses, order)
    assert _allocate(session, order, business_now, 0) == ["allocated"]
    assert found.promised(session) == {"CN": 2}
    return found


def _allocate(session: Session, order: Order, now: datetime, number: int) -> list[str]:
    steps.open_steps(session, [NewStep("allocate", order.id, order_id=order.id, round=number)], now=now)
    return [done.outcome for done in run_kind(session, "allocate", backorders.allocate, now)]


def _told_to_go_to(session: Session, company: Company, country: str, now: datetime) -> None:
    wanted: dict[str, Any] = {"ship_to": {**ADDRESS, "country": country}}
    wish(session, company.order, now, wanted=wanted)
    assert [done.outcome for done in apply_all(session, now)] == ["applied"]


def test_goods_that_cannot_leave_for_the_new_country_go_back_and_are_promised_where_they_can(
    session: Session, company: Company, business_now: datetime
) -> None:
    _told_to_go_to(session, company, "DE", business_now)
    order = session.get_one(Order, company.order.id)
    assert (order.status, order.ship_country, company.promised(session)) == ("received", "DE", {})
    assert session.query(Step).filter_by(kind="wake", state="open").count() == 1
    order.status = "confirmed"
    session.flush()
    transaction_memory.of(session, LOCKED_ORDERS).clear()  # as in another transaction
    assert _allocate(session, order, business_now, 5) == ["allocated"]
    assert (company.promised(session), unbalanced(session)) == ({"DE": 2}, [])
    assert [done.outcome for done in run_kind(session, "release", release.release, business_now)] == ["released"]
    assert session.query(Fulfilment).one().warehouse_id == company.houses["DE"].id


@pytest.mark.parametrize("country", ["FR", "IS"], ids=["served from there too", "served from nowhere"])
def test_goods_that_lie_no_worse_for_the_new_country_stay_promised(
    session: Session, company: Company, business_now: datetime, country: str
) -> None:
    _told_to_go_to(session, company, country, business_now)
    assert company.promised(session) == {"CN": 2}


@pytest.mark.parametrize(("country", "promised"), [("DE", {}), ("FR", {"CN": 2})])
def test_who_amends_the_country_of_a_held_order_frees_what_cannot_go_there(
    session: Session, company: Company, business_now: datetime, country: str, promised: dict[str, int]
) -> None:
    amendment = Amendment({"ship_to.country": country}, "the customer moved")
    amendments.amend(session, order=company.order, amendment=amendment, actor="staff:anna", now=business_now)
    assert (company.promised(session), unbalanced(session)) == (promised, [])
