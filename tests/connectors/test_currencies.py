"""In which currency an order is: said by a word, a sign or a sentence; what is unsure holds, whatever the channel's own is."""

from __future__ import annotations

import pytest

from connectors.base import ChannelConfig, ChannelOrder, Received, Severity
from connectors.registry import channel_for
from tests.connectors import mails, sheet_reading
from tests.connectors.order_messages import only, shopify_order, woo_order

_US = "12 Main St\nAustin, TX 78701\nUSA\n"
_DE = "Hauptstr. 5\n10115 Berlin\nGermany\n"


def mailed(price: str, *, words: str = "", address: str = _DE, **settings: str) -> ChannelOrder:
    table = f"SKU      Qty   Price\nABC-1    2     {price}\n"
    body = f"Please send:\n\n{table}\n{words}\n\nShip to:\nJane Doe\n{address}"
    return mails.one(mails.mail("Purchase order PO-77", body), **settings)


def doubts(order: ChannelOrder) -> list[str]:
    return [
        found.message
        for found in order.problems
        if (found.field, found.code, found.severity) == ("currency", "currency_unsure", Severity.HOLD)
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("All prices in EUR.", "EUR"),
        ("Prices are quoted in US$, net.", "USD"),
        ("Amounts in Euro, please.", "EUR"),
        ("Alle Preise in EUR.", "EUR"),
        ("价格均为美元，月结。", "USD"),
        ("以欧元结算。", "EUR"),
        ("We pay in TOP condition, and all in all we are glad.", "CNY"),
        ("", "CNY"),
    ],
)
def test_a_mail_says_in_a_sentence_what_its_prices_are_in(words: str, code: str) -> None:
    order = mailed("10.00", words=words, currency="CNY")
    assert (order.currency, doubts(order)) == (code, [])


def test_a_sign_that_cannot_be_the_channels_own_currency_holds_a_mail() -> None:
    order = mailed("$10.00", currency="CNY")
    assert order.currency is None
    assert doubts(order) == [
        "prices with $ are not in CNY; find out which one is meant, and write it as ISO 4217, such as EUR"
    ]
    assert mailed("¥10.00", currency="CNY").currency == "CNY"
    assert mailed("$10.00", currency="AUD").currency == "AUD"


def test_a_sign_of_the_country_that_the_goods_go_to_is_taken_with_doubt() -> None:
    order = mailed("$10.00", address=_US, currency="CNY")
    (sure,) = [piece.confidence for piece in order.evidence if piece.field == "currency"]
    assert order.currency == "USD"
    assert sure < 0.8


def test_prices_in_two_currencies_hold_a_mail() -> None:
    order = mailed("€10.00", words="All prices in USD.", currency="CNY")
    assert order.currency is None
    assert doubts(order)[0].startswith("the mail names EUR and USD;")


def sheet(*prices: str, **settings: str) -> ChannelOrder:
    rows = "".join(f"P1,A-{at},2,{price}\n" for at, price in enumerate(prices))
    return sheet_reading.one(f"po_number,sku,quantity,unit price\n{rows}", **settings)


@pytest.mark.parametrize(
    ("prices", "own", "code", "doubt"),
    [
        (("$5", "$6"), "USD", "USD", ""),
        (("$5", "$6"), "CNY", None, "prices with $ are not in CNY"),
        (("$5", "6"), "EUR", None, "prices with $ are not in EUR"),
        (("¥5", "6"), "EUR", None, "prices with ¥ are not in EUR"),
        (("€5", "USD 6"), "CNY", None, "prices of one order are in EUR and USD"),
        (("€5", "6"), "CNY", "EUR", ""),
        (("€5", "$6"), "CNY", None, "prices with $ are not in EUR"),
        (("5", "6"), "CNY", "CNY", ""),
    ],
)
def test_signs_in_a_sheet_hold_what_the_channels_own_currency_cannot_be(
    prices: tuple[str, ...], own: str, code: str | None, doubt: str
) -> None:
    order = sheet(*prices, currency=own)
    assert (order.currency, [told.split(";")[0] for told in doubts(order)]) == (code, [doubt] if doubt else [])


def test_a_currency_column_of_no_currency_holds_a_sheet() -> None:
    order = sheet_reading.one("po_number,sku,quantity,unit price,currency\nP1,A-1,2,5,Taler\n", currency="CNY")
    assert (order.currency, doubts(order)[0].split(";")[0]) == (None, "'Taler' is no currency")


@pytest.mark.parametrize(
    "order",
    [only("shopify", shopify_order(currency="XBT")), only("woocommerce", woo_order(currency="$"))],
    ids=["shopify", "woocommerce"],
)
def test_a_shop_that_names_no_known_currency_is_held(order: ChannelOrder) -> None:
    assert order.currency is None
    assert "is no currency" in doubts(order)[0]


@pytest.mark.parametrize("source", ["im", "phone"])
@pytest.mark.parametrize(
    ("price", "own", "code", "doubt"),
    [
        ("@ €9.90", "CNY", "EUR", ""),
        ("@ $9.90", "USD", "USD", ""),
        ("@ $9.90", "CNY", None, "prices with $ are not in CNY"),
        ("@ 9.90", "CNY", "CNY", ""),
        ("¥9.90", "EUR", "CNY", ""),
    ],
)
def test_a_price_in_a_chat_keeps_the_currency_that_it_was_said_in(
    source: str, price: str, own: str, code: str | None, doubt: str
) -> None:
    channel = channel_for(ChannelConfig("talk", source, settings={"currency": own}))
    (order,) = channel.translate(Received(f"2 x TEA-LJ-100 {price}\nJane Doe, 13800138001".encode()))
    assert [line.sku for line in order.lines] == ["TEA-LJ-100"]
    assert (order.currency, [told.split(";")[0] for told in doubts(order)]) == (code, [doubt] if doubt else [])
