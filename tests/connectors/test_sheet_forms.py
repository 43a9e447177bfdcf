"""Several forms one under the other on a sheet are as many orders; one that a program prints on several pages is one."""

from __future__ import annotations

import pytest

from tests.connectors.sheet_files import xlsx
from tests.connectors.sheet_reading import goods, one, read

HEAD = ("SKU", "Description", "Qty", "Price")


def form(number: str | None, *lines: tuple[object, ...], title: str | None = None) -> list[tuple[object, ...]]:
    above = [("PO Number:", number), ("Ship To:",), ("Max",), ("Hauptstr. 1",), ("10115 Berlin",), ("Germany",)]
    total = sum(int(str(line[2])) * float(str(line[3])) for line in lines)
    return [
        *([(title,)] if title else []), *(above if number else []), HEAD, *lines, (None, None, "Total", total), (None,)
    ]  # fmt: skip


TWO = ("A-1", "Tea", 2, 5)
TWENTY = ("A-1", "Tea", 20, 5)
CUP = ("C-1", "Cup", 1, 3)


@pytest.mark.parametrize("title", [None, "PURCHASE ORDER"])
def test_each_form_with_a_number_of_its_own_is_an_order_by_itself(title):
    rows = [*form("4711", TWO, CUP), *form("4712", TWENTY, title=title), *form("4713", CUP, title=title)]
    orders = read(xlsx(rows), currency="EUR")
    assert [(order.channel_order_id, goods(order)) for order in orders] == [
        ("4711", [("A-1", 2, 5), ("C-1", 1, 3)]), ("4712", [("A-1", 20, 5)]), ("4713", [("C-1", 1, 3)]),
    ]  # fmt: skip
    assert [order.totals.total for order in orders] == [13, 100, 3]
    assert [order.problems for order in orders] == [(), (), ()]


def test_a_head_that_is_repeated_on_each_page_parts_nothing():
    pages = [("PO Number:", "4711"), HEAD, TWO, HEAD, CUP]
    assert goods(one(xlsx(pages), currency="EUR")) == [("A-1", 2, 5), ("C-1", 1, 3)]


def test_the_same_number_above_each_page_is_one_order():
    order = one(xlsx([*form("4711", TWO), *form("4711", CUP)]), currency="EUR")
    assert order.channel_order_id == "4711"
    assert {("A-1", 2, 5), ("C-1", 1, 3)} <= set(goods(order))


def test_a_form_without_a_number_holds_the_one_below_and_is_told():
    order = one(xlsx([*form(None, TWO), *form("4712", CUP)]), currency="EUR")
    assert (order.channel_order_id, goods(order)) == ("4712", [("C-1", 1, 3)])
    (told,) = order.problems
    assert (told.code, told.field, "2 x A-1" in told.message) == ("row_invalid", "lines", True)
