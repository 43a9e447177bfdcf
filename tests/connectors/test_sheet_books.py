"""Workbooks of several sheets: every sheet that holds orders is read, and none is held for the notes beside it."""

from __future__ import annotations

import pytest

from connectors.base import Kind, Severity
from tests.connectors.mails import lines_of, mail, translate
from tests.connectors.sheet_files import xlsx, xlsx_named
from tests.connectors.sheet_reading import codes, goods, one, read

HEADS = ("PO Number", "SKU", "Qty", "Price", "Ship To", "Address", "City", "Zip", "Country")
MAX = ("Max", "Hauptstr. 1", "Berlin", "10115", "DE")
FIRST = (HEADS, ("PO-1", "A-1", 5, 2.5, *MAX))
SECOND = (HEADS, ("PO-2", "B-1", 7, 2.5, *MAX))


def numbers(data: bytes) -> list[str | None]:
    return [order.channel_order_id for order in read(data, currency="EUR")]


def test_every_sheet_that_holds_orders_is_read():
    first, second = read(xlsx(FIRST, SECOND), currency="EUR")
    assert (first.channel_order_id, goods(first)[0][:2], first.problems) == ("PO-1", ("A-1", 5), ())
    assert (second.channel_order_id, goods(second)[0][:2], second.problems) == ("PO-2", ("B-1", 7), ())


def test_a_price_list_that_looks_more_like_a_table_does_not_hide_the_order():
    order = one(
        xlsx(
            [("PO Number", "PO-1"), ("SKU", "Qty"), ("A-1", 5)],
            [("SKU", "Description", "Price", "Stock Qty", "Unit"), ("A-1", "Tea", 2.5, 100, "EA")],
        )
    )
    assert (order.kind, order.channel_order_id, goods(order)[0][:2]) == (Kind.ORDER, "PO-1", ("A-1", 5))


@pytest.mark.parametrize(
    "beside",
    [
        [],
        [HEADS],
        [("Notes",), ("Deliver before noon",), ("Thanks",)],
        [("Column", "Meaning"), ("PO Number", "your number"), ("Qty", "how many pieces")],
        [("PO Number", "SKU", "Qty"), ("your number", "our article", "how many")],
        [("Unit", "Meaning"), ("EA", "each"), ("BX", "box")],
        [("SKU", "Description", "Price"), ("A-1", "Tea", 2.5), ("A-2", "Cup", 3)],
        [("Référence", "Désignation", "Prix"), ("A-1", "Thé", 2.5)],
        [("SKU", "Description", "Price", "Order Qty"), ("A-2", "Cup", 3, None)],
        [("PO Number", "Total", "Qty"), ("PO-1", 12.5, 5)],
        [("SKU", "Qty"), ("A-1", 5), ("Grand Total", 5)],
        [("Order", "Status"), ("1", "open"), ("2", "closed")],
        [("PO Number", "Tracking Number"), ("PO-0", "1Z")],
        [("字段", "说明"), ("订单号", "必填"), ("数量", "必填")],
        FIRST,
        [("PO Number", "SKU", "Qty", "Carton"), ("PO-1", "A-1", 3, "1/2"), ("PO-1", "A-1", 2, "2/2")],
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_stands_on_a_second_sheet_and_is_no_order_changes_nothing(beside, is_first):
    (order,) = read(xlsx(*([beside, FIRST] if is_first else [FIRST, beside])), currency="EUR")
    assert (order.channel_order_id, goods(order)[0][:2], order.problems) == ("PO-1", ("A-1", 5), ())


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ([("SKU", "Description", "Qty"), ("B-1", "Cup", 7)], "7 x B-1"),
        ([("SKU", "Qty"), ("A-1", 6)], "6 x A-1"),
        ([("PO Number", "SKU", "Qty"), ("PO-1", "B-1", 7)], "7 x B-1"),
        ([("PO Number", "SKU", "Qty"), ("PO-1", "A-1", 6)], "6 x A-1"),
        ([("PO Number", "SKU", "Qty", "Price"), ("PO-1", "A-1", 5, 2.75)], "5 x A-1"),
        ([("PO Number", "SKU", "Qty", "Address"), ("PO-1", "A-1", 5, "1 High St")], "5 x A-1"),
        ([("PO Number", "SKU", "Qty", "Status"), ("PO-1", "A-1", 5, "cancelled")], "cancellation: 5 x A-1"),
        ([("PO Number", "Shipping"), ("PO-1", 9)], "no goods"),
        ([("PO Number", "Status"), ("PO-1", "cancelled")], "no goods"),
        ([("PO Number", "Ship To", "Address"), ("PO-3", "Ann", "1 High St")], "no goods"),
    ],
)
def test_a_sheet_that_may_belong_to_the_order_holds_it_and_is_named(beside, said):
    order = one(xlsx_named({"Orders": FIRST, "More": beside}), currency="EUR")
    (told,) = order.problems
    assert (told.code, told.field, told.severity) == ("row_invalid", "lines", Severity.HOLD)
    assert "'More'" in told.message
    assert said in told.message
    assert goods(order)[0][:2] == ("A-1", 5)


def test_of_two_lists_without_a_number_neither_is_lost_without_a_word():
    order = one(xlsx([("SKU", "Qty"), ("A-1", 5)], [("SKU", "Qty"), ("B-1", 7)]))
    assert codes(order)["lines"] == "row_invalid"
    assert codes(order)["channel_order_number"] == "number_missing"


@pytest.mark.parametrize("name", ["Example", "Beispiel", "Old orders", "示例", "已发货"])
def test_a_sheet_that_calls_itself_an_example_or_an_archive_is_no_order_beside_others(name):
    assert numbers(xlsx_named({"Orders": FIRST, name: SECOND})) == ["PO-1"]
    assert numbers(xlsx_named({name: SECOND})) == ["PO-2"]


def test_more_orders_than_one_file_may_hold_are_counted_over_its_sheets():
    sheets = [[("PO", "SKU", "Qty"), *((f"{name}{at}", "a", 1) for at in range(2_600))] for name in "PQ"]
    order = one(xlsx(*sheets))
    assert order.problems[0].code == "unreadable"


def test_all_sheets_of_a_workbook_in_a_mail_are_read():
    orders = translate(mail("PO attached", "see attached", files={"po.xlsx": xlsx(FIRST, SECOND)}))
    assert [lines_of(order)[0][0] for order in orders] == ["A-1", "B-1"]
