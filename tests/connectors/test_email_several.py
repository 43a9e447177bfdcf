"""Mails with more than one order are taken apart where each says all of its own; else, and with goods for more than one
receiver, they are held, with what to do."""

from __future__ import annotations

import re

import pytest

from connectors.base import ChannelOrder, Kind, Severity
from connectors.mail.numbers import plain
from oms.verification.problems_zh import in_chinese
from tests.connectors.mails import lines_of, mail, one, translate

AUSTIN = "Jane Roe\n5 Elm Street\nAustin, TX 78701\nUSA\n"
DALLAS = "John Poe\n9 Oak Street\nDallas, TX 75201\nUSA\n"
TABLE = "SKU  Qty  Price\n{}\n"

TWO_ORDERS = {
    "before the goods": "PO-1001: 5 x ABC-1 @ USD 2.00\n\nPO-1002: 7 x DEF-2 @ USD 3.00\n",
    "over the goods": "PO-1001\n5 x ABC-1 @ USD 2.00\n\nPO-1002\n7 x DEF-2 @ USD 3.00\n",
    "labels and tables": f"PO Number: 1001\n{TABLE.format('ABC-1  5  2.00')}\nPO Number: 1002\n{TABLE.format('DEF-2  7  3.00')}",
    "in Chinese": "采购单号：CG1001\nABC-1 5个 单价2元\n\n采购单号：CG1002\nDEF-2 7个 单价3元\n",
}
COLUMN = "PO No  SKU  Qty  Price\n1001  ABC-1  5  2.00\n1002  DEF-2  7  3.00\n"
FIRST, SECOND = "Order: 1001\n5 x ABC-1 @ USD 2.00\n", "Order: 1002\n7 x DEF-2 @ USD 3.00\n"
#: Text -> why its orders stay together.
UNCLEAR = {
    f"{FIRST}\n{SECOND}\nTotal: USD 31.00\n": "'Total: USD 31.00' may be said of one or of all of them",
    f"{FIRST}\n{SECOND}\nDeliver by: 2026-03-20\n": "may be said of one or of all of them",
    f"{FIRST}\n{SECOND}\nPlease deliver before Friday.\n": "'Please deliver before Friday.' may be said of one or of all of them",
    f"{FIRST}\n{SECOND}\nShip to:\n{AUSTIN}": "some of them name a receiver of their own",
    f"{FIRST}Ship to:\n{AUSTIN}\n{SECOND}": "some of them name a receiver of their own",
    f"{FIRST}\nOrder: 1002\n\nThanks\n": "one of them names no goods",
    f"2 x PEN-1 @ USD 1.00\n\n{FIRST}\n{SECOND}": "goods stand above or below all of them",
    f"{FIRST}\n{SECOND}\nThanks\n2 x PEN-1 @ USD 1.00\n": "goods stand above or below all of them",
    f"{FIRST}\n{SECOND}\n{FIRST}": "their lines are mixed",
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
@pytest.mark.parametrize("subject", ["Purchase orders", "PO-1001 and PO-1002"])
def test_two_orders_under_numbers_of_their_own_are_two(shape, subject):
    orders = translate(
        mail(
            subject,
            f"Please supply:\n\nShip to:\n{AUSTIN}\n{TWO_ORDERS[shape]}\nBest regards,\nJane Doe\nTel: +1 512 555 0100\n",
        )
    )
    assert [order.kind for order in orders] == [Kind.ORDER, Kind.ORDER]
    assert [plain(order.channel_order_number or "") for order in orders] in (["1001", "1002"], ["cg1001", "cg1002"])
    assert [[line[:2] for line in lines_of(order)] for order in orders] == [[("ABC-1", "5")], [("DEF-2", "7")]]
    assert [held(order) for order in orders] == [{}, {}]
    assert {order.ship_to and order.ship_to.city for order in orders} == {"Austin"}
    assert {order.customer.email for order in orders} == {"jane@acme.example"}


def test_each_order_of_a_mail_has_its_own_receiver_day_and_sum():
    first = f"Order: 1001\n5 x ABC-1 @ USD 2.00\nDeliver by: 2026-03-20\nTotal: USD 10.00\nShip to:\n{AUSTIN}"
    second = f"Order: 1002\n7 x DEF-2 @ USD 3.00\n2 x GHI-3 @ USD 1.00\nDeliver by: 2026-03-27\nTotal: USD 23.00\nShip to:\n{DALLAS}"
    orders = translate(mail("Two orders", f"Please supply:\n\n{first}\n{second}\nThanks\n"))
    assert [
        (
            order.channel_order_id,
            order.ship_to and order.ship_to.city,
            f"{order.requested.deliver_by:%m-%d}",
            f"{order.totals.total:f}",
            len(order.lines),
        )
        for order in orders
    ] == [("1001", "Austin", "03-20", "10.00", 1), ("1002", "Dallas", "03-27", "23.00", 2)]
    assert [order.problems for order in orders] == [(), ()]


@pytest.mark.parametrize("text", UNCLEAR)
def test_orders_that_may_share_something_wait_together_and_say_what(text):
    order = one(mail("Orders", f"Please supply:\n\n{text}"))
    message = held(order)["channel_order_id"]
    assert UNCLEAR[text] in message
    assert all(number in message for number in ("1001", "1002"))
    assert not re.search("[a-z]{4}", re.sub("'[^']*'", "", in_chinese(message)))


def test_a_table_with_a_column_of_numbers_waits_with_all_of_them():
    order = one(mail("Purchase orders", f"Please supply:\n\n{COLUMN}"))
    assert [line[:2] for line in lines_of(order)] == [("ABC-1", "5"), ("DEF-2", "7")]
    assert all(number in held(order)["channel_order_id"] for number in ("1001", "1002"))


def test_two_attached_sheets_are_an_order_each():
    files = {
        f"{number}.csv": f"PO,SKU,Qty,Price\n{number},{sku},2,5\n".encode()
        for number, sku in (("PO-1", "A-1"), ("PO-2", "B-1"))
    }
    orders = translate(mail("PO-1 and PO-2", "Please find two orders attached.", files=files), currency="EUR")
    assert [(order.channel_order_id, lines_of(order)[0][0], held(order)) for order in orders] == [
        ("PO-1", "A-1", {}),
        ("PO-2", "B-1", {}),
    ]


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
