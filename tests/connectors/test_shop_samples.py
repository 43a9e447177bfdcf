"""Public messages of others, read by hand once: ids, kinds, totals and problems of every shop sample."""

from __future__ import annotations

import pytest

from connectors.base import ChannelConfig, ChannelOrder, Received
from connectors.output import from_json, to_json
from connectors.registry import channel_for

pytestmark = pytest.mark.samples

#: file -> for each element (kind, id, number, currency, lines, total, number of lines, codes that hold or refuse).
FACTS: dict[str, list[tuple[object, ...]]] = {
    "shopify/draft_order.json": [("draft", "517119332", "#D1", "CAD", "1151.90", "1027.41", 2, {"total_mismatch"})],
    "shopify/fulfillment.json": [("not_an_order", "450789469", None, None, None, None, 0, set())],
    "shopify/fulfillment_event.json": [("not_an_order", "2776493818019", None, None, None, None, 0, set())],
    "shopify/go_fulfillment_order.json": [("not_an_order", "3183479", None, None, None, None, 0, set())],
    "shopify/go_order_risk.json": [("not_an_order", "450789469", None, None, None, None, 0, set())],
    "shopify/go_order_with_transaction.json": [("test", "123456", "#9999", "USD", "0.00", "10.00", 2, {"sku_missing"})],
    "shopify/go_orderlineitems_valid.json": [("not_an_order", None, None, None, None, None, 0, set())],
    "shopify/order.json": [("order", "450789469", "#1001", "USD", "597.00", "409.94", 3, {"total_mismatch"})],
    "shopify/orders.json": [
        ("order", "450789469", "#1001", "USD", "0.00", "598.94", 0, {"no_lines", "total_mismatch"})
    ],
    "shopify/refund.json": [("not_an_order", "450789469", None, None, None, None, 0, set())],
    "woocommerce/android_orders_processing_detailed.json": [
        ("order", "2192", "2192", "USD", "420.00", "420.00", 2, {"date_ambiguous", "address_missing", "sku_missing"}),
        ("order", "2145", "2145", "USD", "300.00", "300.00", 1, {"date_ambiguous", "address_missing", "sku_missing"}),
        ("order", "2155", "2155", "USD", "420.00", "420.00", 2, {"date_ambiguous", "address_missing", "sku_missing"}),
        ("order", "37", "37", "USD", "46.96", "46.96", 3, {"date_ambiguous", "address_missing", "sku_missing"}),
        ("order", "36", "36", "USD", "163.92", "163.92", 2, {"date_ambiguous", "sku_missing"}),
    ],
    "woocommerce/docs_order_727.json": [("order", "727", "727", "USD", "18.00", "29.35", 2, {"sku_missing"})],
    "woocommerce/docs_orders_list.json": [
        ("order", "727", "727", "USD", "18.00", "29.35", 2, {"sku_missing"}),
        ("order", "723", "723", "USD", "29.00", "39.00", 2, {"sku_missing"}),
    ],
    "woocommerce/fluxc_orders.json": [
        ("order", "949", "949", "USD", "40.00", "44.00", 2, {"sku_missing", "total_mismatch"}),
        ("order", "939", "939", "USD", "60.00", "64.00", 1, {"sku_missing"}),
        ("order", "937", "937", "USD", "85.00", "92.00", 2, {"sku_missing"}),
        ("order", "786", "56AQ", "USD", "0.00", "7.59", 2, {"sku_missing"}),
    ],
    "woocommerce/fluxc_shipment_trackings.json": [("not_an_order", "2670", None, None, None, None, 0, set())],
    "woocommerce/ios_order-notes.json": [("not_an_order", "1044", None, None, None, None, 0, set())],
    "woocommerce/ios_order-with-charge.json": [("order", "211", "211", "USD", "17.65", "33.30", 1, set())],
    "woocommerce/ios_order-with-composite-product.json": [
        ("order", "421", "421", "USD", "2300.00", "2300.00", 4, {"address_missing", "sku_missing"})
    ],
    "woocommerce/ios_order-with-line-item-attributes-before-API-support.json": [
        ("order", "154", "154", "GBP", "90.00", "90.00", 1, {"address_missing"})
    ],
    "woocommerce/ios_order-without-data.json": [("order", "963", "963", "USD", "30.00", "31.20", 1, {"sku_missing"})],
    "woocommerce/ios_order.json": [
        ("order", "963", "963", "USD", "30.00", "31.20", 2, {"sku_missing", "total_mismatch"})
    ],
    "woocommerce/ios_refund-single.json": [("not_an_order", "560", None, None, None, None, 0, set())],
    "woocommerce/ios_refunds-all.json": [("not_an_order", "560", None, None, None, None, 0, set())],
}


def read(samples, name: str) -> list[ChannelOrder]:
    source = name.split("/")[0]
    return channel_for(ChannelConfig(source, source)).translate(Received((samples / name).read_bytes(), {}, source))


def facts(order: ChannelOrder) -> tuple[object, ...]:
    shown = to_json(order)
    totals = shown["totals"]
    grave = {found["code"] for found in shown["problems"] if found["severity"] != "note"}
    named = (shown["kind"], shown["channel_order_id"], shown["channel_order_number"], shown["currency"])
    return (*named, totals["lines"], totals["total"], len(shown["lines"]), grave)


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_sample_says_what_a_person_read_in_it(samples, name):
    orders = read(samples, name)
    assert [facts(order) for order in orders] == FACTS[name]
    assert [from_json(to_json(order)) for order in orders] == orders


def test_every_shop_sample_is_read(samples):
    found = {f"{source}/{path.name}" for source in ("shopify", "woocommerce") for path in (samples / source).iterdir()}
    assert found == set(FACTS)


def test_payments_of_the_samples(samples):
    paid = {
        "shopify/order.json": ["authorized"],
        "shopify/orders.json": ["partially_refunded"],
        "woocommerce/docs_orders_list.json": ["paid", "partially_refunded"],
        "woocommerce/fluxc_orders.json": ["paid", "pending", "refunded", "paid"],
        "woocommerce/ios_order-with-line-item-attributes-before-API-support.json": ["pending"],
    }
    assert {name: [order.payment.status for order in read(samples, name)] for name in paid} == paid


def test_the_composite_ships_as_its_parts(samples):
    (order,) = read(samples, "woocommerce/ios_order-with-composite-product.json")
    assert [line.line_ref for line in order.lines if line.requires_shipping] == ["831", "832", "833"]
