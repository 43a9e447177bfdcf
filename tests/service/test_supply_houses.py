"""Two houses of which each sends to its own country: goods are bought into the house that can send them, and wake who it can serve (A-3, A-8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.catalog.models import BundlePart, Sku
from oms.invariants.check import check
from oms.inventory import sourcing
from oms.inventory.models import Bin, Warehouse
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.orders.models import Order, OrderLine
from oms.supply import backorders, receipts
from oms.supply.models import SupplyDemand, SupplyRequest
from oms.supply.receipts import Receipt
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


def _receive(session: Session, company: Company, country: str, qty: int, now: datetime) -> dict[object, str]:
    """Goods come into the house of a country; the outcomes of those that are allocated again."""
    place = Bin(warehouse_id=company.houses[country].id, code="R-1")
    session.add(place)
    session.flush()
    goods = Receipt(f"GRN-{country}", place.warehouse_id, company.sku.id, place.id, Decimal(qty))
    receipts.receive(session, receipts=[goods], actor="staff:bob", now=now)
    run_kind(session, "wake", receipts.wake_orders, now)
    return {d.step.subject_id: d.outcome for d in run_kind(session, "allocate", backorders.allocate, now)}


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


@pytest.mark.parametrize("first", ["CN", "DE"])
def test_who_is_short_again_asks_for_nothing_that_comes_to_its_house_beside_another_house_that_awaits_some(
    session: Session, company: Company, business_now: datetime, first: str
) -> None:
    second = {"CN": "DE", "DE": "CN"}[first]
    mine = _order(session, company, first, 5)
    _short(session, [mine], business_now)
    _short(session, [_order(session, company, second, 5)], business_now + timedelta(minutes=1))
    assert _receive(session, company, first, 1, business_now) == {mine.id: "short"}
    assert _asked(session, company) == {first: (5, 1), second: (5, 0)}


def test_goods_wake_the_order_that_their_house_serves_and_not_the_older_one_that_it_does_not(
    session: Session, company: Company, business_now: datetime
) -> None:
    older, younger = _order(session, company, "CN", 5), _order(session, company, "DE", 5)
    _short(session, [older, younger], business_now)
    assert _receive(session, company, "DE", 5, business_now) == {younger.id: "allocated"}
    assert session.query(OrderLine).filter_by(order_id=older.id).one().qty_backordered == 5
    assert check(session, names=["a_backorder_is_on_its_way"]) == []


def test_who_is_overtaken_in_its_house_asks_anew_though_another_house_awaits_enough(
    session: Session, company: Company, business_now: datetime
) -> None:
    older, mine = _order(session, company, "CN", 5), _order(session, company, "DE", 2)
    _short(session, [older], business_now)
    _short(session, [mine], business_now)
    place = Bin(warehouse_id=company.houses["DE"].id, code="R-1")
    session.add(place)
    session.flush()
    goods = Receipt("GRN-1", place.warehouse_id, company.sku.id, place.id, Decimal(2))
    receipts.receive(session, receipts=[goods], actor="staff:bob", now=business_now)
    newcomer = _order(session, company, "DE", 2)
    steps.open_steps(session, [NewStep("allocate", newcomer.id, order_id=newcomer.id)], now=business_now)
    assert [d.outcome for d in run_kind(session, "allocate", backorders.allocate, business_now)] == ["allocated"]
    run_kind(session, "wake", receipts.wake_orders, business_now)
    again = run_kind(session, "allocate", backorders.allocate, business_now)
    assert {d.step.subject_id: d.outcome for d in again} == {mine.id: "short"}
    open_ones = session.query(SupplyRequest).filter(SupplyRequest.status == "raised").populate_existing()
    assert {r.warehouse_id: r.qty - r.qty_received for r in open_ones} == {
        company.houses["CN"].id: 5,
        company.houses["DE"].id: 2,
    }


def test_goods_that_come_to_a_sister_house_end_the_request_of_those_whom_they_serve(
    session: Session, company: Company, business_now: datetime
) -> None:
    make_service(session, company.houses["DE"], country="CN")
    mine = _order(session, company, "CN", 5)
    _short(session, [mine], business_now)
    assert _receive(session, company, "DE", 7, business_now) == {mine.id: "allocated"}
    assert _asked(session, company) == {"CN": (5, 5)}
    assert (session.query(SupplyRequest).one().status, session.query(Step).filter_by(kind="supply").one().state) == (
        "received",
        "done",
    )
    _short(session, [_order(session, company, "CN", 3)], business_now)
    (again,) = session.query(SupplyRequest).filter_by(status="raised")
    assert (again.warehouse_id, again.qty) == (company.houses["CN"].id, 1)


def test_goods_that_come_to_a_house_which_cannot_send_them_leave_the_request_of_another_open(
    session: Session, company: Company, business_now: datetime
) -> None:
    _short(session, [_order(session, company, "DE", 2)], business_now)
    assert _receive(session, company, "CN", 5, business_now) == {}
    assert _asked(session, company) == {"DE": (2, 0)}
    assert session.query(SupplyRequest).one().status == "raised"


@pytest.mark.parametrize("everywhere", [True, False], ids=["everywhere", "same countries"])
def test_houses_that_send_to_the_same_countries_share_what_is_on_its_way(
    session: Session, business_now: datetime, everywhere: bool
) -> None:
    """What comes to the first house fills the order of any country, so a second order asks for its own pieces alone."""
    houses = {"CN": make_warehouse(session, priority=1), "DE": make_warehouse(session, priority=2)}
    for house in houses.values():
        for country in ["*"] if everywhere else houses:
            make_service(session, house, country=country)
    company = Company(houses, make_sku(session))
    _short(session, [_order(session, company, "CN", 3)], business_now)
    _short(session, [_order(session, company, "DE", 2)], business_now + timedelta(minutes=1))
    assert _asked(session, company) == {"CN": (5, 0)}
    assert _receive(session, company, "CN", 1, business_now + timedelta(minutes=2)) != {}
    assert _asked(session, company) == {"CN": (5, 1)}  # who is short again asks for nothing that is on its way


def test_houses_are_alike_only_where_no_country_is_served_by_some_of_them(session: Session, company: Company) -> None:
    assert not sourcing.alike(session)
    for country, house in company.houses.items():
        make_service(session, house, country={"CN": "DE", "DE": "CN"}[country])
    assert sourcing.alike(session)
    make_service(session, company.houses["DE"], country="*")
    assert not sourcing.alike(session)
    make_service(session, company.houses["CN"], country="*")
    assert sourcing.alike(session)
    idle = make_warehouse(session, priority=3)
    assert not sourcing.alike(session)  # no carrier goes from there: it serves nobody whom another one serves
    idle.active = False
    session.flush()
    assert sourcing.alike(session)


def test_a_bundle_waits_for_its_parts_beside_those_who_wait_for_one(
    session: Session, company: Company, business_now: datetime
) -> None:
    bundle = make_sku(session, bundle=True)
    session.add(BundlePart(bundle_id=bundle.id, part_id=company.sku.id, qty=Decimal(2)))
    session.flush()
    _short(session, [_order(session, company, "CN", 1)], business_now)
    line = {"qty": Decimal(3), "sku_id": bundle.id}
    _short(session, [make_order(session, lines=[line], status="confirmed", ship_country="CN")], business_now)
    assert _asked(session, company) == {"CN": (7, 0)}
