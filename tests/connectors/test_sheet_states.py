"""Status words of sheets: what is cancelled is no live order, and what may be is looked at by a person."""

from __future__ import annotations

import pytest

from connectors.base import Kind
from tests.connectors.sheet_files import xlsx_named
from tests.connectors.sheet_reading import codes, one, read

HEAD = "PO Number,SKU,Qty,Price,Status,Ship To,Address,City,Zip,Country\n"


def with_status(*words: str) -> str:
    return HEAD + "".join(
        f"PO-1,A-{at},5,2.50,{said},Max,Hauptstr. 1,Berlin,10115,DE\n" for at, said in enumerate(words)
    )


@pytest.mark.parametrize(
    "said",
    ["Cancelled by buyer", "Order cancelled", "Storno", "Annulé", "ANNULÉE", "Cancelada", "Anulado", "Geannuleerd", "Zrušeno", "订单取消",
     "订单已取消", "交易关闭", "Отменён"],
)  # fmt: skip
def test_a_cancelled_row_is_a_cancellation_in_every_usual_language(said):
    assert one(with_status(said), currency="EUR").kind is Kind.CANCELLATION


@pytest.mark.parametrize(
    "said",
    ["Cancelled 3 May (stock)", "cancel requested", "wird storniert", "已退款", "退款中", "申请退款", "Refunded", "Returned", "Rejected", "abgelehnt", "On hold",
     "暂停发货", "Closed", "Non-cancellable"],
)  # fmt: skip
def test_words_that_may_end_an_order_hold_it(said):
    order = one(with_status(said), currency="EUR")
    (told,) = order.problems
    assert (order.kind, told.code, told.field) == (Kind.ORDER, "status_unknown", "status")
    assert "row 2" in told.message
    assert said in told.message


@pytest.mark.parametrize(
    "said",
    ["open", "New", "Confirmed", "approved", "bestätigt", "offen", "en cours", "nouveau", "pendiente", "Processing", "urgent", "manuell", "annual",
     "待发货", "已付款", "处理中", "已确认", "未取消", "没有申请退款", "无退款"],
)  # fmt: skip
def test_everyday_words_are_orders_without_a_problem(said):
    order = one(with_status(said), currency="EUR")
    assert (order.kind, order.problems) == (Kind.ORDER, ())


def test_one_row_that_may_be_cancelled_holds_the_order_and_is_named():
    order = one(with_status("open", "Cancelled: no stock"), currency="EUR")
    assert codes(order) == {"status": "status_unknown"}
    assert "row 3" in order.problems[0].message


@pytest.mark.parametrize(
    ("said", "kind"), [("Storniert", Kind.CANCELLATION), ("Draft", Kind.DRAFT), ("open", Kind.ORDER)]
)
def test_a_form_says_its_status_above_its_table(said, kind):
    assert one(f"PO Number: 7\nStatus: {said}\nSKU,Qty,Price\nA-1,5,2.50\n").kind is kind


@pytest.mark.parametrize("name", ["Cancelled", "Storniert", "已取消", "Returns"])
def test_orders_on_a_sheet_called_cancelled_wait(name):
    rows = [("PO Number", "SKU", "Qty"), ("PO-2", "A-1", 5)]
    alone = one(xlsx_named({name: rows}))
    assert codes(alone)["status"] == "status_unknown"
    beside = read(xlsx_named({"Open": [rows[0], ("PO-1", "A-1", 5)], name: rows}))
    assert ["status" in codes(order) for order in beside] == [False, True]


@pytest.mark.parametrize("name", ["Stopcocks", "Suspended lamps", "Returnable bottles", "Order", "采购单", "Tabelle1"])
def test_goods_that_a_sheet_is_called_by_end_no_order(name):
    assert "status" not in codes(one(xlsx_named({name: [("PO Number", "SKU", "Qty"), ("PO-2", "A-1", 5)]})))


@pytest.mark.parametrize(
    "said",
    ["Shipped", "shipped 3 May", "Partially shipped", "Delivered", "Completed", "Versendet", "Livré", "Expédiées", "Enviado", "Wysłane", "已发货",
     "卖家已发货，等待买家确认", "交易成功", "已签收"],
)  # fmt: skip
def test_goods_that_have_left_by_the_words_of_a_row_are_not_sent_once_more_unseen(said):
    # `sent` waits for a person where the order is new here (tests/service/test_sent_already.py).
    order = one(with_status("open", said), currency="EUR")
    assert (order.kind, order.sent, order.problems) == (Kind.ORDER, True, ())


@pytest.mark.parametrize(
    "said",
    [
        "Not shipped",
        "to be delivered",
        "unfulfilled",
        "ready to ship",
        "等待卖家发货",
        "待发货",
        "未发货",
        "livraison prévue",
        "已完成付款",
    ],
)
def test_goods_that_are_still_to_leave_are_sent(said):
    assert not one(with_status(said), currency="EUR").sent


@pytest.mark.parametrize(
    ("head", "said", "sent"),
    [("Fulfillment Status", "fulfilled", True), ("Fulfillment Status", "partial", True), ("Fulfillment Status", "unfulfilled", False),
     ("发货状态", "已发货", True), ("Shipped at", "2026-03-01", True), ("Shipped at", "", False), ("Qty Shipped", "2", True),
     ("Qty Shipped", "0", False), ("Ship Date", "2026-03-01", False)],
)  # fmt: skip
def test_columns_of_the_sending_say_so_too(head, said, sent):
    assert one(f"PO Number,SKU,Qty,Price,{head}\nPO-1,A-1,5,2.50,{said}\n", currency="EUR").sent is sent


def test_orders_on_a_sheet_called_shipped_have_left():
    rows = [("PO Number", "SKU", "Qty"), ("PO-2", "A-1", 5)]
    assert [one(xlsx_named({name: rows})).sent for name in ("Shipped", "已发货", "To ship")] == [True, True, False]


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        ("Order Status,Line Status", "open,cancelled"),
        ("订单状态,退款状态", "已付款,退款中"),
        ("订单状态,售后状态,退款状态", "已付款,,退款成功"),
    ],
)
def test_each_of_several_status_columns_may_end_what_another_lets_stand(heads, said):
    order = one(f"PO Number,SKU,Qty,Price,{heads}\nPO-1,A-1,5,2.50,{said}\n", currency="EUR")
    assert order.kind is Kind.CANCELLATION or codes(order)["status"] == "status_unknown"


def test_a_day_of_cancellation_cancels_as_in_the_export_of_a_shop():
    head = "Name,Email,Financial Status,Currency,Lineitem quantity,Lineitem price,Lineitem sku,Cancelled at\n"
    rows = "#1,a@b.example,voided,EUR,1,5.00,A-1,2026-03-01 10:00:00 +0100\n#1,a@b.example,,,2,3.00,A-2,\n"
    rows += "#2,a@b.example,paid,EUR,1,5.00,A-1,\n"
    assert [order.kind for order in read(head + rows)] == [Kind.CANCELLATION, Kind.ORDER]


def test_a_day_of_cancellation_on_one_of_several_rows_is_for_a_person():
    order = one("PO Number,SKU,Qty,Price,Cancelled on\n1,A-1,1,5.00,2026-03-01\n1,A-2,1,5.00,\n", currency="EUR")
    assert (order.kind, codes(order)["status"]) == (Kind.ORDER, "status_unknown")
