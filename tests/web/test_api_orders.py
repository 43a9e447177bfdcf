"""Orders through the API: the list by any filter, one order, its story; distributors see their own (D-3)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from oms import db
from oms.journey import due, holds
from oms.journey.holds import NewHold
from oms.parties.matching import index_of
from tests.factories.orders import AT, make_channel, make_order, make_sku
from tests.statements import counted
from tests.web.caller import distributor, fields, person

FOUND = {
    "email": "li.lei@example.com",
    "phone as dialled": "138 0013 8000",
    "phone": "+8613800138000",
    "name": "li  lei",
    "channel number": "1007",
    "sku": "SKU-Q",
}


@pytest.fixture
def shop(api):
    """Three orders, an hour apart; the newest is Li Lei's of SKU-Q, number #1007 at its channel."""
    with api.transaction() as session:
        api.mine, api.other = make_channel(session, name="mine"), make_channel(session, name="other")
        sku = make_sku(session, code="SKU-Q")
        hashes = {"email_hash": "li.lei@example.com", "phone_hash": "+8613800138000", "name_hash": "Li Lei"}
        api.orders = [
            make_order(session, channel_id=api.other.id, received_at=AT),
            make_order(session, channel_id=api.mine.id, received_at=AT + timedelta(hours=1), status="confirmed"),
            make_order(
                session,
                channel_id=api.mine.id,
                received_at=AT + timedelta(hours=2),
                lines=[{"qty": Decimal("1.5"), "sku_id": sku.id}],
                channel_order_number="#1007",
                **{name: index_of(value) for name, value in hashes.items()},
            ),
        ]
        api.numbers = [order.number for order in api.orders]
    api.desk = person(api, "order_specialist")
    return api


def numbers(caller, **query):
    return [item["number"] for item in caller.items("/orders", **query)]


def test_orders_are_listed_newest_first(shop):
    assert numbers(shop.desk) == shop.numbers[::-1]


def test_pages_of_orders_join_without_gap_or_repeat(shop):
    first = shop.desk.get("/orders", limit=2).get_json()
    rest = shop.desk.get("/orders", limit=2, cursor=first["next"]).get_json()
    assert [item["number"] for item in first["items"] + rest["items"]] == shop.numbers[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize("term", FOUND.values(), ids=FOUND)
def test_an_order_is_found_by_what_people_say_of_it(shop, term):
    assert numbers(shop.desk, q=term) == [shop.numbers[2]]


def test_an_order_is_found_by_its_number_as_spoken(shop):
    spoken = shop.numbers[0].replace("-", " ").lower()
    assert numbers(shop.desk, q=spoken) == [shop.numbers[0]]
    assert shop.desk.get(f"/orders/{spoken}").get_json()["number"] == shop.numbers[0]


def test_filters_narrow_the_list(shop):
    at = (AT + timedelta(hours=1)).isoformat()
    assert numbers(shop.desk, status="confirmed") == [shop.numbers[1]]
    assert numbers(shop.desk, channel="other") == [shop.numbers[0]]
    assert numbers(shop.desk, **{"from": at}) == shop.numbers[:0:-1]
    assert numbers(shop.desk, to=at) == [shop.numbers[0]]
    assert numbers(shop.desk, fulfilment_status="shipped") == []


def test_held_orders_are_listed_with_their_reasons(shop):
    with shop.transaction() as session:
        now = db.now(session)
        at = due.due_times(session, ["review"], now=now)["review"]
        holds.place(session, [NewHold(shop.orders[0].id, "address", "order_specialist", {}, at)], by="system", now=now)
    [held] = shop.desk.items("/orders", held="true")
    assert (held["number"], held["held"]) == (shop.numbers[0], ["address"])
    assert shop.numbers[0] not in numbers(shop.desk, held="false")


def test_a_page_of_orders_costs_one_statement_of_its_own(shop):
    with shop.transaction() as session:
        for n in range(20):
            make_order(session, channel_id=shop.mine.id, received_at=AT + timedelta(minutes=n))
    shop.desk.get("/orders")
    with counted(shop.database.engine) as few:
        shop.desk.get("/orders", limit=1)
    with counted(shop.database.engine) as many:
        shop.desk.get("/orders", limit=20)
    assert len(many) == len(few) <= 2, many


def test_one_order_tells_lines_amounts_and_people(shop):
    told = shop.desk.get(f"/orders/{shop.orders[2].id}").get_json()
    assert (told["total"], told["currency"]) == ("15.00", "CNY")
    assert [(line["sku"], line["qty"]) for line in told["lines"]] == [("SKU-Q", "1.5")]
    assert told["contact"]["phone"] == "+8613800138000"


def test_private_data_is_masked_for_those_who_have_no_right_to_it(shop):
    told = person(shop, "buyer").get(f"/orders/{shop.orders[2].id}").get_json()
    assert told["contact"]["phone"] == "+86138****8000"
    assert (told["customer"], told["contact"]["email"]) == ("L*** L***", "l***@example.com")
    assert (told["ship_to"]["lines"], told["ship_to"]["city"]) == (["***"], "深圳市")


def test_a_distributor_sees_its_own_orders_only(shop):
    caller = distributor(shop, shop.mine.id)
    assert numbers(caller) == shop.numbers[:0:-1]
    assert numbers(caller, channel="other") == []
    assert caller.get(f"/orders/{shop.numbers[0]}").status_code == 404
    assert caller.get(f"/orders/{shop.numbers[1]}").status_code == 200


def test_an_orders_story_is_told_in_order(shop):
    with shop.transaction() as session:
        now = db.now(session)
        at = now + timedelta(hours=1)
        holds.place(session, [NewHold(shop.orders[0].id, "address", "order_specialist", {}, at)], by="li", now=now)
    told = shop.desk.get(f"/orders/{shop.numbers[0]}/timeline").get_json()
    assert [(e["what"], e["event"], e["actor"]) for e in told["entries"]] == [("told", "hold.placed", "li")]
    assert person(shop, "warehouse").get(f"/orders/{shop.numbers[0]}/timeline").status_code == 403


def test_a_wrong_filter_says_how_to_mend_it(shop):
    assert "status" in fields(shop.desk.get("/orders", status="lost"))
    assert "from" in fields(shop.desk.get("/orders", **{"from": "yesterday"}))
    assert "use `next`" in fields(shop.desk.get("/orders", cursor="AAAA"))["cursor"]
    assert "colour" in fields(shop.desk.get("/orders", colour="red"))
