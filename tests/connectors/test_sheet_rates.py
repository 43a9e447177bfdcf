"""Percentages of a sheet become amounts, or are said to be unclear; none is taken for money or passed over."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.headers import recognise
from connectors.rates import percent_off, rate_of
from tests.connectors.sheet_files import ods_number, ods_of, ods_text, xlsx_shown
from tests.connectors.sheet_reading import codes, goods, one


def line_of(head: str, cell: str, *, price: str = "Price"):
    (line,) = one(f"PO,SKU,Qty,{price},{head}\nP1,A,2,100,{cell}\n").lines
    return line


@pytest.mark.parametrize(
    ("head", "cell", "discount"),
    [("Discount (%)", "10", "20.00"), ("Discount %", "10", "20.00"), ("Discount (%)", "10%", "20.00"), ("Disc. %", "12.5", "25.00"),
     ("Discount percent", "10", "20.00"), ("Rabatt (%)", "10", "20.00"), ("Rabatt in %", '"2,5"', "5.00"), ("折扣", "9折", "20.00"),
     ("折扣", "八五折", "30.00"), ("折扣率", "85折", "30.00"), ("折扣", "8.5折", "30.00"), ("折扣", "10折", "0.00"), ("折扣", "无折扣", "0.00"),
     ("Discount", "9折", "20.00"), ("Rabatt", "10%", "20.00"), ("Rabatt (EUR)", "10", "10.00"), ("Disc.", "10 %", "20.00"), ("Rabatt", "0", "0.00"), ("Discount", "10", "10.00"), ("折扣金额", "10", "10.00"), ("Discount (EUR)", "10", "10.00"), ("Discount (%)", "0", "0.00")],
)  # fmt: skip
def test_a_discount_in_percent_is_taken_off_the_line(head, cell, discount):
    line = line_of(head, cell)
    assert (line.discount, line.total) == (Decimal(discount), Decimal(200) - Decimal(discount))


@pytest.mark.parametrize(
    ("head", "cell", "word"),
    [("Discount (%)", "0.1", "0.1 % or 10 %"), ("Discount (%)", "150", "more than"), ("Discount %", "some", "no percentage"),
     ("Rabatt", "10", "percentage or an amount"), ("Disc.", "10", "percentage or an amount"), ("Discount (USD or %)", "10", "percentage or an amount"),
     ("折扣", "0.9", "0.9"), ("折扣", "90%", "9折"), ("折扣", "10", "9折"), ("VAT (%)", "0.19", "19 %"), ("VAT %", "x", "no percentage")],
)  # fmt: skip
def test_a_percentage_that_can_be_two_refuses_its_row(head, cell, word):
    order = one(f"PO,SKU,Qty,Price,{head}\nP1,A,2,100,{cell}\n")
    (told,) = [found for found in order.problems if found.code == "row_invalid"]
    assert word in told.message
    assert repr(head) in told.message


def test_a_cell_that_is_shown_as_a_percentage_is_one():
    heads = ("PO", "SKU", "Qty", "Price", "Discount")
    found = [
        one(xlsx_shown([heads, ("P1", "A", 2, 100, 0.1)], {"E2": "0%"})),
        one(ods_of(
            *(ods_text(f"<text:p>{text}</text:p>") for text in ("P1", "A")), ods_number("2", "2"), ods_number("100", "100"),
            ods_number("0.1", "10 %", "percentage"), heads=heads,
        )),
    ]  # fmt: skip
    assert [order.lines[0].discount for order in found] == [Decimal("20.00")] * 2
    priced = one(xlsx_shown([heads, ("P1", "A", 2, 0.1, 0)], {"D2": "0%"}))
    assert codes(priced)["rows.2.unit_price"] == "row_invalid"


@pytest.mark.parametrize(
    ("price", "head", "cell", "tax", "included"),
    [("Price (excl. VAT)", "VAT (%)", "19", "38.00", False), ("Price (incl. VAT)", "VAT (%)", "19", "31.93", True), ("含税单价", "税率", "13%", "23.01", True),
     ("不含税单价", "税率", "0.13", "26.00", False), ("Nettopreis", "MwSt. %", "19", "38.00", False), ("Price (excl. VAT)", "VAT", "19%", "38.00", False),
     ("Price (excl. VAT)", "VAT", "19", "19.00", False), ("Net Price", "VAT %", "19", "38.00", False), ("Unit price ex VAT", "VAT %", "19", "38.00", False),
     ("Gross price", "VAT %", "19", "31.93", True), ("Prix HT", "TVA %", "19", "38.00", False)],
)  # fmt: skip
def test_a_rate_of_tax_is_no_amount(price, head, cell, tax, included):
    order = one(f"PO,SKU,Qty,{price},{head},Currency\nP1,A,2,100,{cell},EUR\n")
    assert (order.lines[0].tax, order.totals.tax, order.totals.tax_included) == (Decimal(tax), Decimal(tax), included)
    assert not {"row_invalid", "total_mismatch"} & set(codes(order).values())


def test_a_net_price_stands_beside_a_total_with_its_tax():
    order = one("PO,SKU,Qty,Net Price,VAT %,Line total incl. VAT,Currency\nP1,A,2,100,20,240,EUR\n")
    assert (order.lines[0].tax, order.totals.tax_included, codes(order).get("lines.0.tax")) == (
        Decimal(40),
        False,
        None,
    )


@pytest.mark.parametrize("cell", ["exempt", "0", "0%"])
def test_a_rate_of_nothing_leaves_nothing_open(cell):
    order = one(f"PO,SKU,Qty,Price,Tax rate\nP1,A,2,100,{cell}\n")
    assert (order.lines[0].tax, "lines.0.tax" in codes(order)) == (0, False)


def test_a_rate_without_word_of_net_or_gross_holds():
    order = one("PO,SKU,Qty,Price,VAT (%)\nP1,A,2,100,19\n")
    (told,) = [found for found in order.problems if found.field == "lines.0.tax"]
    assert (told.code, told.severity, order.lines[0].tax) == ("total_mismatch", "hold", Decimal("38.00"))
    assert "row 2, column 'VAT (%)' says 19 %" in told.message


@pytest.mark.parametrize(
    ("total", "tax", "included", "fields"),
    [("238", "38.00", None, set()), ("200", "31.93", True, set()), ("222", "38.00", None, {"lines.0.tax", "totals.total"})],
)  # fmt: skip
def test_the_orders_total_tells_net_from_gross(total, tax, included, fields):
    order = one(f"PO,SKU,Qty,Price,VAT (%),Order Total,Currency\nP1,A,2,100,19,{total},EUR\n")
    assert (order.lines[0].tax, order.totals.tax, order.totals.tax_included) == (Decimal(tax), Decimal(tax), included)
    assert {found.field for found in order.problems if found.code == "total_mismatch"} == fields


def test_a_line_total_with_its_tax_tells_that_the_price_is_net():
    order = one("PO,SKU,Qty,Price,VAT (%),Line Total\nP1,A,2,100,19,238\n")
    assert (order.lines[0].tax, "total_mismatch" in codes(order).values()) == (Decimal("38.00"), False)


def test_amounts_are_taken_before_percentages_of_the_same_thing():
    order = one("PO,SKU,Qty,Price,Discount (%),Discount Amount,VAT %,VAT\nP1,A,2,100,10,5,19,37.05\n")
    assert (order.lines[0].discount, order.lines[0].tax, order.totals.discount) == (5, Decimal("37.05"), None)
    assert "lines.1.tax" not in codes(order)


def test_a_percentage_of_the_whole_order_asks_for_its_amount():
    order = one("PO,SKU,Qty,Price,Order Discount (%)\nP1,A,2,100,10\n")
    assert (codes(order)["rows.2.totals.discount"], order.totals.discount) == ("row_invalid", None)
    below = one("SKU,Qty,Price\nA,2,100\n,Discount (%),10\n")
    assert (codes(below)["rows.2.totals.discount"], below.totals.discount) == ("row_invalid", None)


def test_a_total_that_names_a_rate_is_an_amount():
    columns = recognise(["SKU", "Qty", "Unit Price (incl. 19 % VAT)", "Exchange rate"])
    assert columns.places["lines.unit_price"] == 2
    assert columns.unknown == ("Exchange rate",)
    assert goods(one("PO,SKU,Qty,Rate\nP1,A,2,7\n")) == [("A", 2, 7)]
    assert rate_of("VAT (19%)") is None


def test_a_discount_without_a_percentage_is_an_amount():
    assert percent_off("10.00", head="Discount", is_rate=False) is None
