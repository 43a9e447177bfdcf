"""Distributors' sheets become orders: heads in two languages, rows grouped, errors named row by row."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ChannelConfig, ChannelOrder, Kind, Received, Severity
from connectors.channels.sheet import Sheet
from connectors.headers import fields_of, normal, recognise
from connectors.output import from_json, to_json
from connectors.sheet_cells import decimal_mark, number, price, terms
from connectors.sheet_merge import SettingsInvalid
from tests.connectors.sheet_files import ods, xls, xlsx


def read(data: str | bytes, **known: str) -> list[ChannelOrder]:
    body = data.encode() if isinstance(data, str) else data
    return Sheet(ChannelConfig("dealer", "sheet", settings=known)).translate(Received(body=body, channel="dealer"))


def one(data: str | bytes, **known: str) -> ChannelOrder:
    (order,) = read(data, **known)
    return order


def codes(order: ChannelOrder) -> dict[str, str]:
    return {found.field: found.code for found in order.problems}


def goods(order: ChannelOrder) -> list[tuple[object, ...]]:
    return [(line.sku, line.qty, line.unit_price) for line in order.lines]


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


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [("1,234.5", ".", "1234.5"), ("1.234,5", ",", "1234.5"), ("1,234", ",", "1.234"), ("12,5", ".", "12.5"),
     ("1 234,5", ",", "1234.5"), ("１２", ".", "12"), ("(5)", ".", "-5"), ("1.234.567", ".", "1234567"), ("1.234,50", ".", "1234.50")],
)  # fmt: skip
def test_a_number_is_read_exactly(text, mark, value):
    assert number(text, mark=mark) == Decimal(value)


@pytest.mark.parametrize("text", ["asd", "1,2,3", "1.2.3", "12%", "--5", "1/2"])
def test_what_is_no_number_is_none(text):
    with pytest.raises(ValueError, match="number"):
        number(text, mark=".")


def test_the_decimal_mark_follows_the_evidence():
    assert decimal_mark(["12,50", "3"], delimiter=",") == ","
    assert decimal_mark(["1,234.00", "3"], delimiter=";") == "."
    assert decimal_mark(["10", "20"], delimiter=None) == "."


@pytest.mark.parametrize(
    ("text", "found"),
    [("€12.50", ("12.50", "EUR")), ("¥8.5", ("8.5", "CNY")), ("8.5元/箱", ("8.5", "CNY")), ("USD 1,200", ("1200", "USD")), ("$3", ("3", None))],
)  # fmt: skip
def test_a_price_may_carry_its_currency(text, found):
    assert price(text, mark=".", chinese=True) == (Decimal(found[0]), found[1])


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


def test_a_chinese_sheet_is_understood_whole():
    order = one(
        "订单编号,收货人姓名,联系电话,收货地址,货号,品名,规格,数量,单位,单价(元),金额,下单时间,客户名称,备注\n"
        "D1,张三,13800138000,广东省深圳市南山区科技园路1号,A1,绿茶,500g,2,盒,25.00,50.00,2026-05-01 10:20,某某公司,尽快\n"
    )
    assert (order.currency, order.placed_at.isoformat()) == ("CNY", "2026-05-01T02:20:00+00:00")
    assert (order.ship_to.region, order.ship_to.city, order.ship_to.district) == ("广东省", "深圳市", "南山区")
    assert (order.ship_to.adcode, order.ship_to.name, order.ship_to.phone) == ("440305", "张三", "+8613800138000")
    assert (order.lines[0].options, order.buyer_message) == ({"variant": "500g"}, "尽快")
    assert not order.problems


def test_a_form_with_labels_above_and_sums_below_is_one_order():
    order = one(
        "某某公司采购订单,,,,\n采购单号：,CG1,,下单日期：,2026年5月1日\n收货人：李四,,电话：0755-12345678转801,,\n"
        "收货地址：东莞市长安镇霄边社区1号,,,,\n序号,商品名称,数量,单价（元）,小计（元）\n1,螺丝,10,12.5,125\n2,螺母,5,8,40\n"
        ",,,合计,165\n备注：请尽快发货,,,,\n制单人：王五,,,,\n"
    )
    assert (order.channel_order_id, order.totals.total, order.totals.lines) == (
        "CG1",
        Decimal("165.00"),
        Decimal("165.00"),
    )
    assert (order.ship_to.city, order.ship_to.town, order.ship_to.phone_ext) == ("东莞市", "长安镇", "801")
    assert [line.name for line in order.lines] == ["螺丝", "螺母"]
    assert order.buyer_message == "请尽快发货"


def test_a_western_form_with_a_ship_to_block_is_one_order():
    order = one(
        "Purchase Order,,,,DATE,5/13/2026\n,,,,PO #,7788\nVENDOR,,,SHIP TO,,\nUs Inc,,,Jane Roe,,\n1 Road,,,221 Main St,,\n"
        ',,,"Austin, TX 78701",,\nITEM #,DESCRIPTION,,QTY,UNIT PRICE,TOTAL\nX1,Product,,15,150.00,"2,250.00"\n'
        ',,,,SUBTOTAL,"2,250.00"\n,,,,SHIPPING,10.00\n,,,,TOTAL,"$ 2,260.00"\n'
    )
    assert (order.channel_order_id, order.totals.shipping, order.totals.total) == (
        "7788",
        Decimal("10.00"),
        Decimal("2260.00"),
    )
    assert (order.ship_to.name, order.ship_to.lines, order.ship_to.city) == ("Jane Roe", ("221 Main St",), "Austin")
    assert set(codes(order).values()) == {"currency_missing"}


def test_a_shopify_export_is_understood():
    order = one(
        "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
        "Shipping Name,Shipping Street,Shipping City,Shipping Zip,Shipping Country\n"
        "#1001,jo@example.com,paid,USD,25.00,5.00,0.00,30.00,2,Tea,10.00,TEA,Jo Doe,1 Main St,Boston,'01101,US\n"
        "#1001,jo@example.com,,,,,,,1,Mug,5.00,MUG,,,,,\n"
    )
    assert (order.channel_order_id, order.payment.status, order.payment.terms) == ("#1001", "paid", "prepaid")
    assert (order.totals.total, order.totals.shipping, order.ship_to.postal_code) == (
        Decimal("30.00"),
        Decimal("5.00"),
        "01101",
    )
    assert goods(order) == [("TEA", 2, 10), ("MUG", 1, 5)]
    assert not order.problems


def test_amazons_item_price_is_for_the_whole_line():
    order = one(
        "order-id\torder-item-id\tpurchase-date\tsku\tquantity-purchased\tcurrency\titem-price\titem-tax\tshipping-price\trecipient-name"
        "\tship-address-1\tship-city\tship-state\tship-postal-code\tship-country\n"
        "111-1\t123456\t2026-05-01T10:00:00-07:00\tAB-1\t2\tUSD\t20.00\t1.50\t4.99\tBob\t5 Elm St\tAustin\tTX\t78701\tUS\n"
    )
    assert (order.lines[0].unit_price, order.lines[0].total, order.totals.tax) == (10, 20, Decimal("1.50"))
    assert order.placed_at.isoformat() == "2026-05-01T17:00:00+00:00"


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


def test_a_saved_mapping_wins_over_known_names():
    mapping = json.dumps({"order_number": "Ref1", "sku": "Ware", "qty": "SKU", "ship_to.city": "Ort"})
    order = one("Ref1;Ware;SKU;Ort\nX1;W;3;Bonn\n", mapping=mapping, currency="EUR")
    assert (order.channel_order_id, order.currency, order.lines[0].sku, order.lines[0].qty) == ("X1", "EUR", "W", 3)


@pytest.mark.parametrize(
    ("known", "word"),
    [({"mapping": "{"}, "JSON"), ({"mapping": "[1]"}, "our field"), ({"mapping": '{"colour": "x"}'}, "no field"), ({"currency": "XYZ"}, "currency"), ({"timezone": "Mars/Base"}, "timezone")],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused(known, word):
    with pytest.raises(SettingsInvalid, match=word):
        read("PO,SKU,Qty\n", **known)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "PO,SKU,Qty\n",
        "sku,name,price\nA,B,1\n",
        "name,email\nA,b@c.de\n",
        "order number,tracking number\nA,1Z\n",
        "a,b\n1,2\n",
    ],
)
def test_what_holds_no_order_is_no_order_and_no_problem(text):
    order = one(text)
    assert (order.kind, order.lines, order.problems) == (Kind.NOT_AN_ORDER, (), ())


def test_an_unreadable_file_is_one_element_that_says_why():
    order = one(b"%PDF-1.7")
    assert order.kind is Kind.NOT_AN_ORDER
    assert [(found.code, found.severity) for found in order.problems] == [("unreadable", Severity.REFUSE)]
    assert "PDF" in order.problems[0].message


def test_the_same_orders_come_out_of_every_kind_of_file():
    rows = [("PO", "SKU", "Qty", "Price"), ("10000234500", "00123", 2, 8.5), ("10000234500", "A-2", 1, 3)]
    texts = "\n".join(",".join(str(cell) for cell in row) for row in rows)
    found = [one(data) for data in (texts, xlsx(rows), ods(rows), xls())]
    assert all(order == found[0] for order in found[1:])
    assert goods(found[0]) == [("00123", 2, Decimal("8.50")), ("A-2", 1, Decimal("3.00"))]


def test_units_stand_behind_the_quantities_even_without_a_head():
    order = one(xlsx([("SKU", "Quantity", None), ("a", 1.0, None), ("a", 2.0, "box"), ("b", 3.0, "liter")]))
    assert [line.unit for line in order.lines] == [None, "box", "liter"]


def test_more_orders_than_one_file_may_hold_are_refused():
    order = one("PO,SKU,Qty\n" + "".join(f"P{at},a,1\n" for at in range(5_001)))
    assert order.problems[0].code == "unreadable"
    assert "split" in order.problems[0].message


@pytest.mark.parametrize(
    ("head", "field"),
    [("PO #", "channel_order_id"), ("Order-ID", "channel_order_id"), ("订单号", "channel_order_id"), ("采购单号", "channel_order_id"),
     ("productSku", "lines.sku"), ("UPC_NUMBER", "lines.sku"), ("商品编码", "lines.sku"), ("ＳＫＵ", "lines.sku"), ("*数量", "lines.qty"),
     ("Qty (pcs)", "lines.qty"), ("Unit Price (USD)", "lines.unit_price"), ("单价（元）", "lines.unit_price"), ("UOM", "lines.unit"),
     ("Ship To Address 1", "ship_to.line1"), ("City (Billing)", "bill_to.city"), ("shippingAddressPostalCode", "ship_to.postal_code"),
     ("收货人电话", "ship_to.phone"), ("省", "ship_to.region"), ("CUSTOMER_NUMBER", "customer.id"), ("expected_date", "requested.deliver_by"),
     ("Quantité", "lines.qty"), ("Numéro de commande", "channel_order_id")],
)  # fmt: skip
def test_a_head_is_known_however_it_is_written(head, field):
    assert fields_of(head)[0][0] == field


def test_the_stronger_of_two_columns_for_one_field_wins():
    columns = recognise(["Item Number", "Custom Label", "Quantity"])
    assert columns.places["lines.sku"] == 1
    assert normal("Item Number") == "itemnumber"
    assert columns.unknown == ("Item Number",)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Net 30", "account"), ("月结30天", "account"), ("货到付款", "cod"), ("COD", "cod"), ("Credit Card", "prepaid"), ("款到发货", "prepaid"), ("barter", None)],
)  # fmt: skip
def test_payment_terms_are_ours_or_open(text, kind):
    assert terms(text) == kind


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            *[
                st.sampled_from(
                    [
                        "",
                        "A1",
                        "1",
                        "2,5",
                        "x",
                        "12.50",
                        "EUR",
                        "2026-05-01",
                        "张三",
                        "03/04/2026",
                        "合计",
                        "1E+12",
                        '"',
                    ]
                )
                for _ in range(6)
            ]
        ),
        max_size=12,
    ),
    st.permutations(["PO", "SKU", "Qty", "Price", "Currency", "Date"]),
)
def test_any_cells_become_orders_of_the_schema(rows, heads):
    text = "\n".join(",".join(row) for row in [heads, *rows])
    for order in read(text):
        assert from_json(to_json(order)) == order
        assert order.channel == "dealer"
        assert order.source == "sheet"


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "orders", "lines", "grave"),
    [
        ("edifabric_po.csv", 1, 6, {"currency_missing"}),
        ("import-purchase-orders.csv", 2, 3, {"currency_missing", "price_missing", "address_missing"}),
        ("import-sales-orders.csv", 2, 3, {"currency_missing", "price_missing", "address_missing"}),
        ("oro_demo_order_lines.csv", 12, 49, {"currency_missing", "price_missing", "qty_missing", "address_missing"}),
        ("oro_demo_orders.csv", 12, 0, {"no_lines", "total_mismatch"}),
        ("oro_quick-order.csv", 1, 14, {"currency_missing", "price_missing", "qty_missing", "qty_invalid", "number_missing", "address_missing"}),
        ("oro_quick-order.xlsx", 1, 14, {"currency_missing", "price_missing", "qty_missing", "qty_invalid", "number_missing", "address_missing"}),
    ],
)  # fmt: skip
def test_a_public_sheet_says_what_a_person_reads_in_it(samples, name, orders, lines, grave):
    found = read((samples / "distributor" / "sheets" / name).read_bytes())
    assert (len(found), sum(len(order.lines) for order in found)) == (orders, lines)
    assert {problem.code for order in found for problem in order.problems if problem.severity != "note"} == grave


@pytest.mark.samples
def test_the_flat_purchase_order_keeps_every_digit(samples):
    order = one((samples / "distributor" / "sheets" / "edifabric_po.csv").read_bytes())
    assert (order.channel_order_id, order.placed_at.isoformat()) == ("10000234500", "2017-05-20T00:00:00+00:00")
    assert [line.line_ref for line in order.lines][:2] == ["001002003", "002003004"]
    assert (order.totals.lines, order.customer.external_id, order.ship_to.region) == (
        Decimal("1020.00"),
        "123456",
        "OH",
    )
