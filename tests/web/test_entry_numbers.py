"""The numbers in the form of an order that is being entered: saved as they are read back to the customer (I-4)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.factories.orders import make_channel, make_sku, make_stock, make_warehouse
from tests.web.site import post

NEW = {
    "channel": "phone",
    "customer.name": "李雷",
    "customer.phone": "13800138001",
    "ship_to.name": "李雷",
    "ship_to.lines": "科苑路15号",
    "ship_to.city": "深圳市",
    "ship_to.region": "广东省",
    "ship_to.country": "CN",
    "lines.0.sku": "CUP",
    "lines.0.qty": "12",
    "lines.0.unit_price": "68",
    "entry_id": "form-1",
}


@pytest.fixture
def desk(site):
    """A specialist at the form, a phone channel, and the goods that are ordered."""
    with site.transaction() as session:
        sku = make_sku(session, code="CUP")
        make_stock(session, make_warehouse(session), sku, 100)
        make_channel(session, name="phone", source="phone", way="phone")
    return site.client("order_specialist", login="li")


def pressed(desk, form: dict[str, str], button: str):
    return post(desk, "/orders/enter", NEW | form | {"do": button}, page="/orders/enter")


@pytest.mark.parametrize(("field", "typed"), [("lines.0.qty", "１２"), ("lines.0.unit_price", "６８．００")])
def test_a_number_from_a_chinese_keyboard_is_saved_as_it_is_read_back(site, desk, field, typed):
    assert "816.00" in pressed(desk, {field: typed}, "check").get_data(as_text=True)
    assert pressed(desk, {field: typed}, "save").status_code == 303
    sql = "SELECT l.qty, l.unit_price, o.total FROM orders o JOIN order_line l ON l.order_id = o.id"
    assert site.rows(sql) == [(12, 68, 816)]


def test_a_thousand_from_a_chinese_keyboard_may_be_read_in_two_ways_as_well(site, desk):
    answer = pressed(desk, {"lines.0.qty": "１，０００"}, "save")
    assert (answer.status_code, "write it without a comma" in answer.get_data(as_text=True)) == (422, True)
    assert site.rows("SELECT count(*) FROM orders") == [(0,)]


def test_digits_of_other_scripts_are_no_number(desk):
    answer = pressed(desk, {"lines.0.qty": "١٢"}, "save")
    assert (answer.status_code, "lines.0.qty" in answer.get_data(as_text=True)) == (422, True)


def test_a_barcode_in_the_fields_for_numbers_is_told_beside_them(site, desk):
    """Their product has more digits than can be rounded to cents: the page was a 500, and the order gone."""
    form = {"lines.0.qty": "6901234567892", "lines.0.unit_price": "690123456789200"}
    for button in ("check", "save"):
        answer = pressed(desk, form, button)
        page = answer.get_data(as_text=True)
        assert (answer.status_code, "李雷" in page) == (200 if button == "check" else 422, True)
    assert page.count("Give a number over 0.") >= 1
    assert "Give a number that is not negative." in page
    assert "816.00" not in page


def test_the_total_that_is_read_back_is_the_sum_of_the_lines_as_they_are_charged(site, desk):
    line = {"sku": "CUP", "qty": "1", "unit_price": "60.125"}
    form = {f"lines.{place}.{part}": value for place in range(8) for part, value in line.items()}
    assert "481.04" in pressed(desk, form, "check").get_data(as_text=True)
    pressed(desk, form, "save")
    assert site.rows("SELECT total, lines_total FROM orders") == [(Decimal("481.04"), Decimal("481.04"))]
