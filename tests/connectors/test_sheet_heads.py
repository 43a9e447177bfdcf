"""Whose name and address a sheet names: heads of two rows, and a bare `Name`."""

from __future__ import annotations

import json

import pytest

from tests.connectors.sheet_files import xlsx
from tests.connectors.sheet_reading import codes, goods, one

TWICE = ("Name", "Address", "City", "Name", "Address", "City")
GOODS = ("SKU", "Qty", "Price")
ROW = ("PO-1", "Acme HQ", "Hauptstr. 1", "Berlin", "Acme Lager", "Hafenstr. 9", "Hamburg", "A-1", 5, 2.5)


@pytest.mark.parametrize(
    ("bill", "ship"),
    [("Bill To", "Ship To"), ("Billing Address", "Shipping Address"), ("Invoice to:", "Deliver to:"), ("Rechnungsanschrift", "Lieferanschrift"),
     ("Rechnungsempfänger", "Warenempfänger"), ("Facturation", "Livraison"), ("账单信息", "收货信息"), ("Customer", "Ship-To Party")],
)  # fmt: skip
@pytest.mark.parametrize("is_left", [True, False])
def test_a_row_of_owners_over_the_head_says_whose_address_it_is(bill, ship, is_left):
    owners = ("", bill, "", "", ship, "", "", "", "", "")
    row = ROW
    if not is_left:
        owners, row = ("", ship, "", "", bill, *[""] * 5), (ROW[0], *ROW[4:7], *ROW[1:4], *ROW[7:])
    order = one(xlsx([owners, ("PO Number", *TWICE, *GOODS), row]), currency="EUR")
    assert (order.ship_to.name, order.ship_to.lines, order.ship_to.city) == ("Acme Lager", ("Hafenstr. 9",), "Hamburg")
    assert [(line.sku, line.name, line.qty) for line in order.lines] == [("A-1", None, 5)]
    assert order.customer.name == "Acme HQ"


def test_a_group_of_goods_beside_the_owners_changes_nothing_of_the_goods():
    owners = ("Order", "Bill To", "", "", "Ship To", "", "", "Items", "", "")
    order = one(xlsx([("Purchase order",), owners, ("PO Number", *TWICE, *GOODS), ROW]), currency="EUR")
    assert (order.bill_to.city, order.ship_to.name, order.ship_to.city) == ("Berlin", "Acme Lager", "Hamburg")
    assert goods(order)[0][:2] == ("A-1", 5)


@pytest.mark.parametrize("more", [(), ("Zip", "Country", "Phone")])
def test_heads_that_span_both_rows_stand_in_the_upper_one(more):
    gap = [""] * len(more)
    upper = ("PO Number", "Bill To", "", "", *gap, "Ship To", "", "", *gap, *GOODS)
    lower = ("", "Name", "Address", "City", *more, "Name", "Address", "City", *more, "", "", "")
    row = (*ROW[:4], *gap, *ROW[4:7], *gap, *ROW[7:])
    order = one(xlsx([upper, lower, row, upper, lower]), currency="EUR")
    assert (order.channel_order_id, order.bill_to.city, goods(order)[0][:2]) == ("PO-1", "Berlin", ("A-1", 5))
    assert (order.ship_to.name, order.ship_to.lines, order.ship_to.city) == ("Acme Lager", ("Hafenstr. 9",), "Hamburg")
    assert len(order.lines) == 1


def test_one_owner_beside_other_groups_is_one():
    rows = [("Order", "Bill To", "", "", "Items"), ("PO", "Name", "Address", "City", *GOODS), (*ROW[:4], *ROW[7:])]
    order = one(xlsx(rows))
    assert (order.bill_to.name, order.bill_to.city) == ("Acme HQ", "Berlin")


@pytest.mark.parametrize("title", ["Invoice", "Delivery", "Customer", "Order list"])
def test_a_title_over_a_plain_head_is_no_owner(title):
    order = one(xlsx([(title,), ("PO", "Name", "Address", "City", *GOODS), (*ROW[:4], *ROW[7:])]))
    assert (order.ship_to.name, order.ship_to.city, order.bill_to) == ("Acme HQ", "Berlin", None)


