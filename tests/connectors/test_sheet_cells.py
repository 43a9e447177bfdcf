"""What a head and a cell say: names in two languages, numbers, prices, terms."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.headers import fields_of, normal, recognise
from connectors.sheet_cells import habit, number, price, terms


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
    assert habit(["12,50", "3"], delimiter=",")[0] == ","
    assert habit(["1,234.00", "3"], delimiter=";")[0] == "."
    assert habit(["10", "20"], delimiter=None)[0] == "."


@pytest.mark.parametrize(
    ("text", "found"),
    [("€12.50", ("12.50", "EUR")), ("¥8.5", ("8.5", "CNY")), ("8.5元/箱", ("8.5", "CNY")), ("USD 1,200", ("1200", "USD")), ("$3", ("3", "$")), ("￥3.5", ("3.5", "CNY"))],
)  # fmt: skip
def test_a_price_may_carry_its_currency(text, found):
    assert price(text, mark=".", chinese=True) == (Decimal(found[0]), found[1])


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
