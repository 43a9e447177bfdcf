"""The demo's channels: every way of the straight line, in one table."""

from __future__ import annotations

from typing import Any

from oms.demo.children import SHOPS
from oms.demo.place import Place

#: name, way, source, currency, payment terms, needs a signature, language
CHANNELS: tuple[tuple[str, str, str, str, str, bool, str], ...] = (
    ("web-shopify", "web_shop", "shopify", "EUR", "prepaid", False, "en"),
    ("web-woo", "web_shop", "woocommerce", "EUR", "prepaid", False, "en"),
    ("web-own", "web_shop", "generic", "CNY", "prepaid", False, "zh_Hans"),
    ("mail", "email", "email", "CNY", "account", False, "en"),
    ("phone", "phone", "phone", "CNY", "account", True, "zh_Hans"),
    ("wechat", "im", "im", "CNY", "account", True, "zh_Hans"),
    ("visit", "visit", "phone", "CNY", "account", True, "zh_Hans"),
    ("fax", "fax", "phone", "CNY", "account", True, "en"),
    ("sales-rep", "sales_rep", "phone", "CNY", "account", True, "zh_Hans"),
    ("dealer-json", "distributor", "generic", "CNY", "account", False, "en"),
    ("dealer-sheet", "distributor", "sheet", "CNY", "account", False, "zh_Hans"),
)

#: Customers with credit, by the name of their channel.
ACCOUNTS: dict[str, dict[str, Any]] = {
    "dealer-json": {
        "number": "CU-DEALER-1",
        "name": "Harbour Trading Ltd",
        "company": "Harbour Trading Ltd",
        "email": "purchasing@harbour.example",
        "phone": "+85221234567",
        "payment_terms": "account",
        "credit_currency": "CNY",
        "credit_limit": "200000",
    },
    "dealer-sheet": {
        "number": "CU-DEALER-2",
        "name": "华南茶行",
        "company": "华南茶行有限公司",
        "email": "caigou@huanan.example",
        "phone": "+8675588886666",
        "payment_terms": "account",
        "credit_currency": "CNY",
        "credit_limit": "100000",
    },
}

_SHOP_SETTINGS = {
    "shopify": lambda token: {"access_token": token},
    "woocommerce": lambda token: dict(zip(("consumer_key", "consumer_secret"), token.split(":"), strict=True)),
    "generic": lambda token: {"token": token},
}


def channel_rows(place: Place) -> list[dict[str, Any]]:
    """The section `channels` of the set-up file, a row for each of the table."""
    tokens = {name: token for name, _, token in SHOPS}
    return [_row(place, tokens, *row) for row in CHANNELS]


def _row(
    place: Place,
    tokens: dict[str, str],
    name: str,
    way: str,
    source: str,
    currency: str,
    terms: str,
    sign: bool,
    language: str,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": name,
        "way": way,
        "source": source,
        "currency": currency,
        "payment_terms": terms,
        "needs_signature": sign,
        "language": language,
    }
    if name in tokens:
        secret = place.generic_secret if source == "generic" else place.hook_secret
        settings = _SHOP_SETTINGS[source](tokens[name])
        row |= {"secrets": [secret], "base_url": f"{place.shop_url}/{name}", "polled": True, "settings": settings}
    if name in ACCOUNTS:
        row["customer"] = ACCOUNTS[name]["number"]
    return row
