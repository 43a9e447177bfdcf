"""Messages as shops write them, made for these tests; a test changes what it is about."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from connectors.base import ChannelConfig, ChannelOrder, Received
from connectors.registry import channel_for

ADDRESS = {
    "first_name": "Ann",
    "last_name": "Lee",
    "company": None,
    "address1": "Hauptstr. 5",
    "address2": "c/o Weber",
    "city": "Berlin",
    "zip": "10115",
    "province": "Berlin",
    "province_code": "BE",
    "country": "Germany",
    "country_code": "DE",
    "phone": "030 901820",
}


def shopify_order(**changes: Any) -> dict[str, Any]:
    """A paid Shopify order of 2 x 10.00 - 3.00 and 1 x 5.50, shipping 4.90, tax included: 27.40 EUR."""
    return {
        "id": 820982911946154508,
        "name": "#1042",
        "order_number": 1042,
        "created_at": "2026-11-22T08:59:58+01:00",
        "updated_at": "2026-11-22T09:00:00+01:00",
        "currency": "EUR",
        "financial_status": "paid",
        "test": False,
        "taxes_included": True,
        "total_tax": "4.37",
        "total_discounts": "3.00",
        "total_price": "27.40",
        "email": "ann@lee.example.com",
        "payment_gateway_names": ["shopify_payments"],
        "customer": {"id": 9007199254740993, "first_name": "Ann", "last_name": "Lee"},
        "line_items": [
            {
                "id": 866550311766439020,
                "sku": "TEA-1",
                "name": "Tea - green",
                "quantity": 2,
                "price": "10.00",
                "requires_shipping": True,
                "total_discount": "0.00",
                "discount_allocations": [{"amount": "2.00"}, {"amount": "1.00"}],
                "tax_lines": [{"price": "2.71"}],
                "properties": [{"name": "Engraving", "value": "A. L."}, {"name": "_hidden", "value": "x"}],
            },
            {"id": 866550311766439021, "sku": "CUP-1", "title": "Cup", "quantity": 1, "price": "5.50", "tax_lines": []},
        ],
        "shipping_lines": [{"title": "DHL Paket", "price": "4.90", "discount_allocations": []}],
        "shipping_address": dict(ADDRESS),
        "billing_address": dict(ADDRESS),
        **changes,
    }


WOO_ADDRESS = {
    "first_name": "Ann",
    "last_name": "Lee",
    "company": "",
    "address_1": "Hauptstr. 5",
    "address_2": "",
    "city": "Berlin",
    "state": "DE-BE",
    "postcode": "10115",
    "country": "DE",
}

WOO_ORDER: dict[str, Any] = {
    "id": 786,
    "number": "56AQ",
    "status": "processing",
    "order_key": "wc_order_1",
    "currency": "EUR",
    "date_created": "2026-11-22T09:00:00",
    "date_created_gmt": "2026-11-22T08:00:00",
    "date_modified_gmt": "2026-11-22T08:00:05",
    "date_paid_gmt": "2026-11-22T08:00:04",
    "discount_total": "1.00",
    "shipping_total": "5.00",
    "total": "16.66",
    "total_tax": "2.66",
    "prices_include_tax": True,
    "customer_id": 0,
    "customer_note": "Please ring twice",
    "billing": {**WOO_ADDRESS, "email": "ann@lee.example.com", "phone": "+49 30 901820"},
    "shipping": WOO_ADDRESS,
    "payment_method": "stripe",
    "line_items": [
        {
            "id": 315,
            "name": "Tea &ndash; green",
            "quantity": 3,
            "sku": "TEA-1",
            "subtotal": "10.00",
            "total": "9.00",
            "total_tax": "1.71",
            "price": 3,
            "meta_data": [{"key": "pa_color", "value": "green"}, {"key": "_stock", "value": "1"}],
        }
    ],
    "shipping_lines": [{"method_title": "DHL Paket", "method_id": "flat_rate", "total": "5.00"}],
    "fee_lines": [],
    "coupon_lines": [{"code": "one", "discount": "1"}],
    "refunds": [],
}


def woo_order(**changes: Any) -> dict[str, Any]:
    """A paid WooCommerce order: 3 x 3.333333 with 1.00 off, shipping 5.00, tax 2.66 on top: 16.66 EUR."""
    return {**deepcopy(WOO_ORDER), **changes}


def generic_order(**changes: Any) -> dict[str, Any]:
    """An order in our own JSON: 2 x 9.99, shipping 5.00, tax 1.00 on top: 25.98 EUR."""
    return {
        "channel_order_id": "A-1",
        "channel_order_number": "PO-7",
        "version": "2026-11-22T08:00:00Z",
        "placed_at": "2026-11-22T07:59:58Z",
        "currency": "EUR",
        "totals": {"shipping": "5.00", "tax": "1.00", "tax_included": False, "total": "25.98"},
        "payment": {"terms": "account", "status": "none"},
        "customer": {"name": "张三", "email": "buyer@lee.example.com"},
        "ship_to": {"name": "Ann Lee", "lines": ["Hauptstr. 5"], "city": "Berlin", "country": "DE"},
        "lines": [{"line_ref": "1", "sku": "TEA-1", "qty": "2", "unit_price": "9.99", "total": "19.98"}],
        **changes,
    }


MESSAGES = {"shopify": shopify_order, "woocommerce": woo_order, "generic": generic_order}


def translate(source: str, body: Any, **headers: str) -> list[ChannelOrder]:
    """What the channel makes of a body; header names are written with underscores."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return channel_for(ChannelConfig(source, source)).translate(Received(raw, named, source))


def only(source: str, body: Any, **headers: str) -> ChannelOrder:
    """The one order of a message."""
    (found,) = translate(source, body, **headers)
    return found


def codes(order: ChannelOrder) -> list[tuple[str, str]]:
    """The problems as (code, field)."""
    return [(problem.code, problem.field) for problem in order.problems]
