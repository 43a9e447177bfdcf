"""What one piece costs, as pages show it."""

from __future__ import annotations

import copy
import re
from decimal import Decimal

import pytest

from oms import db
from oms.catalog.models import Price
from oms.messages.models import Message
from tests.factories.day import Day, make_day
from tests.factories.orders import AT, make_channel, make_sku
from tests.web.site import post


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def test_a_price_of_one_piece_is_shown_with_all_its_decimals(site, day):
    """A thousand at 0.125 are no thousand at 0.12; on the order, and where it is held."""
    site.rows("UPDATE order_line SET unit_price = 0.125 RETURNING id")
    client = site.client("order_manager")
    for page in (f"/orders/{day.held.number}", f"/holds/{day.review.id}"):
        assert "¥0.125" in client.get(page).get_data(as_text=True), page


def test_a_customer_signs_the_price_that_holds(site, day):
    with site.transaction() as session:
        for message in session.query(Message).filter_by(order_id=day.to_sign.id):
            values = copy.deepcopy(dict(message.values))
            for line in values.get("content", {}).get("lines", []):
                line["unit_price"] = "0.125"
            message.values = values
    assert "¥0.125" in site.app.test_client().get(f"/sign/{day.token}").get_data(as_text=True)


def _signed_for(site, day: Day, totals: dict[str, object], currency: str, **line: str) -> str:
    """The page where the customer signs, of a confirmation with other sums."""
    with site.transaction() as session:
        for message in session.query(Message).filter_by(order_id=day.to_sign.id):
            values = copy.deepcopy(dict(message.values))
            content = values["content"]
            content["currency"], content["totals"] = currency, content["totals"] | totals
            content["lines"] = [one | line for one in content["lines"]]
            message.values = values
    return site.app.test_client().get(f"/sign/{day.token}").get_data(as_text=True)


def test_a_customer_signs_for_the_paras_that_the_paper_and_the_shop_say(site, day):
    """12.50 dinars were 12 on every page: CLDR writes a currency without cents that shops and banks reckon with."""
    page = _signed_for(site, day, {"goods": "12.5", "total": "12.5"}, "RSD", total="12.5", unit_price="12.5")
    assert page.count("RSD12.50") == 4
    site.rows("UPDATE orders SET currency = 'IQD', total = 12.345 RETURNING id")
    assert "IQD12.345" in site.client("auditor").get(f"/orders/{day.held.number}").get_data(as_text=True)


def test_a_customer_sees_what_was_taken_off_and_that_the_tax_is_in_the_price(site, day):
    """Price 10, quantity 2, sum 15, and a tax below it that seemed to be added: nobody could reckon that."""
    totals = {"goods": "15", "discount": "3", "tax": "1.92", "tax_included": True, "total": "12", "paid": "2"}
    page = _signed_for(site, day, totals, "CNY", unit_price="10", discount="5", total="15")
    for said in (
        "Discount −¥5.00",
        "<dt>Discount</dt><dd>−¥3.00",
        "Tax (included)</dt><dd>¥1.92",
        "Paid</dt><dd>¥2.00",
    ):
        assert said.replace("¥", "CN¥") in page or said in page, said


def test_the_price_of_one_piece_is_read_aloud_with_all_its_decimals(site, day):
    """Two thousand at 0.125 were read back as 0.12 each, with a sum of 250."""
    with site.transaction() as session:
        make_channel(session, name="calls", source="phone", way="phone", language="en")
        sku = make_sku(session, code="SCREW")
        price = {"currency": "CNY", "list_price": Decimal("0.125"), "floor_price": Decimal("0.1"), "valid_from": AT}
        session.add(Price(sku_id=sku.id, **price))
    form = {"channel": "calls", "do": "check", "lines.0.sku": "SCREW", "lines.0.qty": "2000", "goods": "SCREW"}
    client = site.client("order_specialist")
    page = post(client, "/orders/enter", form, page="/orders/enter").get_data(as_text=True)
    assert "2000 of Tea cup at CN¥0.125 each." in page
    found = client.get("/orders/enter/goods?q=SCREW&channel=calls").get_data(as_text=True)
    assert "¥0.125" in found


def test_what_an_order_comes_to_is_shown_though_its_sender_named_no_total(site, day):
    """It stood as – on every page, and the form for its payment proposed to record nothing."""
    site.rows("UPDATE orders SET total = NULL, lines_total = 33.5, shipping = 4, paid = NULL RETURNING id")
    site.rows("UPDATE orders SET payment_status = 'none' WHERE id = :o RETURNING id", o=day.to_sign.id)
    desk = site.client("order_manager", "order_specialist", "finance")
    for page in ("/orders", f"/orders/{day.to_sign.number}", f"/holds/{day.review.id}"):
        assert "¥37.50" in desk.get(page).get_data(as_text=True), page
    form = desk.get(f"/orders/{day.to_sign.number}").get_data(as_text=True)
    assert re.search(r'id="f-amount"[^>]*value="([^"]+)"', form)[1] == "37.5"
