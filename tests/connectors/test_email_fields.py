"""The parts that letters are read with: amounts, quantities, addresses, numbers, labels."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import Kind
from connectors.mail.addresses import read_address
from connectors.mail.figures import money, quantity
from connectors.mail.numbers import number_in, number_of
from connectors.mail.pairs import pairs_of
from tests.connectors.mails import codes, lines_of, mail, one

AMOUNTS = [
    ("$1,234.50", "1234.50", None),
    ("12,50 €", "12.50", "EUR"),
    ("120元", "120", "CNY"),
    ("USD 25.00", "25.00", "USD"),
    ("1.234,50 EUR", "1234.50", "EUR"),
    ("1'234.50 CHF", "1234.50", "CHF"),
    ("US$18.32 each", "18.32", "USD"),
    ("-5.00 GBP", "-5.00", "GBP"),
    ("MCL-1 £319.98", "319.98", "GBP"),
]


@pytest.mark.parametrize(("text", "value", "currency"), AMOUNTS)
def test_an_amount_is_read_with_the_currency_that_it_surely_names(text, value, currency):
    found = money(text)
    assert found is not None
    assert (found.value, found.currency) == (Decimal(value), currency)


QUANTITIES = [
    ("10 pcs", "10", "pcs"), ("1,200", "1200", None), ("2.5e3", "2500", None), ("一百", "100", None), ("两箱", "2", "箱"),
    ("三万二千", "32000", None), ("×2", "2", None), ("10.00", "10", None), ("1,5 kg", "1.5", "kg"), ("two boxes", "2", "boxes"),
    ("One thousand two hundred (1,200) units", "1200", "units"), ("-3", "-3", None), ("twenty-five pieces", "25", "pieces"),
    ("two hundred and five", "205", None), ("a thousand units", "1000", "units"), ("nineteen", "19", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "unit"), QUANTITIES)
def test_a_quantity_is_read_with_its_unit(text, value, unit):
    count = quantity(text)
    assert (count.qty.value, count.unit) == (Decimal(value), unit)


@pytest.mark.parametrize("text", ["", "abc", "asd 5 asd", "ten thousand million", "1/2", "five twenty", "one two"])
def test_what_is_no_quantity_is_refused_with_a_hint(text):
    with pytest.raises(ValueError, match="is no quantity"):
        quantity(text)


def test_a_grouping_point_is_a_doubt_until_a_total_settles_it():
    assert quantity("1.000").doubt == "'1.000' could be 1.000 or 1000; confirm it"
    assert quantity("0.250 kg").doubt is None
    table = "We order:\n\nSKU\tQty\tPrice\tTotal\nA-1\t{}\tEUR 2.00\tEUR {}\n"
    bulk, few = (one(mail("PO 7", table.format("3.000", total))) for total in ("6000.00", "6.00"))
    assert ([line[1] for line in lines_of(bulk)], codes(bulk)) == (["3000"], {"address_missing"})
    assert ([line[1] for line in lines_of(few)], codes(few)) == (["3"], {"address_missing"})


ADDRESSES = [
    (["Jane Doe", "10 Downing Street", "London", "SW1A 2AA", "United Kingdom"], "London", "SW1A 2AA", "GB"),
    (["ACME GmbH", "Hauptstraße 5", "10115 Berlin", "Germany"], "Berlin", "10115", "DE"),
    (["Unit 4, 12 Kent St, Sydney NSW 2000, Australia"], "Sydney", "2000", "AU"),
    (["Foo BV, Keizersgracht 1, 1015 CJ Amsterdam, Netherlands"], "Amsterdam", "1015 CJ", "NL"),
    (["Jo", "1 Rue A", "Toronto, ON M5V 2T6"], "Toronto", "M5V 2T6", "CA"),
    (["123 Main Street", "Anytown, USA 12345"], "Anytown", "12345", "US"),
    (["Jane", "5 High Street", "Leeds LS1 4AB"], "Leeds", "LS1 4AB", "GB"),
    (["Jo", "1 Kent St", "Sydney NSW 2000"], "Sydney", "2000", "AU"),
]


@pytest.mark.parametrize(("lines", "city", "postal_code", "country"), ADDRESSES)
def test_a_western_address_block_is_taken_apart(lines, city, postal_code, country):
    address, problems = read_address(lines, field="ship_to")
    assert address is not None
    assert (address.city, address.postal_code, address.country, problems) == (city, postal_code, country, ())


def test_a_chinese_block_gives_company_postal_code_and_division():
    address, _ = read_address(["上海某某贸易有限公司 上海市浦东新区世纪大道100号 200120"], field="ship_to")
    assert address is not None
    assert (address.company, address.postal_code, address.district) == ("上海某某贸易有限公司", "200120", "浦东新区")


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("New customer order #999126", "999126"),
        ("Purchase Order PO-4711", "PO-4711"),
        ("PO#4711 rush", "4711"),
        ("P.O. No. 88-A", "88-A"),
        ("采购订单 CG20260301", "CG20260301"),
        ("Order for 2026-03-01", None),
        ("our PO is DS-9981", "DS-9981"),
        ("Bestellung 2026-0815", "2026-0815"),
        ("Order 2026/0815/2", "2026/0815/2"),
        ("Bestellung Nr. 4711", "4711"),
        ("Bestell-Nr.: B-4711", "B-4711"),
        ("Bestellung B-4711", "B-4711"),
        ("Commande n° 2026/112", "2026/112"),
        ("Pedido nº 5512", "5512"),
        ("Bestellung vom 30.11.2026", None),
        ("Bestellung 20 Stühle", None),
        ("Hello", None),
    ],
)
def test_the_order_number_in_a_subject_is_found(subject, number):
    found = number_in(subject, [])
    assert (found.value if found else None) == number


@pytest.mark.parametrize(
    ("value", "number"), [("#999126", "999126"), ("PO-1 (rush)", "PO-1"), ("10 x ABC", None), ("soon", None)]
)
def test_a_labelled_value_is_a_number_or_none(value, number):
    assert number_of(value) == number


def test_several_labels_on_one_line_are_told_apart():
    found = [(pair.key, pair.value) for pair in pairs_of("收货人：张三 电话：13800138000，邮编：518000")]
    assert found == [("ship_name", "张三"), ("phone", "13800138000"), ("postal_code", "518000")]
    assert [(pair.key, pair.value) for pair in pairs_of("see http://a.example/x at 10:30")] == []


def test_vat_is_an_amount_below_the_goods_and_a_number_above_them():
    body = (
        "We order:\nVAT: DE123456789\n\nSKU | Qty | Price\nA-1 | 2 | 10.00 EUR\n\nVAT 20%: 4.00 EUR\nTotal: 24.00 EUR\n"
    )
    order = one(mail("PO 13", body))
    assert (order.customer.tax_id, order.totals.tax, order.totals.tax_included) == (
        "DE123456789",
        Decimal("4.00"),
        False,
    )
    assert lines_of(order) == [("A-1", "2", "10.00")]


def test_labels_without_a_colon_in_a_chinese_sentence_are_read():
    body = "老板你好，下单：A001 20件 单价15.5元，A002 5件 单价99元。收货人李四，电话13912345678，地址上海市浦东新区张江路100号。"
    order = one(mail("下单", body))
    assert (order.kind, lines_of(order)) == (Kind.ORDER, [("A001", "20", "15.50"), ("A002", "5", "99.00")])
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.phone, order.ship_to.district) == ("李四", "+8613912345678", "浦东新区")


def test_the_invoice_that_a_customer_asks_for_is_kept():
    body = "我们要订 A-1 5件 单价10元\n发票类型：增值税专用发票\n发票抬头：某某公司\n税号：91310000MA1FL00000\n开户行：中国银行\n账号：6222\n"
    invoice = one(mail("订货", body)).invoice
    assert invoice is not None
    assert (invoice.type, invoice.title, invoice.tax_id) == ("增值税专用发票", "某某公司", "91310000MA1FL00000")
    assert (invoice.bank, invoice.account) == ("中国银行", "6222")


@pytest.mark.parametrize("subject", ["订货，请发快递", "PO 5: parcel boxes", "PO 6 - please invoice us"])
def test_a_word_of_notices_in_a_real_order_does_not_hide_it(subject):
    assert one(mail(subject, "Please send us 5 x ABC-123 @ EUR 2.00\n订购如上\n")).kind is Kind.ORDER
