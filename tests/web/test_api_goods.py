"""What the desk looks up while a customer speaks: goods, customers, dates; and goods received (A-3, V-8)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from oms import db
from oms.catalog.models import Barcode, BundlePart, Price
from oms.inventory import queries as inventory
from oms.inventory.bins import purpose_bin
from oms.parties.matching import index_of
from oms.supply import backorders
from tests.factories.floor import confirmed_order, make_floor, run_kind
from tests.factories.orders import make_sku, make_stock, make_warehouse
from tests.factories.verification import LONG_AGO, add, make_customer, make_house
from tests.web.caller import channel, distributor, fields, person


@pytest.fixture
def shop(api):
    """A house with 100 pieces of one SKU, which serves China; two more SKUs."""
    with api.transaction() as session:
        api.house = make_house(session, code="TEA-1", name_en="Green tea", name_zh="绿茶")
        make_sku(session, code="TEA-2", name_en="Black tea", name_zh="红茶")
        add(session, Barcode(code="6901234567892", sku_id=api.house.sku.id))
    api.desk = person(api, "order_specialist")
    return api


@pytest.mark.parametrize("term", ["tea-1", "GREEN", "绿茶", "6901234567892"])
def test_goods_are_found_by_code_name_and_barcode(shop, term):
    [found] = shop.desk.items("/skus", q=term)
    assert (found["code"], found["list_price"], found["currency"], found["free"]) == (
        "TEA-1",
        "10.000000",
        "CNY",
        "100",
    )
    assert [stock["free"] for stock in found["stock"]] == ["100"]


def test_goods_in_a_house_that_is_closed_are_nobodys_to_promise(shop):
    with shop.transaction() as session:
        closed, (good, other) = make_warehouse(session, active=False), (shop.house.sku, make_sku(session, code="CUP-1"))
        for sku in (good, other):
            make_stock(session, closed, sku, 7)
        pair = make_sku(session, code="SET-1", bundle=True)
        add(session, BundlePart(bundle_id=pair.id, part_id=other.id, qty=2))
    found = {one["code"]: one for term in ("TEA-1", "CUP-1", "SET-1") for one in shop.desk.items("/skus", q=term)}
    assert {code: one["free"] for code, one in found.items()} == {"TEA-1": "100", "CUP-1": "0", "SET-1": "0"}
    assert [(stock["on_hand"], stock["free"]) for stock in found["CUP-1"]["stock"]] == [("7", "0")]


def test_goods_are_paged_by_their_code(shop):
    first = shop.desk.get("/skus", limit=1).get_json()
    [second] = shop.desk.items("/skus", limit=1, cursor=first["next"])
    assert (first["items"][0]["code"], second["code"]) == ("TEA-1", "TEA-2")


def test_a_term_with_wildcards_means_itself(shop):
    assert shop.desk.items("/skus", q="%") == []


def test_a_distributor_sees_the_price_of_its_own_channel(shop):
    own = channel(shop, way="distributor", source="sheet")
    with shop.transaction() as session:
        special = {"currency": "CNY", "list_price": 9, "floor_price": 8, "valid_from": LONG_AGO}
        add(session, Price(sku_id=shop.house.sku.id, channel_id=own.id, **special))
    [found] = distributor(shop, own.id).items("/skus", q="TEA-1")
    assert found["list_price"] == "9.000000"


def test_customers_are_found_by_what_they_say_exactly(shop):
    with shop.transaction() as session:
        hashes = {"name_hash": index_of("Li Lei"), "phone_hash": index_of("+8613800138000")}
        known = make_customer(session, phone="+8613800138000", **hashes)
    for term in ("li lei", "13800138000", known.number):
        assert [found["number"] for found in shop.desk.items("/customers", q=term)] == [known.number]
    assert shop.desk.items("/customers", q="Li") == []
    [masked] = person(shop, "general_manager").items("/customers", q=known.number)
    assert masked["phone"] == "+86138****8000"


def test_a_date_can_be_quoted_before_the_order_stands(shop):
    asked = {"lines": [{"sku": "TEA-1", "qty": "2"}], "country": "CN"}
    found = shop.desk.post("/promise", asked).get_json()
    assert (found["served"], found["short"]) == (True, False)
    assert found["ship_at"] < found["deliver_at"]
    later = shop.desk.post("/promise", asked | {"lines": [{"sku": "TEA-1", "qty": "101"}]}).get_json()
    assert later["short"]
    assert later["deliver_at"] > found["deliver_at"]


def test_unknown_goods_are_named_by_their_line(shop):
    asked = {"lines": [{"sku": "TEA-1", "qty": "1"}, {"sku": "NONE", "qty": "1"}], "country": "CN"}
    assert list(fields(shop.desk.post("/promise", asked))) == ["lines.1.sku"]
    assert "country" in fields(shop.desk.post("/promise", asked | {"country": "China"}))


@pytest.fixture
def short(api):
    """An order that waits for two SKUs of which there are none."""
    with api.transaction() as session:
        now = db.now(session)
        floor = make_floor(session, qty=0)
        api.order = confirmed_order(session, floor, now)
        run_kind(session, "allocate", backorders.allocate, now)
        api.warehouse, api.skus = floor.warehouse.code, [sku.code for sku in floor.skus]
        api.bins = [row[0] for row in session.execute(text("SELECT code FROM bin ORDER BY id"))]
    return api


def test_what_is_short_is_listed_for_the_buyer(short):
    raised = person(short, "buyer").items("/supply-requests", status="raised")
    assert sorted(request["sku"] for request in raised) == sorted(short.skus)
    assert [request["orders"] for request in raised] == [1, 1]


def test_goods_received_wake_the_orders_that_wait(short):
    rows = [
        {"key": f"GRN-1/{n}", "warehouse": short.warehouse, "sku": sku, "bin": short.bins[n], "qty": "5"}
        for n, sku in enumerate(short.skus)
    ]
    floor = person(short, "warehouse")
    assert floor.post("/receipts", {"receipts": rows}).get_json()["booked"] == ["GRN-1/0", "GRN-1/1"]
    assert floor.post("/receipts", {"receipts": rows}).get_json()["booked"] == []
    assert short.rows("SELECT count(*) FROM step WHERE kind = 'wake' AND state = 'open'") == [(2,)]
    assert short.rows("SELECT DISTINCT on_hand FROM stock") == [(5,)]


def test_a_receipt_that_names_what_is_not_there_says_which(short):
    row = {"key": "GRN-1", "warehouse": short.warehouse, "sku": "NONE", "bin": "NOWHERE", "qty": "5"}
    found = fields(person(short, "warehouse").post("/receipts", {"receipts": [row]}))
    assert sorted(found) == ["receipts.0.bin", "receipts.0.sku"]
    assert person(short, "finance").post("/receipts", {"receipts": [row]}).status_code == 403


@pytest.mark.parametrize("kind", ["packing", "returns", "quarantine"])
def test_goods_are_received_only_where_they_are_picked_from(short, kind):
    with short.transaction() as session:
        purpose_bin(session, warehouse_id=inventory.warehouses(session)[0].id, kind=kind)
    row = {"key": "GRN-1", "warehouse": short.warehouse, "sku": short.skus[0], "bin": kind.upper(), "qty": "5"}
    told = fields(person(short, "warehouse").post("/receipts", {"receipts": [row]}))
    assert told == {"receipts.0.bin": f"nobody picks from {kind.upper()}: put the goods into another bin"}


def test_stock_of_several_warehouses_adds_up(shop):
    with shop.transaction() as session:
        make_stock(session, make_warehouse(session, priority=2), shop.house.sku, 7)
    [found] = shop.desk.items("/skus", q="TEA-1")
    assert (found["free"], [stock["free"] for stock in found["stock"]]) == ("107", ["100", "7"])
