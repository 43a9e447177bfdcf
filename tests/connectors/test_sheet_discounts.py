"""A discount beside a list price and a net price is taken off once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.connectors.sheet_reading import codes, one


def order(heads: str, cells: str):
    return one(f"PO Number,SKU,Qty,{heads}\nPO-1,A-1,10,{cells}\n", currency="EUR")


@pytest.mark.parametrize(
    ("heads", "cells"),
    [
        ("List Price,Discount %,Net Price", "2.50,10,2.25"),
        ("Net Price,List Price,Discount %", "2.25,2.50,10"),
        ("List Price,Discount,Net Price", "2.50,10%,2.25"),
        ("List Price,Discount,Net Price", "2.50,2.50,2.25"),
        ("List Price,Discount,Net Price", "2.50,0.25,2.25"),
        ("Price,Discount %,Sale Price", "2.50,10,2.25"),
        ("Unit Price,Discount %,Net Price", "2.50,10,2.25"),
        ("Listenpreis,Rabatt %,Nettopreis", "2.50,10,2.25"),
        ("原价,折扣,折后价", "2.50,9折,2.25"),
        ("单价,折扣,折后价", "2.50,9折,2.25"),
        ("Prix catalogue,Remise %,Prix", "2.50,10,2.25"),
        ("Original Price,Discount %,Discounted Price,Line Total", "2.50,10,2.25,22.50"),
    ],
)
def test_the_price_before_the_discount_is_taken_with_it(heads, cells):
    (line,) = order(heads, cells).lines
    assert (line.unit_price, line.discount, line.total) == (Decimal("2.50"), Decimal("2.50"), Decimal("22.50"))
    assert "total_mismatch" not in codes(order(heads, cells)).values()


@pytest.mark.parametrize(
    ("heads", "cells", "total"),
    [
        ("List Price,Discount %", "2.50,10", "22.50"),
        ("Net Price,Discount %", "2.50,10", "22.50"),
        ("List Price,Net Price", "2.50,2.25", "22.50"),
        ("Original Price,Discounted Price", "2.50,2.25", "22.50"),
        ("List Price,Discount %,Net Price", "2.50,,2.50", "25.00"),
        ("List Price,Discount %,Net Price", "2.50,0,2.50", "25.00"),
        ("Price,Cost,Discount %", "2.50,1.00,10", "22.50"),
        ("Net Price,Gross Price,Discount %", "2.50,2.98,10", "22.50"),
    ],
)
def test_other_prices_are_read_as_before(heads, cells, total):
    assert (str(order(heads, cells).lines[0].total), "total_mismatch" in codes(order(heads, cells)).values()) == (
        total,
        False,
    )


def test_a_net_price_that_is_not_what_the_discount_leaves_holds():
    found = order("List Price,Discount %,Net Price", "2.50,10,2.40")
    (told,) = [said for said in found.problems if said.code == "total_mismatch"]
    assert told.field == "lines.0.unit_price"
    assert "List Price 2.50 less the discount is not Net Price 2.40" in told.message


@pytest.mark.parametrize(("given", "discount"), [("22.41", "2.49"), ("22.40", "2.50"), ("", "2.50")])
def test_the_line_total_tells_how_a_net_price_was_rounded(given, discount):
    found = order("List Price,Discount %,Net Price,Line Total", f"2.49,10,2.24,{given}")
    assert found.lines[0].discount == Decimal(discount)
    assert "total_mismatch" not in codes(found).values()
