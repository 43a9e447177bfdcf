"""Orders in letters: tables, lists and sentences, in English and German."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import Kind, Severity
from tests.connectors.confidence import lowest
from tests.connectors.mails import codes, lines_of, mail, one, printed

PURCHASE_ORDER = """Dear Sales,

please supply the following:

Item        Description           Qty   Unit Price   Amount
-----------------------------------------------------------
AB-1        Blue widget           10    2.50         25.00
AB-2        Red widget             4    3.00         12.00

Subtotal: EUR 37.00
Shipping: EUR 5.00
Total: EUR 42.00

Ship to:
ACME GmbH
Frau Müller
Hauptstraße 5
10115 Berlin
Germany
Phone: +49 30 1234567

Delivery date: 2026-04-01
Payment terms: Net 30

Best regards
Jane Doe
"""


def test_a_purchase_order_set_in_columns_is_read_whole_and_without_a_problem():
    order = one(mail("Purchase Order PO-4711", PURCHASE_ORDER))
    assert (order.kind, order.channel_order_id, order.problems) == (Kind.ORDER, "PO-4711", ())
    assert lines_of(order) == [("AB-1", "10", "2.50"), ("AB-2", "4", "3.00")]
    assert (order.currency, order.totals.total, order.payment.terms) == ("EUR", Decimal("42.00"), "account")
    assert lowest(order) >= Decimal("0.8")


def test_receiver_customer_and_dates_of_a_letter_are_found():
    found = printed(mail("Purchase Order PO-4711", PURCHASE_ORDER))
    address = found["ship_to"]
    assert (address["company"], address["name"], address["lines"]) == ("ACME GmbH", "Frau Müller", ["Hauptstraße 5"])
    assert (address["city"], address["postal_code"], address["country"]) == ("Berlin", "10115", "DE")
    assert (found["customer"]["email"], found["customer"]["phone"]) == ("jane@acme.example", "+49301234567")
    assert found["requested"]["deliver_by"] == "2026-04-01T00:00:00Z"
    assert found["placed_at"] == "2026-03-02T10:00:00Z"


def test_each_field_says_how_sure_it_is_and_from_which_text():
    order = one(mail("Purchase Order PO-4711", PURCHASE_ORDER))
    said = {piece.field: piece for piece in order.evidence}
    assert "10115 Berlin" in said["ship_to"].source
    assert said["lines.0.qty"].source == "10"
    assert said["channel_order_id"].source == "Purchase Order PO-4711"
    assert all(0 < piece.confidence <= 1 for piece in order.evidence)


GOODS = [
    ("10 x ABC-123 @ EUR 5.00", ("ABC-123", "10", "5.00")),
    ("ABC-123 ×10", ("ABC-123", "10", None)),
    ("2x Modern Desk (SKU: MD-001)", ("MD-001", "2", None)),
    ("- Laptop (Model XPS-15): Quantity 2, Price €1,299 each", ("XPS-15", "2", "1299.00")),
    ("2 boxes of ABC-123 at €5.00 each", ("ABC-123", "2", "5.00")),
    ("ABC-123 - 10 pcs", ("ABC-123", "10", None)),
    ("We need 150 of the Blue Widgets (WID-BL-01).", ("WID-BL-01", "150", None)),
    ("Blue T-Shirt (#TS-BLUE) X 2 = €20.00", ("TS-BLUE", "2", "10.00")),
    ("A4 paper x 20 reams", (None, "20", None)),
    ("ABC-2 2.5e3 pcs", ("ABC-2", "2500", None)),
    ("SKU: MD-7, Quantity: 3, Price: 4.50", ("MD-7", "3", "4.50")),
]


@pytest.mark.parametrize(("line", "expected"), GOODS)
def test_goods_named_in_a_sentence_are_read(line, expected):
    order = one(mail("Order", f"Hello,\n\nplease send us the following:\n\n{line}\n\nThanks\nJane\n"))
    assert order.kind is Kind.ORDER
    assert lines_of(order) == [expected]


def test_several_goods_in_one_sentence_are_several_lines():
    order = one(mail("Order", "Please send us 10 pcs ABC-123, 5 pcs XYZ-9 and 2 pcs QQ-1.\n"))
    assert [line[:2] for line in lines_of(order)] == [("ABC-123", "10"), ("XYZ-9", "5"), ("QQ-1", "2")]


@pytest.mark.parametrize("line", ["ABC-1 1.5K units", "ABC-1 1.200 pcs"])
def test_a_quantity_that_could_mean_two_numbers_holds_the_order(line):
    order = one(mail("Purchase order 12", f"Please supply:\n\n{line}\n"))
    (found,) = [problem for problem in order.problems if problem.code == "qty_invalid"]
    assert (found.severity, found.field) == (Severity.HOLD, "lines.0.qty")


def test_a_date_that_could_be_two_days_holds_the_order():
    order = one(mail("PO 99", "Please ship 5 x ABC-1 @ USD 2.00\nDelivery date: 03/04/2024\n"))
    assert ("date_ambiguous", "requested.deliver_by") in {(found.code, found.field) for found in order.problems}
    assert order.requested.deliver_by is None


def test_a_dollar_sign_alone_names_no_currency():
    order = one(mail("PO 99", "Please ship 5 x ABC-1 @ $2.00\n"))
    assert order.currency is None
    assert "currency_missing" in codes(order)
    assert one(mail("PO 99", "Please ship 5 x ABC-1 @ $2.00\n"), currency="CAD").currency == "CAD"


def test_a_mail_without_a_number_of_its_own_has_its_message_id():
    order = one(mail("Order", "Please send us 10 x ABC-123.\n"))
    assert order.channel_order_id == order.channel_order_number == "m1@acme.example"


def test_goods_set_below_each_other_take_their_names_from_the_line_above():
    body = """Dear Vendor, please find below our purchase order:

