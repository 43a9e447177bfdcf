"""What goods cost in a mail: the price of each, no sum of the line, no content of a pack, with its discount."""

from __future__ import annotations

import pytest

from connectors.base import ChannelOrder
from tests.connectors.mails import mail, one


def order_with(*lines: str, below: str = "") -> ChannelOrder:
    body = "".join(f"{line}\n" for line in lines)
    return one(mail("Order 4711", f"Please ship:\n\n{body}\n{below}\nThanks\n"), currency="EUR")


def sums(order: ChannelOrder) -> tuple[str | None, str | None]:
    """(unit price, total) of the only line."""
    (line,) = order.lines
    return (None if line.unit_price is None else str(line.unit_price), None if line.total is None else str(line.total))


TOTALS = [
    ("TEA-1 10 pcs 9.90 EUR 99.00 EUR", ("9.90", "99.00")),
    ("TEA-1 10 pcs EUR 9.90 EUR 99.00", ("9.90", "99.00")),
    ("TEA-1 10 pcs 9.90 99.00 EUR", ("9.90", "99.00")),
    ("TEA-1 | 10 | 9.90 EUR | 99.00 EUR", ("9.90", "99.00")),
    ("10 x TEA-1 @ 9.90 EUR (99.00 EUR)", ("9.90", "99.00")),
    ("10 pcs TEA-1 for EUR 99.00 total", ("9.90", "99.00")),
    ("10 x TEA-1 99.00 EUR in total", ("9.90", "99.00")),
    ("10 pcs TEA-1 for EUR 9.90 each", ("9.90", "99.00")),
    ("1 TEA-1 for EUR 9.90", ("9.90", "9.90")),
    ("TEA-1 绿茶 20盒 68元 1360元", ("68.00", "1360.00")),
    ("TEA-1 绿茶 20盒 ¥68 ¥1360", ("68.00", "1360.00")),
    ("TEA-1 绿茶 20盒 68元/盒 总价1360元", ("68.00", "1360.00")),
    ("10 x TEA-1 @ 2 500,00 EUR", ("2500.00", "25000.00")),
    ("10 pcs TEA-1, 2 500,00 EUR", ("2500.00", "25000.00")),
    ("TEA-1 10 500.00 EUR", ("500.00", "5000.00")),
    ("12 CUP-1 @ 9.90 EUR", ("9.90", "118.80")),
]
OPEN = [
    "TEA-1 10 pcs 9.90 EUR 98.00 EUR",
    "10 pcs TEA-1 for EUR 99.00",
    "10 Stk TEA-1 für 99,00 EUR",
    "TEA-1 20盒 68元 1300元",
]
PACKS = [
    ("TEA-1 绿茶 5箱，每箱24盒", (None, None)),
    ("2 cases of CUP-1 (12 per case)", (None, None)),
    ("CUP-1 一箱 单价240元（24个/箱）", ("240.00", "240.00")),
    ("TEA-1 5箱（每箱24盒）每箱240元", ("240.00", "1200.00")),
    ("3 cases TEA-1, 12 per case, 24.00 EUR per case", ("24.00", "72.00")),
    ("TEA-1 10卷 每卷50米 单价20元", ("20.00", "200.00")),
]
PER = [
    ("1000 x SCR-620 @ EUR 12.50 per 100", ("0.125", "125.00")),
    ("1000 x SCR-620 @ EUR 12.50 / 100 pcs", ("0.125", "125.00")),
    ("1000 x SCR-620 @ EUR 12.50 (per 100)", ("0.125", "125.00")),
    ("1000 x SCR-620 @ EUR 12.50 for 100", ("0.125", "125.00")),
    ("10 x TEA-1 at 9.90 EUR for 2 shops", ("9.90", "99.00")),
    ("500 x SCR-620 at 12.50 EUR per 1.000", ("0.0125", "6.25")),
    ("1000 pcs SCR-620 45.00 EUR per thousand", ("0.045", "45.00")),
    ("SCR-620 5000个 45元/千个", ("0.045", "225.00")),
    ("SCR-620 5000个 每百只4.5元", ("0.045", "225.00")),
    ("1000 x SCR-620 @ EUR 12.50/C", (None, None)),
    ("10 x TEA-1 @ 2.00 EUR / 100 g", (None, None)),
]
SHARES = ["5 x DEF-9 @ EUR 3.00 minus EUR 1.00", "TEA-1 20盒 单价68元 9折", "5 x DEF-9 @ EUR 3.00, 1.00 EUR off"]


@pytest.mark.parametrize(("line", "expected"), TOTALS)
def test_the_sum_of_a_line_is_not_the_price_of_each(line, expected):
    assert sums(order_with(line)) == expected


@pytest.mark.parametrize("line", OPEN)
def test_an_amount_that_can_be_of_each_or_of_all_waits(line):
    order = order_with(line)
    (found,) = [problem for problem in order.problems if problem.field == "lines.0.unit_price"]
    assert (sums(order), found.code) == ((None, None), "price_missing")
    assert "of each or of all" in found.message


@pytest.mark.parametrize(("line", "expected"), PACKS)
def test_what_a_pack_holds_is_no_price(line, expected):
    assert sums(order_with(line)) == expected


@pytest.mark.parametrize(("line", "expected"), PER)
def test_a_price_of_many_is_divided_or_waits(line, expected):
    assert sums(order_with(line)) == expected


@pytest.mark.parametrize("line", SHARES)
def test_a_price_less_something_waits(line):
    order = order_with(line)
    assert sums(order) == (None, None)
    assert "names a discount" in next(found.message for found in order.problems if found.code == "price_missing")


def test_a_folding_chair_is_not_discounted():
    assert sums(order_with("TEA-1 折叠椅 20把 单价68元")) == ("68.00", "1360.00")


def test_sums_below_the_goods_with_a_blank_in_them_are_read_whole():
    body = "SKU\tQty\tPrice\nTEA-1\t10\t250,00 EUR\n\nTotal: 2 500,00 EUR\n"
    order = one(mail("Order 4711", f"We order:\n\n{body}"))
    assert (str(order.totals.total), {found.code for found in order.problems}) == ("2500.00", {"address_missing"})