def test_a_form_that_says_its_receiver_above_the_table_is_read_as_before():
    order = one(xlsx([("PO Number", "PO-1"), ("Customer", "Acme"), ("SKU", "Name", "Qty"), ("A-1", "Tea", 5)]))
    assert (order.customer.name, order.lines[0].name) == ("Acme", "Tea")


def test_a_saved_mapping_names_heads_as_they_are_written():
    rows = [("", "Bill To", "", "", "Ship To", "", ""), ("PO", *TWICE, *GOODS), ROW]
    order = one(xlsx(rows), mapping=json.dumps({"ship_to.city": "City"}))
    assert order.ship_to.city == "Berlin"


@pytest.mark.parametrize(
    ("heads", "who", "what"),
    [
        ("PO,Name,Address,City,SKU,Qty", "Ann", None),
        ("PO,SKU,Qty,Price,Name,Address,City", "Ann", None),
        ("PO,SKU,Qty,Address,City,Name", "Ann", None),
        ("PO,SKU,Name,Qty,Price,Address,City", None, "Ann"),
        ("PO,Address,City,Qty,SKU,Name", None, "Ann"),
        ("PO,SKU,Name,Qty,Price", None, "Ann"),
    ],
)
def test_a_bare_name_is_whose_column_it_stands_beside(heads, who, what):
    cells = {"PO": "P1", "Name": "Ann", "Address": "1 High St", "City": "Leeds", "SKU": "A-1", "Qty": "5", "Price": "2"}
    order = one(f"{heads}\n{','.join(cells[head] for head in heads.split(','))}\n")
    assert (order.ship_to and order.ship_to.name, order.lines[0].name) == (who, what)


@pytest.mark.parametrize(
    ("head", "unit"),
    [("数量(箱)", "箱"), ("数量（箱）", "箱"), ("Qty (cases)", "cases"), ("Quantity [CTN]", "CTN"), ("Qty (pcs)", "pcs"),
     ("Qty", None), ("Qty (min. 10)", None), ("Qty (12 per case)", None)],
)  # fmt: skip
def test_a_head_says_in_what_all_quantities_are_counted(head, unit):
    order = one(f"PO Number,SKU,{head},Price\nPO-1,A-1,5,2.50\n", currency="EUR")
    assert (order.lines[0].qty, order.lines[0].unit) == (5, unit)


def test_a_rows_own_unit_goes_before_that_of_the_head():
    rows = "PO Number,SKU,Qty (cases),Unit\nPO-1,A-1,5,EA\nPO-1,A-2,5 pcs,\nPO-1,A-3,5,\n"
    assert [line.unit for line in one(rows).lines] == ["EA", "pcs", "cases"]


@pytest.mark.parametrize(
    ("heads", "cells"),
    [
        ("Qty,Quantity", "2,24"),
        ("数量(箱),数量(个)", "10,240"),
        ("Qty (shipped),Qty (ordered)", "4,10"),
        ("Order Qty,Pieces", "2,24 pcs"),
    ],
)
def test_two_columns_that_say_different_quantities_are_asked_about(heads, cells):
    order = one(f"PO Number,SKU,{heads},Price\nPO-1,A-1,{cells},2.50\n", currency="EUR")
    (told,) = [found for found in order.problems if found.field == "lines.0.qty"]
    assert told.code == "qty_invalid"
    assert all(head in told.message for head in heads.split(","))


@pytest.mark.parametrize(
    ("heads", "cells"),
    [("Qty,Quantity", "24,24"), ("Qty,Units", "2,PCS"), ("Quantity,Qty", "2,"), ("数量,件数", "240,10"), ("Qty,Item Count", "2,5"),
     ("Quantity,Qty", "2,0")],
)  # fmt: skip
def test_a_second_column_that_says_the_same_or_counts_something_else_is_none(heads, cells):
    assert "lines.0.qty" not in codes(one(f"PO Number,SKU,{heads},Price\nPO-1,A-1,{cells},2.50\n", currency="EUR"))
