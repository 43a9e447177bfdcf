"""Rows become orders: grouped by number, sums checked, errors named row by row."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import Kind, Severity
from tests.connectors.sheet_reading import codes, goods, one, read


def test_rows_with_the_head_repeated_are_one_order():
    order = one("PO_NUMBER,SKU,QTY,PRICE,CURRENCY\nP1,A,2,1.50,EUR\nP1,B,1,3,EUR\n")
    assert (order.channel_order_id, order.channel_order_number, order.currency) == ("P1", "P1", "EUR")
    assert goods(order) == [("A", 2, Decimal("1.50")), ("B", 1, Decimal("3.00"))]
    assert order.totals.lines == Decimal("6.00")


def test_a_head_written_once_holds_for_the_rows_below_it():
    first, second = read("Order No,Customer,SKU,Qty,Price\nA1,Ann,S1,1,2\n,,S2,2,3\nA2,Bob,S1,1,2\n")
    assert [line.sku for line in first.lines] == ["S1", "S2"]
    assert (second.channel_order_id, second.customer.name, len(second.lines)) == ("A2", "Bob", 1)


def test_rows_of_one_order_need_not_stand_together():
    orders = read("PO,SKU,Qty\nA,1,1\nB,2,1\nA,3,1\n")
    assert [(order.channel_order_id, len(order.lines)) for order in orders] == [("A", 2), ("B", 1)]


def test_a_row_without_its_number_but_with_another_customer_lacks_its_number():
    orders = read("PO,Customer,City,SKU,Qty\nA,Ann,Leeds,1,1\n,Bob,York,2,1\n")
    assert [order.channel_order_id for order in orders] == ["A", None]
    assert codes(orders[1])["channel_order_number"] == "number_missing"


def test_a_sheet_without_order_numbers_is_one_order_that_holds():
    order = one("Item Number,Quantity,Unit\na,1,\na,2.5,liter\n")
    assert codes(order)["channel_order_number"] == "number_missing"
    assert [(line.sku, line.qty, line.unit) for line in order.lines] == [("a", 1, None), ("a", Decimal("2.5"), "liter")]


def test_long_digits_and_leading_zeros_stay_exact():
    order = one("po number,line number,upc,qty\n012345678901234567890,001002003,00055566641,10\n")
    assert order.channel_order_id == "012345678901234567890"
    assert (order.lines[0].line_ref, order.lines[0].sku) == ("001002003", "00055566641")


def test_numbers_that_a_spreadsheet_shortened_are_never_taken_for_exact():
    order = one("PO,SKU,Qty\n1.00002E+10,1.23E+12,1\n")
    assert order.channel_order_id is None
    assert {"number_missing", "sku_missing"} <= set(codes(order).values())
    assert order.lines[0].sku is None


def test_the_same_sku_twice_stays_two_lines():
    assert goods(one("PO,SKU,Qty,Price\n1,A,1,2\n1,A,3,2\n")) == [("A", 1, 2), ("A", 3, 2)]


def test_decimal_commas_are_read_by_the_habit_of_the_sheet():
    order = one("Bestellnummer;Artikelnummer;Menge;Einzelpreis (EUR)\nB;0012;2,5;1.234,50\nB;0013;3;12,00\n")
    assert goods(order) == [("0012", Decimal("2.5"), Decimal("1234.50")), ("0013", 3, Decimal("12.00"))]
    assert order.currency == "EUR"


def test_a_quantity_that_is_none_holds_and_names_row_and_column():
    order = one("SKU,Quantity\na,asd\nb,\nc,1.5K\nd,-2\ne,2件\n")
    assert {field: code for field, code in codes(order).items() if field.endswith("qty")} == {
        "lines.0.qty": "qty_invalid",
        "lines.1.qty": "qty_missing",
        "lines.2.qty": "qty_invalid",
        "lines.3.qty": "qty_invalid",
    }
    told = next(found for found in order.problems if found.field == "lines.0.qty")
    assert "row 2" in told.message
    assert "'Quantity'" in told.message
    assert told.severity is Severity.HOLD
    assert (order.lines[4].qty, order.lines[4].unit) == (2, "件")


def test_a_row_that_cannot_be_read_is_refused_and_the_good_rows_stay():
    order = one("PO,SKU,Qty,Price\nA,1,1,2.00\nA,2,1,abc\nA,3,1,4\n")
    (bad,) = [found for found in order.problems if found.code == "row_invalid"]
    assert (bad.field, bad.severity) == ("rows.3.unit_price", Severity.REFUSE)
    assert "row 3" in bad.message
    assert "'Price'" in bad.message
    assert "12.50" in bad.message
    assert [line.sku for line in order.lines] == ["1", "3"]


def test_a_decimal_comma_that_split_a_cell_is_named():
    order = one("PO,SKU,Qty,Price\nA,B,1,12,50\n")
    assert codes(order)["rows.2.cells"] == "row_invalid"


def test_rows_of_one_order_that_disagree_are_refused():
    order = one("PO,SKU,Qty,Currency,Customer\nA,1,1,EUR,Ann\nA,2,1,USD,Ann\n")
    assert codes(order)["rows.3.currency"] == "row_invalid"
    assert order.currency == "EUR"
    assert len(order.lines) == 1


def test_line_totals_that_do_not_fit_hold():
    order = one("PO,SKU,Qty,Unit Price,Line Total\nA,1,2,5.00,10.00\nA,2,2,5.00,11.00\n")
    assert codes(order)["lines.1.total"] == "total_mismatch"
    assert "lines.0.total" not in codes(order)


def test_a_price_is_derived_from_the_line_total():
    assert one("PO,SKU,Qty,Amount\nA,1,3,10.00\n").lines[0].unit_price == Decimal("3.333333")


def test_an_order_total_that_does_not_fit_holds():
    order = one("PO,SKU,Qty,Price,Shipping,Order Total,Currency\nA,1,2,5.00,3.00,99.00,EUR\n")
    assert codes(order)["totals.total"] == "total_mismatch"
    assert order.totals.shipping == Decimal("3.00")


def test_a_discount_in_percent_is_an_amount_of_its_line():
    line = one("PO,SKU,Qty,Price,Discount\nA,1,2,50.00,10%\n").lines[0]
    assert (line.discount, line.total) == (Decimal("10.00"), Decimal("90.00"))


def test_orders_without_lines_hold_and_cancelled_ones_cancel():
    orders = read(
        "identifier,internalStatus,shippingAddressCity,shippingAddressStreet,shippingAddressCountry,total,currency,poNumber,paymentTerm\n"
        "F1,open,Reseda,18644 Sherman Way,US,10.00,USD,P7,net 30\nF2,cancelled,Reseda,18644 Sherman Way,US,10.00,USD,P8,net 30\n"
    )
    assert [order.kind for order in orders] == [Kind.ORDER, Kind.CANCELLATION]
    assert codes(orders[0])["lines"] == "no_lines"
    assert (orders[0].payment.terms, orders[0].channel_order_number, orders[0].seller_memo) == (
        "account",
        "F1",
        "PO number: P7",
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Draft", "draft"), ("报价", "draft"), ("test", "test"), ("已取消", "cancellation"), ("open", "order")],
)
def test_the_status_column_says_the_kind(word, kind):
    assert one(f"PO,Status,SKU,Qty\nA,{word},1,1\n").kind == kind


def test_rows_cancelled_beside_others_are_for_a_person():
    order = one("PO,Status,SKU,Qty\nA,open,1,1\nA,cancelled,2,1\n")
    assert codes(order)["rows.3.status"] == "row_invalid"


def test_dates_that_could_be_two_days_hold():
    order = one("PO,Date,SKU,Qty,Required Date\nA,03/04/2026,1,1,ASAP\n")
    assert codes(order)["placed_at"] == "date_ambiguous"
    assert codes(order)["requested.deliver_by"] == "date_ambiguous"
    assert order.placed_at is None


def test_the_earliest_date_is_asked_for_and_each_line_keeps_its_own():
    order = one("PO,SKU,Qty,Ship By\nA,1,1,2026-05-03\nA,2,1,2026-05-01\n")
    assert order.requested.ship_by.isoformat() == "2026-05-01T00:00:00+00:00"
    assert [line.options["ship_by"] for line in order.lines] == ["2026-05-03", "2026-05-01"]


def test_a_missing_ship_to_falls_back_to_bill_to_with_a_note():
    order = one(
        "PO,SKU,Qty,Bill To Name,Bill To Address1,Bill To City,Bill To Zip,Bill To Country\nA,1,1,Ann,1 High St,Leeds,LS1 4AP,GB\n"
    )
    (told,) = [found for found in order.problems if found.code == "address_missing"]
    assert (told.severity, order.ship_to.city) == (Severity.NOTE, "Leeds")


def test_an_address_in_one_cell_is_taken_apart():
    order = one('PO,SKU,Qty,Ship To,Address\nP1,A,1,Jo,"12 High St, Leeds, LS1 4AP, UK"\n')
    assert (order.ship_to.lines, order.ship_to.city, order.ship_to.country) == (("12 High St",), "Leeds", "GB")


def test_an_unknown_country_is_named():
    order = one("PO,SKU,Qty,Address1,City,Country\nP1,A,1,1 St,X,Atlantis\n")
    assert codes(order)["ship_to.country"] == "address_missing"


def test_an_order_was_changed_when_the_last_of_its_rows_was():
    # By the first one a change of one row was the same version with other content, which no sheet can be asked about.
    rows = "PO,SKU,Qty,Last modified\nP1,A,1,2026-03-01 10:00\nP1,B,2,2026-03-02 11:30\nP1,C,2,\n"
    assert one(rows).version == "2026-03-02T11:30:00Z"


def test_the_postage_of_each_row_of_amazons_report_counts():
    head = "amazon-order-id\torder-item-id\tsku\tquantity-purchased\titem-price\tshipping-price\tcurrency\n"
    order = one(head + "1\t11\tA-1\t2\t10.00\t3.99\tEUR\n1\t12\tB-1\t1\t4.00\t3.99\tEUR\n")
    assert (goods(order), order.totals.shipping) == ([("A-1", 2, 5), ("B-1", 1, 4)], Decimal("7.98"))
    plain = "PO,SKU,Qty,Price,Shipping,Currency\n1,A-1,2,5.00,3.99,EUR\n1,B-1,1,4.00,3.99,EUR\n"
    assert one(plain).totals.shipping == Decimal("3.99")
