"""Prices for more than one piece: the price of one is read, and what a price is for is never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.connectors.sheet_files import xlsx
from tests.connectors.sheet_reading import codes, goods, one


def line(price: str, *, head: str = "Unit Price", more: str = "", said: str = "", unit: str = "", qty: str = "1000"):
    return one(f'PO Number,SKU,Qty,Unit,"{head}"{more}\nPO-1,A-1,{qty},{unit},"{price}"{said}\n', currency="EUR")


@pytest.mark.parametrize(
    "price",
    ["12.50 EUR/100", "12.50/100", "€12.50 / 100", "12.50 EUR per 100", "12.50 je 100", "12.50 pro 100 Stk", "12.50 EUR/100 pcs", "12.50元/百个",
     "12.50元/100个", "12.50 per hundred", "125 EUR/1000", "125 per thousand", "125元/千个"],
)  # fmt: skip
def test_a_price_for_many_pieces_is_divided(price):
    order = line(price)
    assert goods(order) == [("A-1", 1000, Decimal("0.125"))]
    assert order.totals.lines == Decimal("125.00")


@pytest.mark.parametrize(
    "price",
    ["12.50", "12.50 EUR", "12.50 EUR/EA", "12.50/Stk", "12.50/pc", "€12.50 per piece", "12.50元/盒", "12.50元/千克", "12.50/1", "12.50 EUR/100 kg"],
)  # fmt: skip
def test_a_price_for_one_stays_as_it_is(price):
    unit, qty = ("kg", "5") if "100 kg" in price else ("", "5")
    assert goods(line(price, unit=unit, qty=qty)) == [
        ("A-1", 5, Decimal("0.125") if "100 kg" in price else Decimal("12.50"))
    ]


@pytest.mark.parametrize(
    ("price", "unit"),
    [("12.50/100 g", ""), ("12.50/100 g", "EA"), ("12.50 EUR/100 pcs", "box"), ("12.50/dozen", ""), ("12.50/M", "EA"), ("12.50/C", ""),
     ("EUR 12.50/14.90", ""), ("12.50/15", "")],
)  # fmt: skip
def test_a_price_whose_unit_is_unclear_refuses_its_row(price, unit):
    order = line(price, unit=unit)
    (told,) = [found for found in order.problems if found.code == "row_invalid"]
    assert (told.field, order.lines) == ("rows.2.unit_price", ())
    assert price in told.message


@pytest.mark.parametrize(("price", "unit"), [("12.50/dozen", "dozen"), ("12.50/M", "m"), ("12.50/打", "打")])
def test_a_price_for_the_unit_that_is_counted_is_the_price_of_one(price, unit):
    assert goods(line(price, unit=unit, qty="5")) == [("A-1", 5, Decimal("12.50"))]


@pytest.mark.parametrize(
    "head", ["Unit Price (per 100)", "Price (EUR/100)", "Preis (je 100 Stk)", "单价（元/百个）", "单价(元/100个)"]
)
def test_a_head_says_what_its_prices_are_for(head):
    assert goods(line("12.50", head=head)) == [("A-1", 1000, Decimal("0.125"))]


@pytest.mark.parametrize(
    "head", ["Unit Price (USD/EA)", "Price (incl. 19 % VAT)", "单价（元/个）", "单价(元/千克)", "Price (EUR/pc)"]
)
def test_heads_of_prices_for_one_divide_nothing(head):
    assert line("12.50", head=head).lines[0].unit_price == Decimal("12.50")


@pytest.mark.parametrize("head", ["Price Unit", "PE", "Preiseinheit", "Per", "Unité de prix", "计价单位"])
@pytest.mark.parametrize("said", ["100", "100 ST", "per 100"])
def test_a_column_of_price_units_divides(head, said):
    assert goods(line("12.50", head="Price", more=f",{head}", said=f",{said}")) == [("A-1", 1000, Decimal("0.125"))]


@pytest.mark.parametrize("said", ["", "1", "EA", "EUR", "Stk", "个"])
def test_a_price_unit_of_one_or_a_mere_unit_divides_nothing(said):
    assert goods(line("12.50", head="Price", more=",Price Unit", said=f",{said}")) == [("A-1", 1000, Decimal("12.50"))]


@pytest.mark.parametrize("said", ["0", "2.5", "-100", "C", "x1y"])
def test_a_price_unit_that_is_none_refuses_its_row(said):
    assert codes(line("12.50", head="Price", more=",Price Unit", said=f",{said}"))["rows.2.unit_price"] == "row_invalid"


def test_a_pack_is_not_taken_for_what_the_price_is_for():
    assert codes(line("12.50", head="Preis", more=",PE", said=",12"))["rows.2.unit_price"] == "row_invalid"
    assert line("12.00", head="Preis", more=",Preiseinheit", said=",12").lines[0].unit_price == 1


def test_number_cells_of_a_workbook_are_divided_too():
    order = one(xlsx([("PO", "SKU", "Qty", "Price", "PE"), ("P1", "A-1", 1000, 12.5, 100), ("P1", "A-2", 3, 2.5, 1)]))
    assert goods(order) == [("A-1", 1000, Decimal("0.125")), ("A-2", 3, Decimal("2.50"))]


def test_price_and_column_that_say_the_same_are_divided_once():
    assert goods(line("12.50 EUR/100", more=",PE", said=",100")) == [("A-1", 1000, Decimal("0.125"))]
    assert codes(line("12.50 EUR/100", more=",PE", said=",1000"))["rows.2.unit_price"] == "row_invalid"


def test_the_only_price_of_a_sheet_is_no_price_unit():
    order = one("PO,SKU,Qty,Price Unit,Amount\nP1,A-1,2,12,24\n")
    assert goods(order) == [("A-1", 2, Decimal("12.00"))]
    both = one("PO,SKU,Qty,Price Unit,Price\nP1,A-1,2,15,30\n")
    assert codes(both)["rows.2.unit_price"] == "row_invalid"


def test_a_line_total_that_fits_the_undivided_price_holds():
    order = one("PO,SKU,Qty,Price,PE,Amount\nP1,A-1,10,12.50,100,125.00\n")
    assert codes(order)["lines.0.total"] == "total_mismatch"


def test_prices_for_many_show_the_decimal_sign_of_their_sheet():
    order = one(
        "Bestellnummer;Artikelnummer;Menge;ME;Einzelpreis\n7;A-1;1.000;ST;12,50 €/100 ST\n7;A-2;10;ST;12,50 €/ST\n"
    )
    assert goods(order) == [("A-1", 1000, Decimal("0.125")), ("A-2", 10, Decimal("12.50"))]
