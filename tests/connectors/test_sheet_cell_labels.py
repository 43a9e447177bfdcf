"""Cells of a form that say several things: each label gives its own field."""

from __future__ import annotations

import pytest

from connectors.sheet_cell_labels import pieces_of
from tests import stopwatch
from tests.connectors.sheet_reading import one

ADDRESS = "收货地址：广东省深圳市南山区深南大道9988号A座1203"
GOODS = "货号,数量,单价\nTEA-1,20,68\n"


@pytest.mark.parametrize("gap", ["  ", " ", "　", "，", "；", " | ", "\t"])
@pytest.mark.parametrize("is_above", [True, False])
def test_two_labels_in_one_cell_are_two_fields(gap, is_above):
    said = f'"收货人：张伟{gap}电话：13800138000"\n{ADDRESS}\n'
    order = one(f"订单号：CG-77\n{said}{GOODS}" if is_above else f"订单号：CG-77\n{GOODS}{said}", currency="CNY")
    assert (order.ship_to.name, order.ship_to.phone) == ("张伟", "+8613800138000")
    assert (order.ship_to.district, order.channel_order_id, order.problems) == ("南山区", "CG-77", ())


def test_a_row_of_english_labels_gives_each_its_own():
    order = one(
        'PO Number: 7  Order Date: 2026-11-23\n"Contact: Ann Lee, Phone: +44 20 7946 0958"\n"Address: 1 High St, City: Leeds, Zip: LS1 4AP, Country: UK"\n'
        "SKU,Qty,Price\nA-1,5,2.50\n"
    )
    assert (order.channel_order_id, order.placed_at.date().isoformat()) == ("7", "2026-11-23")
    assert (order.ship_to.name, order.ship_to.phone) == ("Ann Lee", "+442079460958")
    assert (order.ship_to.lines, order.ship_to.city, order.ship_to.country) == (("1 High St",), "Leeds", "GB")


def test_the_buyers_phone_is_not_the_receivers():
    order = one(
        f"订单号：CG-77\n需方：某某公司  电话：021-62345678\n收货人：张伟  电话：13800138000\n{ADDRESS}\n{GOODS}"
    )
    assert (order.customer.name, order.customer.phone, order.ship_to.phone) == (
        "某某公司",
        "+862162345678",
        "+8613800138000",
    )


def test_the_suppliers_phone_is_nobodys():
    order = one(f"订单号：CG-77\n供应商：我们公司  电话：021-62345678\n收货人：张伟\n{ADDRESS}\n{GOODS}")
    assert (order.ship_to.name, order.ship_to.phone) == ("张伟", None)


def test_the_last_label_of_a_cell_may_have_its_value_in_the_next_one():
    order = one("PO Number: 7  Order Date:,2026-11-23\nSKU,Qty,Price\nA-1,5,2.50\n")
    assert (order.channel_order_id, order.placed_at.date().isoformat()) == ("7", "2026-11-23")


@pytest.mark.parametrize(
    "cell",
    [
        "备注：送货前请联系收货人 电话：13800138000",
        "Notes: call before delivery: 030 123",
        "Notes: for customer: Acme, city: none",
        "Notes: deliver between 10:00 and 12:00, gate: B",
        "Delivery Date: 2026-11-23 10:00",
        "Email: ann@a.example web: https://a.example",
        "Ship To: Acme, c/o: Bob",
        "PO Number: 7",
        "Attn: Ann, Contact: Bob",
        "plain words",
    ],
)
def test_a_cell_that_says_one_thing_stays_whole(cell):
    assert pieces_of(cell) == [cell]


def test_a_number_ends_before_a_label_that_nobody_knows():
    assert one("Bestellnummer: 7  Bearbeiter: Ann\nSKU,Qty,Price\nA-1,5,2.50\n").channel_order_id == "7"
    assert pieces_of("PO Number: 7 a: b") == ["PO Number: 7 a: b"]


def test_a_note_goes_on_until_a_wide_gap():
    assert pieces_of("备注：请尽快 发货  电话：13800138000") == ["备注：请尽快 发货", "电话：13800138000"]


def test_thousands_of_cells_full_of_labels_cost_no_minutes():
    cell = "PO: 1 " + " ".join(f"word{at}:" for at in range(10))
    with stopwatch.cpu() as spent:
        one("SKU,Qty,Price\nA-1,5,2.50\n" + f"{cell}\n" * 20_000)
    assert spent.s < 15
