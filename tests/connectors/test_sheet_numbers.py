"""Numbers of a sheet: what a number cell says is certain, and what a text says in two ways is for a person."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.sheet_cells import ReadTwoWays, habit, number, refuse_two_ways
from tests.connectors.sheet_files import ods, xlsx
from tests.connectors.sheet_reading import codes, goods, one

HEADS = ("PO", "SKU", "Qty", "Price", "Shipping")


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_number_cell_has_a_point_whatever_the_texts_beside_it_have(write):
    order = one(write([HEADS, ("P1", "A", 1.125, 2.125, "5,90"), ("P1", "B", 3, "12,50", "5,90")]))
    assert goods(order) == [("A", Decimal("1.125"), Decimal("2.125")), ("B", 3, Decimal("12.50"))]
    assert order.totals.shipping == Decimal("5.90")


def test_number_cells_say_nothing_of_how_texts_are_written():
    order = one(xlsx([HEADS, ("P1", "A", "1.500", 2.75, 0)]))
    assert codes(order)["lines.0.qty"] == "qty_invalid"


@pytest.mark.parametrize("text", ["1.500", "1,500", "1.500 kg"])
def test_a_quantity_that_can_be_two_holds_and_says_both(text):
    order = one(f"PO;SKU;Qty;Unit;Price\nP1;A;{text};kg;4\n")
    (told,) = [found for found in order.problems if found.field == "lines.0.qty"]
    assert (told.code, order.lines[0].qty) == ("qty_invalid", None)
    assert "row 2" in told.message
    assert "1.5 or 1500" in told.message


@pytest.mark.parametrize("price", ["2.125", "€ 2.125", "2,125"])
def test_a_price_that_can_be_two_refuses_its_row(price):
    order = one(f"PO;SKU;Qty;Price\nP1;A;1;{price}\nP1;B;1;4\n")
    (told,) = [found for found in order.problems if found.code == "row_invalid"]
    assert told.field == "rows.2.unit_price"
    assert "2.125 or 2125" in told.message
    assert [line.sku for line in order.lines] == ["B"]


def test_a_sum_that_can_be_two_is_named():
    order = one("PO;SKU;Qty;Price;Order Total\nP1;A;1;4;1.250\n")
    assert codes(order)["rows.2.totals.total"] == "row_invalid"


@pytest.mark.parametrize(
    ("qty", "price", "read"),
    [("1.500", "12,50", "1500"), ("1.500", "12.50", "1.5"), ("1,500", "12.50", "1500"), ("1,500", "12,50", "1.5"),
     ("1.500", "1.234.567", "1500"), ("1.500", "1234.500", "1.5"), ("0.500", "12,50", "0.5")],
)  # fmt: skip
def test_any_other_number_shows_the_habit(qty, price, read):
    assert one(f"PO;SKU;Qty;Price\nP1;A;{qty};{price}\n").lines[0].qty == Decimal(read)


def test_two_habits_in_one_sheet_prove_neither():
    order = one("PO;SKU;Qty;Price;Shipping\nP1;A;1.500;12,50;5.90\nP1;B;1;2,50;5.90\n")
    assert codes(order)["lines.0.qty"] == "qty_invalid"
    assert order.lines[1].unit_price == Decimal("2.50")


def test_who_parts_cells_by_commas_writes_points():
    assert habit(["1.500"], delimiter=",") == (".", True)
    assert goods(one("PO,SKU,Qty,Price\nP1,A,1.500,4\n")) == [("A", Decimal("1.5"), 4)]
    assert habit(["1.500"], delimiter=";")[1] is False
    assert habit(["1.500"], delimiter=None)[1] is False


def test_zeros_and_four_digits_before_a_sign_are_no_thousands():
    assert number("0.500", mark=",") == Decimal("0.5")
    assert number("1234.500", mark=",") == Decimal("1234.5")
    assert refuse_two_ways("1234.500 12.50 0.500 1.234.567") is None
    with pytest.raises(ReadTwoWays, match="1 or 1000"):
        refuse_two_ways("1,000")


@pytest.mark.parametrize("text", ["1 5", "10 12", "1 2.50", "12 50", "1  000", "1'5"])
def test_two_numbers_in_one_cell_are_not_joined(text):
    told = codes(one(f"PO;SKU;Qty;Price\nP1;A;{text};4\nP1;B;1;{text}\n"))
    assert (told["lines.0.qty"], told["rows.3.unit_price"]) == ("qty_invalid", "row_invalid")


@pytest.mark.parametrize(
    ("text", "read"),
    [("1 000", 1000), ("2 500,00", 2500), ("1'200", 1200), ("12 345 678", 12345678)],
)
def test_blanks_that_part_thousands_are_read(text, read):
    assert one(f"PO;SKU;Qty;Price\nP1;A;{text};4,10\n").lines[0].qty == read
