"""Goods that stand beside others which are read easily: none is lost, and none gets a wrong quantity, without a word."""

from __future__ import annotations

import pytest

from connectors.base import ChannelOrder, Severity
from tests.connectors.mails import codes, lines_of, mail, one

READ = [
    ("2,5 kg DEF-9 @ 12,00 EUR", ("DEF-9", "2.5", "12.00")),
    ("1.000,5 kg DEF-9 @ 12,00 EUR", ("DEF-9", "1000.5", "12.00")),
    ("DEF-1 - 5 - EUR 3.00", ("DEF-1", "5", "3.00")),
    ("DEF-1 | 5 | EUR 3.00", ("DEF-1", "5", "3.00")),
    ("GHI-2: twenty-five pieces @ EUR 1.00", ("GHI-2", "25", "1.00")),
    ("two hundred and five pieces GHI-2 @ EUR 1.00", ("GHI-2", "205", "1.00")),
    ("5 x phone case DEF-9 @ EUR 3.00", ("DEF-9", "5", "3.00")),
    ("3 boxes of A4 paper 80 gsm SKU: PAP-1 @ EUR 2.00", ("PAP-1", "3", "2.00")),
]
UNSURE = [
    ("1.000 x GHI-9 @ 0,10 EUR", ("GHI-9", "1", "0.10"), "1.000 or 1000"),
    ("5 iPhone 15 cases SKU: IP15-C @ EUR 3.00", ("IP15-C", "5", "3.00"), "5 or 15"),
    ("GHI-2: five twenty pieces @ EUR 1.00", ("GHI-2", None, "1.00"), "is no quantity"),
]
COUNTLESS = ["DEF-9 @ EUR 3.00", "- DEF-9: EUR 3.00 each", "DEF-9 Blue widget EUR 3.00", "12-24 x DEF-9 @ EUR 3.00"]
NO_GOODS = [
    "Our account GHI-22 is open, EUR 12.00 was paid",
    "Coupon WINTER-25 EUR 3.00",
    "Call us at extension B-12 within 5 days for the price of EUR 3.00",
    "Please send it with DHL-24 if that is under EUR 5.00 again",
]


def order_with(line: str) -> ChannelOrder:
    """An order of goods that are read easily, with a line more."""
    return one(mail("PO-1", f"Please supply:\n\n5 x ABC-1 @ EUR 2.00\n{line}\nThanks\n"))


@pytest.mark.parametrize(("line", "expected"), READ)
def test_goods_in_other_figures_and_signs_are_read_beside_plain_ones(line, expected):
    order = order_with(line)
    assert lines_of(order) == [("ABC-1", "5", "2.00"), expected]
    assert codes(order) == {"address_missing"}


@pytest.mark.parametrize(("line", "expected", "told"), UNSURE)
def test_a_quantity_that_could_be_another_waits_for_a_person(line, expected, told):
    order = order_with(line)
    assert lines_of(order) == [("ABC-1", "5", "2.00"), expected]
    (found,) = [problem for problem in order.problems if problem.code == "qty_invalid"]
    assert (found.severity, found.field) == (Severity.HOLD, "lines.1.qty")
    assert told in found.message


@pytest.mark.parametrize("line", COUNTLESS)
def test_a_code_with_its_price_is_a_line_that_lacks_its_quantity(line):
    order = order_with(line)
    assert lines_of(order) == [("ABC-1", "5", "2.00"), ("DEF-9", None, "3.00")]
    assert ("qty_missing", "lines.1.qty") in {(found.code, found.field) for found in order.problems}


def test_a_price_with_a_share_beside_it_is_for_a_person():
    order = order_with("5 x DEF-9 @ EUR 3.00 less 10%")
    assert lines_of(order) == [("ABC-1", "5", "2.00"), ("DEF-9", "5", None)]
    assert ("price_missing", "lines.1.unit_price") in {(found.code, found.field) for found in order.problems}


@pytest.mark.parametrize("line", NO_GOODS)
def test_a_code_and_an_amount_in_a_sentence_are_no_goods(line):
    assert lines_of(order_with(line)) == [("ABC-1", "5", "2.00")]


@pytest.mark.parametrize(
    "opening",
    ["Order:", "Purchase order:", "PO:", "Our order:", "Delivery:", "Customer:", "Total:", "订单：", "Order: "],
)
@pytest.mark.parametrize(
    "goods", [("TEA-100 2 pcs @ 5.00", "CUP-100 3 pcs @ 4.00"), ("2 x TEA-100 @ 5.00", "3 x CUP-100 @ 4.00")]
)
def test_the_first_goods_below_a_word_that_opens_the_list_are_goods(opening, goods):
    # A label alone on its line has its value below, and `Order` is a label of the order's number.
    gap = "" if opening.endswith(" ") else "\n"
    order = one(mail("PO-1 for you", f"{opening}{gap}{goods[0]}\n{goods[1]}\n\nJane\n"))
    assert (order.channel_order_id, lines_of(order)) == ("PO-1", [("TEA-100", "2", "5.00"), ("CUP-100", "3", "4.00")])


@pytest.mark.parametrize(
    "said",
    ["Order: 4711", "Order:\n4711", "PO: 4711 (rush)", "Purchase Order No:\n4711", "Order:\n4711 dated 5 March 2026"],
)
def test_a_number_below_or_behind_such_a_word_is_the_orders(said):
    order = one(mail("Hello", f"{said}\nTEA-100 2 pcs @ 5.00\n\nJane\n"))
    assert (order.channel_order_id, lines_of(order)) == ("4711", [("TEA-100", "2", "5.00")])


@pytest.mark.parametrize(
    "line",
    [
        "5 x CUP-100 (cancelled)",
        "CUP-100 5 pcs - not needed",
        "no CUP-100 5 pcs",
        "Last order was 5 pcs CUP-100",
        "CUP-100 5个（取消）",
        "上次 CUP-100 5个",
    ],
)
def test_goods_that_may_not_be_wanted_are_asked_about(line):
    order = one(mail("PO-1", f"Please send:\n2 pcs TEA-100 @ 5.00\n{line}\n\nJane\n"))
    assert [problem.field for problem in order.problems if problem.code == "qty_invalid"] == ["lines.1.qty"]
