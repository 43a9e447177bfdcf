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