- AX-1: Steel bolt M8
  Quantity: 100, Unit Price: USD 0.25, Total: USD 25.00
- AX-2: Steel nut M8
  Quantity: 200, Unit Price: USD 0.10, Total: USD 20.00

Total Amount: USD 45.00
Shipping address: 100 Industrial Way, Dayton, OH 45402, USA
"""
    order = one(mail("Purchase Order PO-2026-001", body))
    assert lines_of(order) == [("AX-1", "100", "0.25"), ("AX-2", "200", "0.10")]
    assert (order.lines[0].name, order.problems) == ("Steel bolt M8", ())
    assert order.ship_to is not None
    assert (order.ship_to.city, order.ship_to.region, order.ship_to.country) == ("Dayton", "OH", "US")


def test_a_german_table_from_outlook_is_read_with_its_grouping_point():
    html = """<p>Sehr geehrte Damen und Herren,</p><p>wir bestellen:</p><table><tr><td><p>Pos.</p></td><td>Artikelnummer</td>
    <td>Bezeichnung</td><td>Menge</td><td>Einzelpreis</td><td>Gesamtpreis</td></tr><tr><td>10</td><td>A-100</td>
    <td>Schraube M8</td><td>1.000 Stk</td><td>0,25 €</td><td>250,00 €</td></tr></table>
    <p>Lieferadresse:<br>Muster GmbH<br>Industriestr. 5<br>70565 Stuttgart<br>Deutschland</p>"""
    order = one(mail("Bestellung 4500123456", html=html))
    assert (order.channel_order_id, lines_of(order)) == ("4500123456", [("A-100", "1000", "0.25")])
    assert order.ship_to is not None
    assert (order.ship_to.city, order.ship_to.country, order.problems) == ("Stuttgart", "DE", ())


def test_line_totals_that_do_not_come_out_hold_the_order_with_both_figures():
    body = "We order:\n\nSKU\tQty\tUnit Price\tTotal\nA-1\t3\tEUR 5.00\tEUR 16.00\n\nTotal: EUR 15.00\n"
    (found,) = [problem for problem in one(mail("PO 7", body)).problems if problem.code == "total_mismatch"]
    assert "16.00" in found.message
    assert "15.00" in found.message


def test_a_letter_longer_than_we_read_is_not_cut_in_silence():
    rows = "".join(f"A-{number}\t1\tEUR 1.00\n" for number in range(2500))
    order = one(mail("PO 8", f"We order:\n\nSKU\tQty\tPrice\n{rows}"))
    assert ("row_invalid", Severity.HOLD) in {(found.code, found.severity) for found in order.problems}


@pytest.mark.parametrize(
    ("subject", "kind"),
    [("Test order 5", Kind.TEST), ("Draft purchase order 5", Kind.DRAFT), ("Revised purchase order 5", Kind.UPDATE)],
)
def test_test_orders_drafts_and_changes_are_told_apart(subject, kind):
    assert one(mail(subject, "Please supply 10 x ABC-123 @ EUR 5.00\n")).kind is kind
