"""Allocation: never more than there is, bundles whole, the short waits and is woken by a receipt."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms import db
from oms.catalog.models import BundlePart
from oms.db import Database
from oms.errors import KeyReused
from oms.invariants import check
from oms.inventory.models import Bin, Stock, StockMove
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.orders.models import Order, OrderLine
from oms.supply import backorders, receipts
from oms.supply.models import SupplyRequest
from oms.supply.receipts import Receipt
from tests.factories.floor import run_kind
from tests.factories.orders import make_channel, make_order, make_sku, make_stock, make_warehouse
from tests.factories.verification import make_service


def _allocate(session: Session, orders: list[Order], now: datetime) -> dict[object, str]:
    steps.open_steps(session, [NewStep("allocate", o.id, order_id=o.id, round=o.round) for o in orders], now=now)
    claimed = steps.claim(session, kind="allocate", limit=500, lease_s=30, worker="test")
    done = backorders.allocate(session, steps=claimed, now=now)
    steps.finish(session, done, by="system", now=now)
    return {d.step.subject_id: d.outcome for d in done}


def test_the_last_piece_goes_to_one_and_the_other_is_backordered(session: Session, business_now: datetime) -> None:
    house, sku = make_warehouse(session), make_sku(session)
    stock = make_stock(session, house, sku, 1)
    first, second = (
        make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id}], status="confirmed") for _ in range(2)
    )
    assert sorted(_allocate(session, [first, second], business_now).values()) == ["allocated", "short"]
    session.refresh(stock)
    assert (stock.on_hand, stock.reserved) == (1, 1)
    assert session.query(SupplyRequest).filter_by(sku_id=sku.id).one().qty == 1


def test_two_lines_of_one_sku_share_the_stock(session: Session, business_now: datetime) -> None:
    house, sku = make_warehouse(session), make_sku(session)
    make_stock(session, house, sku, 3)
    order = make_order(
        session,
        lines=[{"qty": Decimal(2), "sku_id": sku.id}, {"qty": Decimal(2), "sku_id": sku.id}],
        status="confirmed",
    )
    assert _allocate(session, [order], business_now) == {order.id: "short"}
    lines = session.query(OrderLine).filter_by(order_id=order.id).all()
    assert (sum(line.qty_reserved for line in lines), sum(line.qty_backordered for line in lines)) == (3, 1)


def test_a_bundle_is_promised_whole_or_not_at_all(session: Session, business_now: datetime) -> None:
    house, bundle = make_warehouse(session), make_sku(session, bundle=True)
    cup, lid = make_sku(session), make_sku(session)
    session.add_all(
        [BundlePart(bundle_id=bundle.id, part_id=cup.id, qty=2), BundlePart(bundle_id=bundle.id, part_id=lid.id, qty=1)]
    )
    cups, lids = make_stock(session, house, cup, 5), make_stock(session, house, lid, 9)
    order = make_order(session, lines=[{"qty": Decimal(3), "sku_id": bundle.id}], status="confirmed")
    assert _allocate(session, [order], business_now) == {order.id: "short"}
    session.refresh(cups), session.refresh(lids)
    assert (cups.reserved, lids.reserved) == (4, 2)


def test_safety_stock_is_never_promised(session: Session, business_now: datetime) -> None:
    house, sku = make_warehouse(session), make_sku(session)
    make_stock(session, house, sku, 5, safety=Decimal(5))
    order = make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id}], status="confirmed")
    assert _allocate(session, [order], business_now) == {order.id: "short"}


def test_one_warehouse_with_all_wins_over_two_parcels(session: Session, business_now: datetime) -> None:
    near, far = make_warehouse(session, priority=1), make_warehouse(session, priority=2)
    cup, pot = make_sku(session), make_sku(session)
    make_stock(session, near, cup, 5)
    make_stock(session, far, cup, 5), make_stock(session, far, pot, 5)
    order = make_order(
        session,
        lines=[{"qty": Decimal(1), "sku_id": cup.id}, {"qty": Decimal(1), "sku_id": pot.id}],
        status="confirmed",
    )
    _allocate(session, [order], business_now)
    reserved = {(s.warehouse_id, s.sku_id) for s in session.query(Stock).filter(Stock.reserved > 0)}
    assert reserved == {(far.id, cup.id), (far.id, pot.id)}


@pytest.mark.parametrize(("country", "house"), [("DE", "far"), ("CN", "near"), ("IS", "near")])
def test_goods_are_promised_from_a_house_from_which_a_carrier_goes_there(
    session: Session, business_now: datetime, country: str, house: str
) -> None:
    """Where none goes from anywhere the first house keeps the order, and release tells which service is missing."""
    houses = {"near": make_warehouse(session, priority=1), "far": make_warehouse(session, priority=2)}
    sku = make_sku(session)
    for one in houses.values():
        make_stock(session, one, sku, 5)
    make_service(session, houses["near"], country="CN")
    make_service(session, houses["far"], country="DE")
    order = make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id}], status="confirmed", ship_country=country)
    assert _allocate(session, [order], business_now) == {order.id: "allocated"}
    assert [s.warehouse_id for s in session.query(Stock).filter(Stock.reserved > 0)] == [houses[house].id]


def test_goods_in_a_house_that_cannot_send_them_are_bought_into_one_that_can(
    session: Session, business_now: datetime
) -> None:
    first, second, sku = make_warehouse(session, priority=1), make_warehouse(session, priority=2), make_sku(session)
    make_stock(session, first, sku, 5), make_stock(session, second, sku, 2)
    make_service(session, first, country="CN")
    make_service(session, second, country="DE")
    order = make_order(session, lines=[{"qty": Decimal(5), "sku_id": sku.id}], status="confirmed", ship_country="DE")
    assert _allocate(session, [order], business_now) == {order.id: "short"}
    assert [(s.warehouse_id, s.reserved) for s in session.query(Stock).filter(Stock.reserved > 0)] == [(second.id, 2)]
    request = session.query(SupplyRequest).one()
    assert (request.warehouse_id, request.qty) == (second.id, 3)


def test_a_receipt_wakes_the_oldest_backorder_and_counts_once(session: Session, business_now: datetime) -> None:
    house, sku = make_warehouse(session), make_sku(session)
    order = make_order(session, lines=[{"qty": Decimal(2), "sku_id": sku.id}], status="confirmed")
    _allocate(session, [order], business_now)
    place = Bin(warehouse_id=house.id, code="R-1")
    session.add(place)
    session.flush()
    goods = Receipt("GRN-1", house.id, sku.id, place.id, Decimal(2))
    assert receipts.receive(session, receipts=[goods], actor="staff:bob", now=business_now) == ["GRN-1"]
    assert receipts.receive(session, receipts=[goods], actor="staff:bob", now=business_now) == []
    run_kind(session, "wake", receipts.wake_orders, business_now)
    session.refresh(order)
    claimed = steps.claim(session, kind="allocate", limit=5, lease_s=30, worker="test")
    assert [d.outcome for d in backorders.allocate(session, steps=claimed, now=business_now)] == ["allocated"]
    assert session.query(StockMove).filter_by(sku_id=sku.id, cause="receipt").one().on_hand == 2
    assert session.query(Step).filter_by(kind="supply").one().state == "done"


def test_a_receipt_wakes_the_rest_of_an_order_that_left_in_part(session: Session, business_now: datetime) -> None:
    house, cup, pot = make_warehouse(session), make_sku(session), make_sku(session)
    make_stock(session, house, cup, 1)
    lines = [{"qty": Decimal(1), "sku_id": cup.id}, {"qty": Decimal(1), "sku_id": pot.id}]
    order = make_order(session, lines=lines, status="in_fulfilment")
    _allocate(session, [order], business_now)
    place = Bin(warehouse_id=house.id, code="R-1")
    session.add(place)
    session.flush()
    goods = Receipt("GRN-9", house.id, pot.id, place.id, Decimal(1))
    receipts.receive(session, receipts=[goods], actor="staff:bob", now=business_now)
    run_kind(session, "wake", receipts.wake_orders, business_now)
    claimed = steps.claim(session, kind="allocate", limit=5, lease_s=30, worker="test")
    assert [d.outcome for d in backorders.allocate(session, steps=claimed, now=business_now)] == ["allocated"]


def test_200_parallel_orders_for_50_pieces_reserve_50_and_backorder_150(database: Database) -> None:
    with database.transaction() as session:
        house, sku, channel = make_warehouse(session), make_sku(session), make_channel(session)
        make_stock(session, house, sku, 50)
        orders = [
            make_order(
                session, channel_id=channel.id, lines=[{"qty": Decimal(1), "sku_id": sku.id}], status="confirmed"
            )
            for _ in range(200)
        ]
        new = [NewStep("allocate", o.id, order_id=o.id) for o in orders]
        steps.open_steps(session, new, now=db.now(session))
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while _work_one(database):
                pass
        except BaseException as error:  # noqa: BLE001  shown by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert errors == []
    with database.transaction() as session:
        lines = session.query(OrderLine).all()
        stock = session.query(Stock).one()
    assert (sum(x.qty_reserved for x in lines), sum(x.qty_backordered for x in lines)) == (50, 150)
    assert (stock.on_hand, stock.reserved) == (50, 50)


def _work_one(database: Database) -> bool:
    with database.transaction() as session:
        claimed = steps.claim(session, kind="allocate", limit=1, lease_s=30, worker="test")
    with database.transaction() as session:
        now = db.now(session)
        steps.finish(session, backorders.allocate(session, steps=claimed, now=now), by="system", now=now)
    return bool(claimed)


def test_an_order_that_is_still_short_asks_for_nothing_that_is_on_its_way(
    session: Session, business_now: datetime
) -> None:
    house, sku = make_warehouse(session), make_sku(session)
    make_stock(session, house, sku, 12)
    order = make_order(session, lines=[{"qty": Decimal(20), "sku_id": sku.id}], status="confirmed")
    _allocate(session, [order], business_now)
    place = Bin(warehouse_id=house.id, code="R-1")
    session.add(place)
    session.flush()
    receipts.receive(
        session, receipts=[Receipt("G1", house.id, sku.id, place.id, Decimal(5))], actor="bob", now=business_now
    )
    run_kind(session, "wake", receipts.wake_orders, business_now)
    assert [d.outcome for d in run_kind(session, "allocate", backorders.allocate, business_now)] == ["short"]
    request = session.query(SupplyRequest).populate_existing().one()
    assert (request.qty, request.qty_received) == (8, 5)


def test_who_is_overtaken_by_a_newcomer_asks_anew(session: Session, business_now: datetime) -> None:
    house, sku = make_warehouse(session), make_sku(session)
    older = [make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id}], status="confirmed") for _ in range(2)]
    _allocate(session, older, business_now)
    place = Bin(warehouse_id=house.id, code="R-1")
    session.add(place)
    session.flush()
    goods = Receipt("G1", house.id, sku.id, place.id, Decimal(2))
    receipts.receive(session, receipts=[goods], actor="bob", now=business_now)
    newcomer = make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id}], status="confirmed")
    assert _allocate(session, [newcomer], business_now) == {newcomer.id: "allocated"}
    run_kind(session, "wake", receipts.wake_orders, business_now)
    assert sorted(d.outcome for d in run_kind(session, "allocate", backorders.allocate, business_now)) == [
        "allocated",
        "short",
    ]
    assert session.query(SupplyRequest).filter_by(sku_id=sku.id, status="raised").one().qty == 1
    assert check.check(session, names=["a_backorder_is_on_its_way"]) == []


def test_a_backorder_that_nothing_will_serve_is_shown(session: Session, business_now: datetime) -> None:
    make_warehouse(session)
    sku = make_sku(session)
    order = make_order(session, lines=[{"qty": Decimal(2), "sku_id": sku.id}], status="confirmed")
    _allocate(session, [order], business_now)
    assert check.check(session, names=["a_backorder_is_on_its_way"]) == []
    session.query(SupplyRequest).filter_by(sku_id=sku.id).update({"qty": 1})
    (found,) = check.check(session, names=["a_backorder_is_on_its_way"])
    assert (found.subject, found.detail) == (sku.code, "2.000 backordered, 0 free, 1.000 on their way")


def test_an_order_that_is_to_be_allocated_in_two_rounds_at_once_gets_its_goods(
    session: Session, business_now: datetime
) -> None:
    house, sku = make_warehouse(session), make_sku(session)
    make_stock(session, house, sku, 2)
    order = make_order(session, lines=[{"qty": Decimal(2), "sku_id": sku.id}], status="confirmed")
    new = [NewStep("allocate", order.id, order_id=order.id, round=number) for number in (1, 2)]
    steps.open_steps(session, new, now=business_now)
    done = run_kind(session, "allocate", backorders.allocate, business_now)
    assert {d.step.round: d.outcome for d in done} == {1: "superseded", 2: "allocated"}
    line = session.query(OrderLine).populate_existing().one()
    assert (line.qty_reserved, line.qty_backordered) == (2, 0)
    assert session.query(SupplyRequest).count() == 0


@pytest.mark.parametrize("other", ["sku", "qty", "bin"])
@pytest.mark.parametrize("at_once", [False, True])
def test_other_goods_under_a_known_number_are_refused_and_not_lost(
    session: Session, business_now: datetime, other: str, at_once: bool
) -> None:
    house, sku = make_warehouse(session), make_sku(session)
    places = [Bin(warehouse_id=house.id, code=code) for code in ("R-1", "R-2")]
    session.add_all(places)
    session.flush()
    first = Receipt("GRN-1", house.id, sku.id, places[0].id, Decimal(2))
    given = {"sku": {"sku_id": make_sku(session).id}, "qty": {"qty": Decimal(5)}, "bin": {"bin_id": places[1].id}}
    second = replace(first, **given[other])  # type: ignore[arg-type]
    if not at_once:
        receipts.receive(session, receipts=[first], actor="bob", now=business_now)
    both = [first, second] if at_once else [second]
    with pytest.raises(KeyReused), session.begin_nested():
        receipts.receive(session, receipts=both, actor="bob", now=business_now)
    if not at_once:
        assert receipts.receive(session, receipts=[first], actor="bob", now=business_now) == []
