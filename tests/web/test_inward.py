"""What the house keeps to itself: a distributor reads its own orders without our floor prices, limits, reasons and freight."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from oms import db
from oms.orders.models import Finding
from oms.verification import holding, rules
from tests.factories.day import make_day
from tests.factories.orders import make_channel, make_order
from tests.web.caller import distributor, person

FOUND = (
    rules.found("price_below_floor", "lines.0.unit_price", line=1, sku="TEA-1", price="9", floor="8.88"),
    rules.found("sku_unknown", "lines.0.sku", line=1, sku="TEE-1"),
)


@pytest.fixture
def held(api):
    """A distributor's order that waits for the manager, under the floor price, with a SKU that nobody knows."""
    with api.transaction() as session:
        now = db.now(session)
        api.order = make_order(session, channel_id=make_channel(session, way="distributor").id)
        session.execute(insert(Finding), [holding.finding_row(api.order.id, 1, one, now) for one in FOUND])
        owners = {api.order.id: "order_manager"}
        holding.hold(session, owners=owners, texts={api.order.id: FOUND}, now=now)
        holding.settle(session, order_ids=[api.order.id], by="li", now=now, how="they always pay")
    return api


def test_a_distributor_is_told_what_it_can_mend_and_no_floor_price(held):
    answer = distributor(held, held.order.channel_id).get(f"/orders/{held.order.number}")
    told = answer.get_json()
    assert [one["rule"] for one in told["findings"]] == ["sku_unknown"]
    assert (told["held"], [one["explanation"] for one in told["holds"]]) == (["verification"], [{}])
    assert "8.88" not in answer.get_data(as_text=True)
    assert "they always pay" not in answer.get_data(as_text=True)


def test_the_house_is_told_all_of_it(held):
    told = person(held, "sales_rep").get(f"/orders/{held.order.number}").get_json()
    assert [one["rule"] for one in told["findings"]] == ["price_below_floor", "sku_unknown"]
    assert "8.88" in told["holds"][0]["explanation"]["en"]
    assert {one["settlement"] for one in told["findings"]} == {"they always pay"}
    assert "8.88" in held.client("warehouse").get(f"/orders/{held.order.number}").get_data(as_text=True)
    assert "8.88" not in held.client("hr").get(f"/orders/{held.order.number}").get_data(as_text=True)


def test_a_distributor_does_not_read_what_the_carrier_charges_us(api):
    with api.transaction() as session:
        parcel = make_day(session, db.now(session)).parcel
    [(channel_id, price)] = api.rows(
        "SELECT o.channel_id, p.label_price FROM parcel p JOIN orders o ON o.id = p.order_id WHERE p.id = :p",
        p=parcel.id,
    )
    assert price > 0
    told = distributor(api, channel_id).get(f"/parcels/{parcel.number}").get_json()
    assert (told["number"], told["label_price"]) == (parcel.number, None)
    assert person(api, "shipping_clerk").get(f"/parcels/{parcel.number}").get_json()["label_price"]
