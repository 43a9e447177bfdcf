"""Mails with more than one order, or goods for more than one receiver: held, with what to do."""

from __future__ import annotations

import pytest

from connectors.base import ChannelOrder, Kind, Severity
from tests.connectors.mails import lines_of, mail, one

AUSTIN = "Jane Roe\n5 Elm Street\nAustin, TX 78701\nUSA\n"
DALLAS = "John Poe\n9 Oak Street\nDallas, TX 75201\nUSA\n"
TABLE = "SKU  Qty  Price\n{}\n"

TWO_ORDERS = {
    "before the goods": "PO-1001: 5 x ABC-1 @ USD 2.00\n\nPO-1002: 7 x DEF-2 @ USD 3.00\n",
    "over the goods": "PO-1001\n5 x ABC-1 @ USD 2.00\n\nPO-1002\n7 x DEF-2 @ USD 3.00\n",
    "labels and tables": f"PO Number: 1001\n{TABLE.format('ABC-1  5  2.00')}\nPO Number: 1002\n{TABLE.format('DEF-2  7  3.00')}",
    "a column": "PO No  SKU  Qty  Price\n1001  ABC-1  5  2.00\n1002  DEF-2  7  3.00\n",
    "in Chinese": "采购单号：CG1001\nABC-1 5个 单价2元\n\n采购单号：CG1002\nDEF-2 7个 单价3元\n",
}
TWO_RECEIVERS = {
    "the same heading twice": f"5 x ABC-1 @ USD 2.00\nShip to:\n{AUSTIN}\n7 x DEF-2 @ USD 3.00\nShip to:\n{DALLAS}",
    "goods between two headings": f"5 x ABC-1 @ USD 2.00\nShip to:\n{AUSTIN}\n7 x DEF-2 @ USD 3.00\nDeliver to:\n{DALLAS}",
    "goods in the heading": f"Please ship 5 x ABC-1 @ USD 2.00 to\n\n{AUSTIN}\nPlease ship 7 x DEF-2 @ USD 3.00 to\n\n{DALLAS}",
    "one sentence each": "Please ship 5 x ABC-1 to 5 Elm Street, Austin, TX 78701.\nPlease ship 7 x DEF-2 to 9 Oak Street, Dallas, TX 75201.\n",
    "in Chinese": "ABC-1 5个\n收货地址：上海市浦东新区世纪大道100号\n\nDEF-2 7个\n收货地址：北京市海淀区中关村大街27号\n",
}
ONE = {
    "a repeated address": f"5 x ABC-1 @ USD 2.00\nShip to:\n{AUSTIN}\n7 x DEF-2 @ USD 3.00\nShip to:\n{AUSTIN}",
    "a repeated number": f"PO-1001: 5 x ABC-1 @ USD 2.00\nPO Number: 1001\n7 x DEF-2 @ USD 3.00\nShip to:\n{AUSTIN}",
    "a column": f"PO No  Line  SKU  Qty  Price\n1001  1  ABC-1  5  2.00\nPO-1001  2  DEF-2  7  3.00\n\nShip to:\n{AUSTIN}",
    "references": f"5 x ABC-1 @ USD 2.00\n7 x DEF-2 @ USD 3.00\nYour reference: X-17\nOrder number: 88-1\nShip to:\n{AUSTIN}",
    "an order before": f"PO-0999 was delivered, thank you.\n5 x ABC-1 @ USD 2.00\n7 x DEF-2 @ USD 3.00\nShip to:\n{AUSTIN}",
    "a bill elsewhere": f"5 x ABC-1 @ USD 2.00\n7 x DEF-2 @ USD 3.00\nShip to:\n{AUSTIN}\nBill to:\n{DALLAS}",
}


def held(order: ChannelOrder) -> dict[str, str]:
    """What holds the order for a person to take it apart, by field."""
    found = [problem for problem in order.problems if problem.code == "row_invalid"]
    assert all(problem.severity is Severity.HOLD and "by hand" in problem.message for problem in found)
    return {problem.field: problem.message for problem in found}


@pytest.mark.parametrize("shape", TWO_ORDERS)
def test_two_orders_in_one_mail_wait_with_both_numbers(shape):
    order = one(mail("Purchase orders", f"Please supply:\n\n{TWO_ORDERS[shape]}"))
    assert order.kind is Kind.ORDER
    assert [line[:2] for line in lines_of(order)] == [("ABC-1", "5"), ("DEF-2", "7")]
    assert all(number in held(order)["channel_order_id"] for number in ("1001", "1002"))


def test_two_numbers_in_a_subject_wait():
    order = one(mail("PO-1001 and PO-1002", "Please supply:\n\n5 x ABC-1 @ USD 2.00\n"))
    assert "PO-1001, PO-1002" in held(order)["channel_order_id"]


@pytest.mark.parametrize("shape", TWO_RECEIVERS)
def test_goods_for_two_receivers_wait_and_nobodys_address_is_told(shape):
    order = one(mail("PO-1001", f"We order:\n\n{TWO_RECEIVERS[shape]}"))
    assert [line[:2] for line in lines_of(order)] == [("ABC-1", "5"), ("DEF-2", "7")]
    message = held(order)["ship_to"]
    assert "2 places" in message
    assert not any(word in message for word in ("Elm", "Roe", "世纪大道"))


@pytest.mark.parametrize("shape", ONE)
def test_one_order_to_one_receiver_is_not_held(shape):
    order = one(mail("PO-1001", f"We order:\n\n{ONE[shape]}"))
    assert (order.kind, held(order)) == (Kind.ORDER, {})
    assert lines_of(order) == [("ABC-1", "5", "2.00"), ("DEF-2", "7", "3.00")]
