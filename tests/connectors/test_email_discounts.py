"""Columns and labels of a mail that change what goods cost: prices of many, discounts in percent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import ChannelOrder
from tests.connectors.mails import codes, mail, one


def table(*rows: str, below: str = "") -> ChannelOrder:
    body = "".join(f"{row}\n" for row in rows)
    return one(
        mail("PO-1", f"We order:\n\n{body}\n{below}\nShip to:\nJane\n5 High Street\nLeeds LS1 4AB\n"), currency="EUR"
    )


def sums(order: ChannelOrder) -> list[tuple[str, str | None, str]]:
    """(unit price, discount, total) of each line."""
    return [(str(line.unit_price), line.discount and str(line.discount), str(line.total)) for line in order.lines]


DISCOUNTS = [
    ("Discount", "10%", "9.90"),
    ("Discount (%)", "10", "9.90"),
    ("Discount %", "10", "9.90"),
    ("Rabatt", "10 %", "9.90"),
    ("折扣", "9折", "9.90"),
    ("折扣", "95折", "4.95"),
    ("Discount", "5.00", "5.00"),
    ("折扣", "无", None),
    ("Discount", "", None),
]


@pytest.mark.parametrize(("head", "cell", "off"), DISCOUNTS)
def test_a_discount_of_a_line_is_taken_off(head, cell, off):
    order = table(f"SKU\tQty\tUnit price\t{head}", f"TEA-1\t10\t9.90\t{cell}")
    total = Decimal("99.00") - Decimal(off or 0)
    assert (sums(order), codes(order)) == ([("9.90", off, str(total))], set())


@pytest.mark.parametrize(("head", "cell"), [("折扣", "0.9"), ("折扣", "90"), ("Rabatt", "10"), ("Discount", "10% off")])
def test_a_discount_that_can_be_two_waits(head, cell):
    order = table(f"SKU\tQty\tUnit price\t{head}", f"TEA-1\t10\t9.90\t{cell}")
    (found,) = order.problems
    assert (found.code, found.field, order.lines[0].unit_price) == ("price_missing", "lines.0.unit_price", None)
    assert head in found.message


@pytest.mark.parametrize(("head", "off"), [("Discount", "10%"), ("折扣", "9折")])
def test_a_discount_left_empty_is_none_and_moves_no_cell(head, off):
    order = table(f"SKU\tQty\tPrice\t{head}\tTotal", "TEA-1\t10\t9.90\t\t99.00", f"POT-1\t10\t9.90\t{off}\t89.10")
    assert sums(order) == [("9.90", None, "99.00"), ("9.90", "9.90", "89.10")]


def test_a_total_shows_that_the_discount_is_in_the_price_already():
    order = table("SKU\tQty\tPrice\tDiscount\tTotal", "TEA-1\t10\t8.91\t10%\t89.10", "POT-1\t10\t9.90\t10%\t89.10")
    assert sums(order) == [("8.91", None, "89.10"), ("9.90", "9.90", "89.10")]
    assert codes(order) == set()


@pytest.mark.parametrize("label", ["Discount: 10%", "折扣：9折", "Discount: 10%\nTotal: 89.10 EUR"])
def test_a_discount_of_the_whole_order_is_taken_off(label):
    order = table("SKU\tQty\tPrice", "TEA-1\t10\t9.90", below=f"{label}\n")
    assert (order.totals.discount, codes(order)) == (Decimal("9.90"), set())


def test_a_discount_that_does_not_make_the_total_holds():
    order = table("SKU\tQty\tPrice", "TEA-1\t10\t9.90", below="Discount: 10%\nTotal: 99.00 EUR\n")
    assert codes(order) == {"total_mismatch"}


PER = [
    ("SKU\tQty\tPrice", "SCR-1\t1000\t45.00 per 1000", "45.00"),
    ("SKU\tQty\tPrice", "SCR-1\t1000\t4,50 €/100 Stk", "45.00"),
    ("SKU\tQty\tUnit Price (per 100)", "SCR-1\t1000\t4.50", "45.00"),
    ("货号\t数量\t单价（元/千个）", "SCR-1\t1000\t45.00", "45.00"),
    ("SKU\tQty\tPrice\tPer", "SCR-1\t1000\t4.50\t100", "45.00"),
    ("SKU\tQty\tPrice\tPer", "SCR-1\t10\t4.50\t1", "45.00"),
    ("SKU\tQty\tPrice", "SCR-1\t2 500\t1 250,00", "3125000.00"),
]


@pytest.mark.parametrize(("head", "row", "total"), PER)
def test_a_cell_says_what_one_piece_costs(head, row, total):
    order = table(head, row)
    assert ([line[2] for line in sums(order)], codes(order)) == ([total], set())


def test_a_price_by_weight_of_a_piece_waits():
    order = table("SKU\tQty\tPrice", "TEA-1\t10\t2.00 / 100 g")
    assert codes(order) == {"price_missing"}


def test_goods_set_below_each_other_name_the_price_of_many():
    body = "Item: SCR-1\nQuantity: 1000\nPrice: 4.50 EUR per 100\n"
    (line,) = one(mail("PO-1", f"We order:\n\n{body}\n")).lines
    assert (line.unit_price, line.total) == (Decimal("0.045"), Decimal("45.00"))
