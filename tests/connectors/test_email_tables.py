"""Tables of goods set in plain text whose rows hold separators, or do not fit their heading."""

from __future__ import annotations

import pytest

from connectors.base import ChannelOrder, Severity
from tests.connectors.mails import codes, lines_of, mail, one


def table(*rows: str) -> ChannelOrder:
    return one(mail("PO-1", "We order:\n\n" + "".join(f"{row}\n" for row in rows)))


def test_a_cell_in_quotation_marks_keeps_its_comma():
    order = table("SKU,Name,Qty,Price", 'ABC-1,"Bolt, long",5,2.00', 'DEF-1,Nut,"1,000",0.10', "GHI-1,Pin,5,3.00")
    assert lines_of(order) == [("ABC-1", "5", "2.00"), ("DEF-1", "1000", "0.10"), ("GHI-1", "5", "3.00")]
    assert order.lines[0].name == "Bolt, long"


def test_cells_parted_by_semicolons_hold_decimal_commas():
    assert lines_of(table("SKU;Qty;Price", "ABC-1;5;2,00", "GHI-1;5;3,00")) == [
        ("ABC-1", "5", "2.00"),
        ("GHI-1", "5", "3.00"),
    ]


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        ("SKU,Qty,Price", ("ABC-1,5,2.00", "DEF-1,1,000,0.10", "GHI-1,5,3.00")),
        ("No,SKU,Qty,Price", ("1,ABC-1,5,2.00", "2,DEF-1,1,000,0.10", "3,GHI-1,5,3.00")),
        ("SKU  Qty  Price", ("ABC-1  5  2.00", "DEF-1  red  1,000  0.10", "GHI-1  5  3.00")),
    ],
)
def test_a_row_that_does_not_fit_its_heading_waits_and_hides_none_below(heading, rows):
    order = table(heading, *rows)
    assert lines_of(order) == [("ABC-1", "5", "2.00"), ("GHI-1", "5", "3.00"), ("DEF-1", None, None)]
    (found,) = [problem for problem in order.problems if problem.code == "qty_invalid"]
    assert (found.severity, found.field) == (Severity.HOLD, "lines.2.qty")
    assert "enter its quantity" in found.message


def test_a_table_of_which_no_row_fits_is_no_empty_order():
    order = table("SKU,Qty,Price", "DEF-1,1,000,0.10")
    assert lines_of(order) == [("DEF-1", None, None)]
    assert "qty_invalid" in codes(order)


@pytest.mark.parametrize(
    ("heading", "unit"), [("Qty (cases)", "cases"), ("数量(箱)", "箱"), ("Qty", "EA"), ("Qty (min. 10)", "EA")]
)
def test_a_heading_says_in_what_all_quantities_are_counted(heading, unit):
    order = table(f"SKU;{heading};Price", "ABC-1;5;2.00", "DEF-1;6;3.00")
    assert [(line.qty, line.unit) for line in order.lines] == [(5, unit), (6, unit)]


def test_two_columns_that_say_different_quantities_wait():
    order = table("SKU;Qty;Quantity ordered;Price", "ABC-1;2;24;2.00", "DEF-1;6;6;3.00")
    assert lines_of(order) == [("ABC-1", None, "2.00"), ("DEF-1", "6", "3.00")]
    (found,) = [problem for problem in order.problems if problem.code == "qty_invalid"]
    assert "2 and 24" in found.message
