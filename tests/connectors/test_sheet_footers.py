"""Rows that close a table, and rows of goods that only look like them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.connectors.sheet_reading import goods, one

TO, MAX = "Ship To,Address,City,Zip,Country", "Max,Hauptstr. 1,Berlin,10115,DE"


@pytest.mark.parametrize("way", ["Delivery", "Freight", "Shipping", "Versand", "快递费", "VAT", "Discount", "Total"])
def test_goods_beside_a_word_for_a_sum_are_ordered(way):
    order = one(
        f"Method,PO Number,SKU,Qty,Price,{TO}\n{way},PO-1,A-1,5,2.50,{MAX}\nPickup,PO-1,A-2,3,1.00,{MAX}\n",
        currency="EUR",
    )
    assert goods(order) == [("A-1", 5, Decimal("2.50")), ("A-2", 3, Decimal("1.00"))]
    assert (order.totals.shipping, order.totals.discount, order.problems) == (None, None, ())


def test_goods_without_a_code_are_ordered_beside_such_a_word_where_their_order_is_named():
    order = one("Method,PO Number,Product,Qty,Price\nDelivery,PO-1,Green tea,5,2.50\nPickup,PO-1,Cup,3,1\n")
    assert [(line.name, line.qty) for line in order.lines] == [("Green tea", 5), ("Cup", 3)]


def test_codes_that_are_words_are_ordered_beside_such_a_word():
    order = one("PO Number: 7\nMethod,SKU,Qty,Price\nDelivery,TEA,5,2.50\nPickup,CUP,1,3\n")
    assert [line.sku for line in order.lines] == ["TEA", "CUP"]


@pytest.mark.parametrize(
    ("row", "sums"),
    [
        ("Shipping,,,,5.00", {"shipping": Decimal("5.00")}),
        (",Shipping,,1,5.00", {"shipping": Decimal("5.00")}),
        (",,Shipping,1,5.00", {"shipping": Decimal("5.00")}),
        ("Discount,CODE10,,1,-5.00", {"discount": Decimal("5.00")}),
        (",合计,,5,12.50", {"total": Decimal("12.50")}),
        ("Total,,,5,12.50", {"total": Decimal("12.50")}),
        ("Total,3 positions,,5,12.50", {"total": Decimal("12.50")}),
        ("Total:,3 positions,,5,12.50", {"total": Decimal("12.50")}),
    ],
)
def test_sums_below_the_goods_are_still_no_goods(row, sums):
    order = one(f"No,SKU,Description,Qty,Price\n1,A-1,Tea,5,2.50\n{row}\n")
    assert [line.sku for line in order.lines] == ["A-1"]
    assert {name: getattr(order.totals, name) for name in sums} == sums


@pytest.mark.parametrize("head", ["Type", "Line Type", "类型"])
def test_a_column_of_kinds_tells_shipping_from_goods(head):
    order = one(f"{head},SKU,Qty,Price\nItem,A-1,5,2.50\nShipping,SHIP-1,1,5.00\n")
    assert ([line.sku for line in order.lines], order.totals.shipping) == (["A-1"], Decimal("5.00"))
