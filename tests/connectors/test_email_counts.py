"""How many a line of a mail wants: whole numbers however they are written, and no content of a pack."""

from __future__ import annotations

import pytest

from connectors.base import ChannelOrder, Severity
from connectors.mail.figures import quantity
from tests.connectors.mails import lines_of, mail, one


def order_with(*lines: str) -> ChannelOrder:
    body = "".join(f"{line}\n" for line in lines)
    return one(mail("Order 4711", f"Please ship:\n\n{body}\nThanks\n"), currency="EUR")


def read(line: str) -> tuple[str | None, str | None]:
    """(quantity, unit) of the only line of an order that nobody has to look at for its quantity."""
    order = order_with(line)
    assert [found for found in order.problems if found.field == "lines.0.qty"] == []
    (found,) = order.lines
    return lines_of(order)[0][1], found.unit


COUNTS = [
    ("POT-2 3万个 单价0.5元", ("30000", "个")),
    ("POT-2 3.5万只 单价0.5元", ("35000", "只")),
    ("POT-2 3万5千个 单价0.5元", ("35000", "个")),
    ("CUP-1 5千个 单价1元", ("5000", "个")),
    ("CUP-1 数量：5千 单价1元", ("5000", "EA")),
    ("FLO-1 5千克 单价8元", ("5", "千克")),
    ("TEA-1 一百零五盒 单价8元", ("105", "盒")),
    ("TEA-1 壹佰盒 单价8元", ("100", "盒")),
    ("TEA-1 第三代 10盒 单价8元", ("10", "盒")),
    ("2 500 x SCR-620 @ 0.10 EUR", ("2500", "EA")),
    ("2 500 pcs SCR-620 @ 0.10 EUR", ("2500", "pcs")),
    ("SCR-620 x 12 500 @ 0.10 EUR", ("12500", "EA")),
    ("1'000 x SCR-620 @ 0.10 EUR", ("1000", "EA")),
    ("4 24V relays REL-1 @ 9.90 EUR", ("4", "EA")),
    ("5 10 mm bolts SCR-1 @ 0.10 EUR", ("5", "EA")),
    ("2 x 500 ml bottles WAT-1 @ 1.00 EUR", ("2", "EA")),
    ("2 x 25 kg bags FLO-1 @ 10.00 EUR", ("2", "EA")),
]
PACKS = [
    ("TEA-1 绿茶 5箱，每箱24盒", ("5", "箱")),
    ("CUP-1 一箱 单价240元（24个/箱）", ("1", "箱")),
    ("TEA-1 24盒装 5箱 单价10元", ("5", "箱")),
    ("TEA-1 10个/盒 5盒 单价20元", ("5", "盒")),
    ("2 cases of CUP-1 (12 per case)", ("2", "cases")),
    ("CUP-1 12 pcs/case, 5 cases @ 20.00 EUR", ("5", "cases")),
    ("5 cases CUP-1 (1 case = 12 pcs) @ 20.00 EUR", ("5", "cases")),
    ("12 CUP-1 (1 dozen) @ 9.90 EUR", ("12", "EA")),
    ("10 packs of 5 pens PEN-5 @ 2.50 EUR", ("10", "packs")),
    ("CUP-1 (10 pcs) @ 9.90 EUR", ("10", "pcs")),
]
UNSURE = [
    ("TEA-1 100+5盒 单价10元", "100+5盒"),
    ("TEA-1 10盒赠2盒 单价10元", "10盒赠2盒"),
    ("TEA-1 5~10盒 单价10元", "5~10盒"),
    ("TEA-1 5箱120盒 单价10元", "5箱120盒"),
    ("TEA-1 5箱×24盒 单价10元", "5箱×24盒"),
    ("TEA-1 两箱半 单价10元", "两箱半"),
    ("TEA-1 两三箱 单价10元", "write it in digits"),
    ("TEA-1 一百五盒 单价10元", "write it in digits"),
    ("SCR-620 2 500 pcs @ 0.10 EUR", "2500 or 500"),
    ("Widget 2 100 pcs WID-1 @ 0.10 EUR", "2100 or 100"),
    ("2 500 SCR-620 @ 0.10 EUR", "2500 or 500"),
    ("2 500 kg FLO-1 @ 1.00 EUR", "2 of 500 kg"),
    ("2 10 x TEA-1 @ 9.90 EUR", "two numbers"),
    ("2 x 50 pcs TEA-1 @ 9.90 EUR", "2 x 50 pcs"),
    ("2 hundred pcs TEA-1 @ 9.90 EUR", "2 hundred"),
    ("10+1 pcs TEA-1 @ 9.90 EUR", "10+1"),
    ("2 CUP-1 (12 pcs) @ 9.90 EUR", "could be 2 or 12"),
    ("a box of 12 pcs CUP-1 @ 9.90 EUR", "a box of 12 pcs"),
]


@pytest.mark.parametrize(("line", "expected"), COUNTS)
def test_a_quantity_is_read_whole(line, expected):
    assert read(line) == expected


@pytest.mark.parametrize(("line", "expected"), PACKS)
def test_what_a_pack_holds_is_no_quantity(line, expected):
    assert read(line) == expected


@pytest.mark.parametrize(("line", "told"), UNSURE)
def test_of_two_numbers_none_is_chosen_in_silence(line, told):
    (found,) = [problem for problem in order_with(line).problems if problem.field == "lines.0.qty"]
    assert (found.code, found.severity) == ("qty_invalid", Severity.HOLD)
    assert told in found.message


@pytest.mark.parametrize("line", ["TEA-1 几百盒 单价10元", "TEA-1 上千盒 单价10元", "TEA-1 3万多盒 单价10元"])
def test_some_hundreds_are_no_number(line):
    assert ("qty_missing", "lines.0.qty") in {(found.code, found.field) for found in order_with(line).problems}


def test_numbers_of_lines_before_three_digits_are_no_thousands_for_sure():
    order = order_with("1 500 x A-1 @ 1.00 EUR", "2 300 x B-1 @ 1.00 EUR")
    told = {found.field: found.message for found in order.problems if found.code == "qty_invalid"}
    assert set(told) == {"lines.0.qty", "lines.1.qty"}
    assert "1500 or 500" in told["lines.0.qty"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("2 500", "2500"), ("10\u00a0000 pcs", "10000"), ("3万个", "30000"), ("1万2千500个", "12500")],
)
def test_a_cell_with_a_grouped_quantity_is_read_whole(cell, expected):
    count = quantity(cell)
    assert (f"{count.qty.value:f}", count.doubt) == (expected, None)
