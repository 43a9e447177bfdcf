"""A sheet of orders beside one of their lines is read as one; no row of either is lost, doubled or given to a stranger."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import ChannelOrder, Kind, Severity
from connectors.output import to_json
from oms.intake.fates import element
from oms.verification.problems_zh import in_chinese
from tests.connectors.sheet_files import xlsx, xlsx_named
from tests.connectors.sheet_reading import goods, read

ORDERS = [
    ("Order No", "Customer", "Ship To Address", "City", "Zip", "Country", "Order Date", "Required Date", "Total", "Currency", "Notes"),
    ("SO-1", "Ann", "1 High St", "Leeds", "LS1 4AP", "GB", "2026-11-20", "2026-12-04", 25, "GBP", "ring twice"),
    ("SO-2", "Bob", "2 High St", "Leeds", "LS1 4AP", "GB", "2026-11-21", "2026-12-05", 9, "GBP", None),
]  # fmt: skip
LINES = [
    ("Order No", "SKU", "Qty", "Price"),
    ("SO-1", "TEA-1", 2, 5),
    ("SO-2", "CUP-9", 3, 3),
    ("SO-1", "MUG-7", 1, 15),
]  # fmt: skip
CHINESE_ORDERS = [
    ("订单编号", "收货人", "收货地址", "联系电话", "下单日期", "要求到货日期"),
    ("DD001", "张伟", "广东省深圳市南山区科技园路1号", "13800138000", "2026-11-20", "2026-12-01"),
]
CHINESE_LINES = [
    ("订单号", "商品编码", "商品名称", "数量", "单价"),
    ("DD001", "A-1", "绿茶", 2, 5),
    ("DD001", "B-1", "杯子", 3, 7),
]


def by_number(data: bytes, **known: str) -> dict[str | None, ChannelOrder]:
    orders = read(data, **known)
    assert len({order.channel_order_id for order in orders}) == len(orders)
    return {order.channel_order_id: order for order in orders}


def holds(order: ChannelOrder) -> list[str]:
    return [found.message for found in order.problems if found.severity is not Severity.NOTE]


@pytest.mark.parametrize("names", [("Orders", "Lines"), ("Kopf", "Positionen"), ("订单", "明细"), ("Sheet1", "Sheet2")])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_row_an_order_and_a_row_a_line_are_one_order(names, is_first):
    sheets = [(names[0], ORDERS), (names[1], LINES)]
    found = by_number(xlsx_named(dict(sheets if is_first else sheets[::-1])))
    assert set(found) == {"SO-1", "SO-2"}
    first, second = found["SO-1"], found["SO-2"]
    assert goods(first) == [("TEA-1", 2, 5), ("MUG-7", 1, 15)]
    assert goods(second) == [("CUP-9", 3, 3)]
    assert (first.ship_to.lines, first.customer.name, first.currency) == (("1 High St",), "Ann", "GBP")
    assert (first.totals.total, first.totals.lines) == (Decimal("25.00"), Decimal("25.00"))
    assert (f"{first.placed_at:%m-%d}", f"{first.requested.deliver_by:%m-%d}") == ("11-20", "12-04")
    assert (first.buyer_message, second.buyer_message) == ("ring twice", None)
    assert (holds(first), holds(second)) == ([], [])


def test_chinese_sheets_and_sheets_of_two_languages_are_joined_too():
    for orders, lines in (
        (CHINESE_ORDERS, CHINESE_LINES),
        (CHINESE_ORDERS, [("Order Number", "SKU", "Product Name", "Qty", "Unit Price"), *CHINESE_LINES[1:]]),
    ):
        (order,) = read(xlsx_named({"订单": orders, "明细": lines}), currency="CNY")
        assert (order.channel_order_id, goods(order)) == ("DD001", [("A-1", 2, 5), ("B-1", 3, 7)])
        assert (order.ship_to.name, order.ship_to.city, holds(order)) == ("张伟", "深圳市", [])


def test_an_order_without_lines_and_a_line_without_order_say_where_they_stand_and_wait():
    lines = [*LINES, ("SO-9", "PEN-1", 4, 1), ("SO-9", "PEN-2", 4, 1)]
    orders = [*ORDERS, ("SO-3", "Eve", "3 High St", "Leeds", "LS1 4AP", "GB", None, None, 7, "GBP", None)]
    found = by_number(xlsx_named({"Orders": orders, "Items": lines}))
    assert set(found) == {"SO-1", "SO-2", "SO-3", "SO-9"}
    empty, stray = found["SO-3"], found["SO-9"]
    assert (empty.lines, empty.customer.name, empty.ship_to.lines) == ((), "Eve", ("3 High St",))
    (told,) = {found.message for found in empty.problems if found.code in ("no_lines", "row_invalid")}
    assert (
        told
        == "row 4 of sheet 'Orders': order SO-3 has no row in sheet 'Items'; add its goods there, or take the row out"
    )
    assert {found.severity for found in empty.problems} == {Severity.HOLD}
    assert goods(stray) == [("PEN-1", 4, 1), ("PEN-2", 4, 1)]
    assert (
        "row 5, 6 of sheet 'Items': order SO-9 has no row in sheet 'Orders'; add it there, or correct the number"
        in holds(stray)
    )
    assert (holds(found["SO-1"]), holds(found["SO-2"])) == ([], [])
    for message in (told, next(said for said in holds(stray) if "sheet" in said)):
        assert "工作表" in in_chinese(message)
        assert "row" not in in_chinese(message)


def test_a_cancelled_order_needs_no_lines():
    orders = [
        ("Order No", "Customer", "City", "Status"),
        ("SO-1", "Ann", "Leeds", "open"),
        ("SO-2", "Bob", "Leeds", "cancelled"),
    ]
    found = by_number(xlsx_named({"Orders": orders, "Lines": LINES[:2]}), currency="EUR")
    assert (found["SO-1"].kind, found["SO-2"].kind) == (Kind.ORDER, Kind.CANCELLATION)
    assert not any("sheet" in said for said in holds(found["SO-2"]))


@pytest.mark.parametrize("written", ["#SO-1", "so-1", " SO-1 ", "ＳＯ-1"])
def test_a_number_is_the_same_however_it_is_written(written):
    lines = [LINES[0], (written, "TEA-1", 2, 12.5)]
    (order,) = read(xlsx_named({"Orders": ORDERS[:2], "Lines": lines}))
    assert (order.channel_order_id, goods(order), holds(order)) == ("SO-1", [("TEA-1", 2, Decimal("12.5"))], [])


def test_rows_below_a_number_go_on_with_it():
    lines = [
        LINES[0],
        ("SO-1", "TEA-1", 2, 5),
        (None, "MUG-7", 1, 15),
        ("SO-2", "CUP-9", 3, 3),
        ("Total", None, 6, None),
    ]
    orders = [*ORDERS, ("Total", *[None] * 7, 34, None, None), ("Prepared by: Ann",)]
    found = by_number(xlsx_named({"Orders": orders, "Lines": lines}))
    assert {number: len(order.lines) for number, order in found.items()} == {"SO-1": 2, "SO-2": 1}
    assert (holds(found["SO-1"]), holds(found["SO-2"])) == ([], [])


def test_a_number_of_the_programs_own_joins_and_the_order_keeps_what_people_call_it():
    orders = [
        ("Order Number", "Order ID", "Customer", "City"),
        ("SO-1", 17, "Ann", "Leeds"),
        ("SO-2", 18, "Bob", "York"),
    ]
    lines = [("Order ID", "SKU", "Qty"), (17, "TEA-1", 2), (18, "CUP-9", 3)]
    found = by_number(xlsx_named({"Orders": orders, "Lines": lines}), currency="EUR")
    assert {number: (order.customer.name, goods(order)[0][:2]) for number, order in found.items()} == {
        "SO-1": ("Ann", ("TEA-1", 2)), "SO-2": ("Bob", ("CUP-9", 3)),
    }  # fmt: skip


def test_a_column_whose_head_says_nothing_joins_where_all_of_it_names_orders():
    lines = [("Vorgang", "SKU", "Qty", "Price"), *LINES[1:]]
    assert len(by_number(xlsx_named({"Orders": ORDERS, "Lines": lines}))["SO-1"].lines) == 2
    (held, *_) = read(xlsx_named({"Orders": ORDERS, "Lines": [*lines, ("other", "PEN-1", 1, 1)]}))
    assert "was not read" in " ".join(holds(held)) or "number" in " ".join(holds(held))


def test_an_order_that_stands_twice_and_differently_waits():
    orders = [
        *ORDERS,
        ("SO-1", "Ann", "7 Low Rd", "Leeds", "LS1 4AP", "GB", "2026-11-20", "2026-12-04", 25, "GBP", None),
    ]
    found = by_number(xlsx_named({"Orders": orders, "Lines": LINES}))
    assert (
        "row 2, 4 of sheet 'Orders': order SO-1 stands there more than once and differently; leave the row that holds"
        in holds(found["SO-1"])
    )
    assert holds(found["SO-2"]) == []
    twice = by_number(xlsx_named({"Orders": [*ORDERS, ORDERS[1]], "Lines": LINES}))
    assert (holds(twice["SO-1"]), len(twice["SO-1"].lines)) == ([], 2)


def test_a_customer_who_is_another_on_the_other_sheet_is_told_and_not_chosen():
    lines = [(*LINES[0], "Customer"), ("SO-1", "TEA-1", 2, 12.5, "Zoe")]
    (order,) = read(xlsx_named({"Orders": ORDERS[:2], "Lines": lines}))
    assert holds(order) == [
        "row 2 of sheet 'Lines' says 'Zoe', row 2 of sheet 'Orders' says 'Ann'; write the same into both"
    ]


def test_a_days_and_a_note_of_a_line_stay_its_own():
    lines = [
        (*LINES[0], "Notes", "Required Date"),
        ("SO-1", "TEA-1", 2, 5, "fragile", "2026-12-02"),
        ("SO-1", "MUG-7", 1, 15, None, None),
    ]
    (order,) = read(xlsx_named({"Orders": ORDERS[:2], "Lines": lines}))
    assert (order.buyer_message, order.lines[0].options["note"]) == ("ring twice", "fragile")
    assert f"{order.requested.deliver_by:%m-%d}" == "12-02"
    assert [line.options.get("deliver_by") for line in order.lines] == ["2026-12-02", "2026-12-04"]


def test_goods_that_have_left_are_not_sent_again_whichever_sheet_says_so():
    orders = [("Order No", "Customer", "City", "Fulfillment Status"), ("SO-1", "Ann", "Leeds", "open")]
    lines = [("Order No", "SKU", "Qty", "Fulfillment Status"), ("SO-1", "TEA-1", 2, "shipped")]
    assert read(xlsx_named({"Orders": orders, "Lines": lines}), currency="EUR")[0].sent
    orders[1], lines[1] = ("SO-1", "Ann", "Leeds", "shipped"), ("SO-1", "TEA-1", 2, "open")
    assert read(xlsx_named({"Orders": orders, "Lines": lines}), currency="EUR")[0].sent


@pytest.mark.parametrize(
    "beside",
    [
        [("Notes",), ("Deliver before noon",)],
        [("SKU", "Description", "Price"), ("TEA-1", "Tea", 5)],
        [("Order No", "Tracking Number", "Ship Date"), ("SO-0", "1Z", "2026-11-01")],
        [("Order No", "Status"), ("SO-1", "open")],
    ],
)
def test_a_third_sheet_changes_nothing(beside):
    found = by_number(xlsx_named({"Orders": ORDERS, "Lines": LINES, "More": beside}))
    assert [(len(order.lines), holds(order)) for order in found.values()] == [(2, []), (1, [])]


@pytest.mark.parametrize(
    "beside",
    [
        [("Order No", "Tracking Number", "Ship Date"), ("SO-1", "1Z", "2026-11-01")],
        [("SKU", "Description", "Price"), ("TEA-1", "Tea", 5)],
        [
            ("Order No", "Date", "Total"),
            *((f"OLD-{at}", "2025-01-01", 9) for at in range(5)),
            ("SO-1", "2026-11-20", 25),
        ],
    ],
)
def test_parcels_prices_and_a_list_of_old_orders_join_nothing(beside):
    orders = read(xlsx_named({"Lines": LINES, "More": beside}), currency="EUR")
    assert [order.channel_order_id for order in orders] == ["SO-1", "SO-2"]
    assert not any("has no row in sheet" in said for order in orders for said in holds(order))


def test_the_same_workbook_says_the_same_of_an_order_when_rows_were_added_above():
    lines = [*LINES, ("SO-9", "PEN-1", 4, 1)]
    prints = [
        {
            one.channel_order_id: element(one, to_json(one)).content_hash
            for one in read(xlsx_named({"Orders": heads, "Lines": rows}))
        }
        for heads, rows in ((ORDERS, lines), ([ORDERS[0], *ORDERS[:0:-1]], [LINES[0], *lines[:0:-1]]))
    ]
    assert prints[0]["SO-9"] == prints[1]["SO-9"]
    assert prints[0]["SO-2"] == prints[1]["SO-2"]


def test_two_lists_of_lines_for_one_list_of_orders_double_no_order():
    more = [LINES[0], ("SO-2", "CUP-9", 3, 3)]
    found = by_number(xlsx_named({"Orders": ORDERS, "Tea": LINES[:2], "Cups": more}))
    assert {number: goods(order)[0][0] for number, order in found.items()} == {"SO-1": "TEA-1", "SO-2": "CUP-9"}


def test_unnamed_sheets_are_told_by_the_names_that_the_program_gave_them():
    (order, *_) = read(xlsx(ORDERS, [LINES[0], ("SO-7", "TEA-1", 2, 5), *LINES[1:]]))
    assert any("of sheet 'Sheet" in said for said in holds(order))


COVER = [
    ("PO Number", "PO-77"),
    ("Ship To", "Max"),
    ("Address", "Hauptstr. 1"),
    ("City", "Berlin"),
    ("Zip", "10115"),
    ("Country", "DE"),
    ("Required Date", "2026-12-04"),
]
ITEMS = [("SKU", "Qty", "Price"), ("A-1", 5, 2.5), ("B-1", 7, 2.5)]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_cover_sheet_of_labels_tells_of_the_goods_on_the_other(is_first):
    sheets = {"Order": COVER, "Items": ITEMS} if is_first else {"Items": ITEMS, "Order": COVER}
    (order,) = read(xlsx_named(sheets), currency="EUR")
    assert (order.channel_order_id, goods(order)) == ("PO-77", [("A-1", 5, Decimal("2.5")), ("B-1", 7, Decimal("2.5"))])
    assert (order.ship_to.name, order.ship_to.city, holds(order)) == ("Max", "Berlin", [])


def test_a_legend_is_no_cover_and_of_two_covers_none_is_chosen():
    (order,) = read(
        xlsx_named({"Items": ITEMS, "Legend": [("PO Number", "your number"), ("City", "where to")]}), currency="EUR"
    )
    assert order.channel_order_id is None
    found = read(
        xlsx_named({"Items": ITEMS, "One": COVER, "Two": [("PO Number", "PO-78"), ("City", "Bonn")]}), currency="EUR"
    )
    assert [order.channel_order_id for order in found] == [None]
