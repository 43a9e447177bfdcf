"""Order sheets attached to mails, and documents that only a person can read."""

from __future__ import annotations

import io

import openpyxl
import pytest

from connectors.base import Kind, Severity
from tests.connectors.confidence import lowest
from tests.connectors.mails import codes, lines_of, mail, one, translate

LETTER = """Hi, please find our order attached.

Ship to:
ACME Ltd
5 High Street
London SW1A 1AA
United Kingdom

Regards, Jane
"""
CSV = b"sku,quantity,unit price,currency\nA-1,10,2.50,EUR\nA-2,3,1.00,EUR\n"


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


SHEETS = {
    "po101.csv": CSV,
    "po101.xlsx": workbook(
        [["SKU", "Quantity", "Unit price", "Currency"], ["A-1", 10, "2.50", "EUR"], ["A-2", 3, "1.00", "EUR"]]
    ),
    "采购单.csv": "货号,数量,单价,币种\nA-1,10,2.50,EUR\nA-2,3,1.00,EUR\n".encode("gb18030"),
}


@pytest.mark.parametrize("name", SHEETS)
def test_an_attached_sheet_is_the_order_and_the_mail_around_it_adds_the_rest(name):
    order = one(mail("PO 101 attached", LETTER, files={name: SHEETS[name]}))
    assert (order.kind, order.source, order.channel_order_id) == (Kind.ORDER, "email", "101")
    assert lines_of(order) == [("A-1", "10", "2.50"), ("A-2", "3", "1.00")]
    assert (order.currency, order.customer.email, codes(order)) == ("EUR", "jane@acme.example", set())
    assert order.ship_to is not None
    assert (order.ship_to.company, order.ship_to.city) == ("ACME Ltd", "London")
    assert lowest(order) >= 0.7


def test_a_sheet_of_several_orders_is_several_orders_with_their_own_numbers():
    sheet = b"po_number,sku,quantity,unit price,currency\nP1,A-1,10,2.50,EUR\nP2,A-2,3,1.00,EUR\n"
    orders = translate(mail("Orders attached", LETTER, files={"orders.csv": sheet}))
    assert [(order.channel_order_id, lines_of(order)) for order in orders] == [
        ("P1", [("A-1", "10", "2.50")]),
        ("P2", [("A-2", "3", "1.00")]),
    ]


def test_an_order_that_lies_in_a_pdf_waits_for_a_person():
    order = one(mail("Purchase order 102", "Please find our order attached.", files={"PO-102.pdf": b"%PDF-1.4"}))
    assert (order.kind, order.channel_order_id) == (Kind.ORDER, "102")
    assert "no_lines" in codes(order)


def test_a_sheet_beside_a_notice_makes_no_order_of_it():
    raw = mail(
        "Delivered: Your order 5", "Your package has been delivered. Track your package", files={"list.csv": CSV}
    )
    assert one(raw).kind is Kind.NOT_AN_ORDER


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02", b"PK\x03\x04 not a zip", b"hello"])
def test_a_sheet_that_cannot_be_read_leaves_the_letter_to_speak(body):
    order = one(mail("PO 103", "Please ship 5 x ABC-1 @ EUR 2.00\n", files={"x.xlsx": body}))
    assert lines_of(order) == [("ABC-1", "5", "2.00")]


def test_a_test_or_cancelled_mail_is_not_made_live_by_its_sheet():
    assert one(mail("Test order 7", LETTER, files={"po.csv": CSV})).kind is Kind.TEST
    order = one(mail("Cancel PO 101", "Please cancel our order PO 101.", files={"po.csv": CSV}))
    assert (order.kind, order.lines) == (Kind.CANCELLATION, ())


TORN = workbook([["SKU", "Quantity"], ["C-3", 7]])[:-200]
OF_MANY = b"po_number,sku,quantity\n" + b"".join(b"P%d,A-1,1\n" % place for place in range(5001))


@pytest.mark.parametrize("torn", [TORN, OF_MANY, b"PK\x03\x04 no workbook"])
def test_a_sheet_that_cannot_be_read_holds_the_orders_that_came_beside_it(torn):
    both = translate(mail("Orders attached", LETTER, files={"april.csv": CSV, "may.xlsx": torn}))
    assert [lines_of(order) for order in both] == [[("A-1", "10", "2.50"), ("A-2", "3", "1.00")]]
    told = [one for order in both for one in order.problems if one.code == "row_invalid"]
    assert [(one.severity, "may.xlsx" in one.message) for one in told] == [(Severity.HOLD, True)]
    text = LETTER.replace("\n\n", "\n\nA-1 x 10\n\n", 1)
    written = one(mail("Purchase order 102", text, files={"more.xlsx": torn}))
    assert (lines_of(written)[0][0], "row_invalid" in codes(written)) == ("A-1", True)


def test_a_sheet_behind_five_hundred_orders_is_not_passed_over():
    many = b"po_number,sku,quantity\n" + b"".join(b"P%d,A-1,1\n" % place for place in range(500))
    orders = translate(mail("Orders attached", LETTER, files={"a.csv": many, "b.csv": CSV}))
    assert len(orders) == 500
    assert all("row_invalid" in codes(order) for order in orders)
