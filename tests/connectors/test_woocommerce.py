"""WooCommerce's orders: identity, kinds, taxes, fees, bundles, payment."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import ChannelConfig, Kind, Payment, Received
from connectors.output import to_json
from connectors.registry import channel_for
from tests.connectors.order_messages import codes, only, translate, woo_order


def woo(**changes):
    return only("woocommerce", woo_order(**changes))


def item(**changes):
    return {"id": 1, "name": "Tea", "sku": "TEA-1", "quantity": 1, "subtotal": "0.00", "total": "0.00", **changes}


def test_an_order_becomes_the_one_schema():
    found = to_json(woo())
    assert (found["channel_order_id"], found["channel_order_number"]) == ("786", "56AQ")
    assert (found["version"], found["placed_at"]) == ("2026-11-22T08:00:05Z", "2026-11-22T08:00:00Z")
    assert found["totals"] == {
        "lines": "9.00", "discount": "0.00", "shipping": "5.00", "fees": "0.00", "tax": "2.66", "tax_included": False,
        "total": "16.66", "paid": "16.66",
    }  # fmt: skip
    assert found["lines"] == [{
        "line_ref": "315", "sku": "TEA-1", "name": "Tea – green", "qty": "3", "unit": "EA", "unit_price": "3.333333",
        "discount": "1.00", "tax": "1.71", "total": "9.00", "requires_shipping": True, "options": {"color": "green"},
    }]  # fmt: skip
    assert found["payment"] == {"terms": "prepaid", "status": "paid"}
    assert (found["customer"]["phone"], found["customer"]["external_id"]) == ("+4930901820", None)
    assert (found["ship_to"]["region"], found["requested"]["service"]) == ("DE-BE", "DHL Paket")
    assert (found["buyer_message"], found["problems"]) == ("Please ring twice", [])


@pytest.mark.parametrize(
    ("topic", "status", "kind"),
    [
        ("", "processing", Kind.ORDER),
        ("order.created", "pending", Kind.ORDER),
        ("order.updated", "processing", Kind.UPDATE),
        ("order.restored", "on-hold", Kind.UPDATE),
        ("order.deleted", "processing", Kind.CANCELLATION),
        ("order.updated", "cancelled", Kind.CANCELLATION),
        ("", "wc-cancelled", Kind.CANCELLATION),
        ("", "trash", Kind.CANCELLATION),
        ("order.updated", "checkout-draft", Kind.DRAFT),
        ("", "auto-draft", Kind.DRAFT),
        ("", "refunded", Kind.ORDER),
        ("product.updated", "processing", Kind.NOT_AN_ORDER),
    ],
)
def test_the_kind_is_the_first_that_fits(topic, status, kind):
    assert only("woocommerce", woo_order(status=status), **{"x-wc-webhook-topic": topic}).kind is kind


def test_a_deleted_order_is_cancelled_by_its_id():
    found = only("woocommerce", {"id": 786}, **{"x-wc-webhook-topic": "order.deleted"})
    assert (found.kind, found.channel_order_id, found.problems) == (Kind.CANCELLATION, "786", ())


def test_a_payment_in_the_plugins_test_mode_is_a_test_order():
    assert woo(meta_data=[{"key": "_wcpay_mode", "value": "test"}]).kind is Kind.TEST
    assert woo(meta_data=[{"key": "_wcpay_mode", "value": "prod"}]).kind is Kind.ORDER


@pytest.mark.parametrize("status", ["awaiting-moonrise", "", None, "wc-cancelled"])
def test_a_test_payment_makes_no_live_order_whatever_status_the_shop_gave_it(status):
    assert woo(status=status, meta_data=[{"key": "_wcpay_mode", "value": "test"}]).kind is Kind.TEST


@pytest.mark.parametrize("value", [{"mode": "test"}, ["test"], None, 1, True])
def test_a_plugin_may_keep_anything_under_a_key_that_tells_of_tests(value):
    assert woo(meta_data=[{"key": "_wcpay_mode", "value": value}]).kind is Kind.ORDER


def test_the_ping_is_no_order_and_needs_no_signature():
    channel: Any = channel_for(ChannelConfig("w", "woocommerce"))
    assert channel.is_ping(Received(b"webhook_id=42"))
    assert not channel.is_ping(Received(b'{"webhook_id": 42}'))
    (found,) = channel.translate(Received(b"webhook_id=42"))
    assert (found.kind, found.problems) == (Kind.NOT_AN_ORDER, ())


@pytest.mark.parametrize(
    ("changes", "payment", "paid"),
    [
        ({"status": "pending", "date_paid_gmt": None}, Payment("prepaid", "pending"), "0.00"),
        ({"status": "on-hold", "date_paid_gmt": None, "payment_method": "bacs"}, Payment("prepaid", "pending"), "0.00"),
        ({"payment_method": "cod", "date_paid_gmt": None}, Payment("cod", "pending"), "0.00"),
        ({"payment_method": "cod", "date_paid_gmt": None, "status": "completed"}, Payment("cod", "paid"), "16.66"),
        ({"payment_method": "wc_invoice_gateway", "date_paid_gmt": None}, Payment("account", "pending"), "0.00"),
        ({"status": "failed", "date_paid_gmt": None}, Payment("prepaid", "failed"), "0.00"),
        ({"refunds": [{"id": 1, "total": "-1.00"}]}, Payment("prepaid", "partially_refunded"), "16.66"),
        ({"refunds": [{"id": 1, "total": "-10.00"}, {"id": 2, "total": "-6.66"}]}, Payment("prepaid", "refunded"), "16.66"),
        ({"status": "refunded"}, Payment("prepaid", "refunded"), "16.66"),
    ],
)  # fmt: skip
def test_payment_is_read_from_the_status_and_what_was_given_back(changes, payment, paid):
    found = woo(**changes)
    assert (found.payment, found.totals.paid, found.totals.total) == (payment, Decimal(paid), Decimal("16.66"))


def test_an_unknown_status_holds_the_order_and_is_not_guessed():
    found = woo(status="awaiting-moonrise", date_paid_gmt=None)
    assert (found.kind, found.payment.status) == (Kind.ORDER, None)
    assert codes(found) == [("status_unknown", "payment.status")]


def test_a_positive_fee_is_a_fee_and_a_negative_one_a_discount():
    found = woo(fee_lines=[{"total": "2.50"}, {"total": "-1.50"}], total="17.66")
    assert (found.totals.fees, found.totals.discount, found.problems) == (Decimal("2.50"), Decimal("1.50"), ())


def test_a_coupon_counts_once_however_the_discount_total_reads():
    assert woo(discount_total="30.00").problems == ()
    loose = woo(discount_total="3.00", total="14.66")
    assert (loose.totals.discount, loose.problems) == (Decimal("2.00"), ())


def subtotal_rounded(*, pieces=6, price=8.264463, **changes):
    """Pieces of 10.00 with 21 % tax in it, a line each, of a shop that rounds its sums and not its lines."""
    items = [item(id=at, subtotal="8.26", total="8.26", total_tax="1.74", price=price) for at in range(pieces)]
    return woo(**{
        "line_items": items, "total": "60.00", "total_tax": "10.41", "shipping_total": "0.00", "shipping_lines": [],
        "discount_total": "0.00", "coupon_lines": [], **changes,
    })  # fmt: skip


def test_lines_of_a_shop_that_rounds_their_sum_are_evened_out_by_their_unrounded_prices():
    found = subtotal_rounded()
    assert (found.problems, found.totals.lines, found.totals.tax) == ((), Decimal("49.59"), Decimal("10.41"))
    assert sorted(line.total for line in found.lines) == [Decimal("8.26")] * 3 + [Decimal("8.27")] * 3
    part = subtotal_rounded(gift_cards=[{"amount": "20.00"}], total="40.00")
    assert (part.problems, part.totals.total, part.totals.paid) == ((), Decimal("60.00"), Decimal("60.00"))


def test_lines_that_add_up_as_they_are_told_stay_as_they_are_told():
    found = subtotal_rounded(total_tax="10.44")
    assert (found.problems, {line.total for line in found.lines}) == ((), {Decimal("8.26")})


def test_a_line_that_is_evened_out_keeps_its_discount():
    items = [item(id=at, quantity=3, subtotal="30.00", total="24.79", price=8.264463) for at in range(5)]
    found = subtotal_rounded(line_items=items, total="150.00", total_tax="26.03", discount_total="26.05")
    assert (found.problems, found.totals.lines) == ((), Decimal("123.97"))
    assert {line.discount for line in found.lines} == {Decimal("5.21")}


def test_amounts_of_more_decimals_than_the_currency_has_are_evened_out_too():
    items = [item(id=at, subtotal="8.2645", total="8.2645", price=None) for at in range(6)]
    found = subtotal_rounded(line_items=items, total="60.0000", total_tax="10.4132")
    assert (found.problems, found.totals.lines) == ((), Decimal("49.59"))


@pytest.mark.parametrize(
    "changes",
    [
        {"price": 8.26},  # nothing says that the lines come to more
        {"price": None},
        {"price": "eight"},
        {"price": 8.31},  # no price of these lines
        {"total": "60.03"},
        {"total": "59.94"},
        {"total_tax": "10.39"},
        {"pieces": 5},
        {"shipping_total": "0.05"},
    ],
)
def test_a_difference_that_no_rounding_explains_is_held_with_the_lines_as_told(changes):
    found = subtotal_rounded(**changes)
    assert codes(found) == [("total_mismatch", "totals.total")]
    assert {line.total for line in found.lines} == {Decimal("8.26")}


def test_a_gift_card_is_a_payment_and_no_discount():
    found = woo(gift_cards=[{"id": 1, "code": "X", "amount": 6}], total="10.66")
    assert (found.totals.total, found.totals.paid, found.totals.discount) == (
        Decimal("16.66"),
        Decimal("16.66"),
        Decimal("0.00"),
    )
    assert found.problems == ()


@pytest.mark.parametrize(
    ("currency", "goods", "gift", "left", "total"),
    [
        ("JPY", "1000", "500", "501", "1001"),  # a yen of rounding, as an order without a card may have
        ("JPY", "1000", "500", "500", "1000"),
        ("KWD", "1.234", "0.500", "0.734", "1.234"),
    ],
)
def test_what_a_gift_card_paid_is_known_to_one_minor_unit(currency, goods, gift, left, total):
    found = woo(
        currency=currency, line_items=[item(subtotal=goods, total=goods)], shipping_total="0", total_tax="0",
        discount_total="0", gift_cards=[{"amount": gift}], total=left,
    )  # fmt: skip
    assert (found.totals.total, found.totals.paid, found.problems) == (Decimal(total), Decimal(total), ())


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        ({"composite_parent": "", "composite_children": [2, 3]}, {"composite_parent": 1}),
        ({"bundled_by": "", "bundled_items": [2, 3]}, {"bundled_by": "1"}),
    ],
)
def test_a_bundle_does_not_ship_twice(parent, child):
    items = [
        item(id=1, sku="KIT", subtotal="11.66", total="11.66", **parent),
        item(id=2, sku="BODY", **child),
        item(id=3, sku="LENS", **child),
        item(id=4, sku="BOOK"),
    ]
    found = woo(line_items=items, total="19.32", discount_total="0.00")
    assert [(line.sku, line.requires_shipping) for line in found.lines] == [
        ("KIT", False), ("BODY", True), ("LENS", True), ("BOOK", True),
    ]  # fmt: skip
    assert (found.totals.lines, found.problems) == (Decimal("11.66"), ())


@pytest.mark.parametrize("wrap", [lambda o: {"data": o}, lambda o: {"data": [o]}, lambda o: [o], lambda o: {"order": o},
                                  lambda o: {"response": {"jsonBody": {"data": [o]}}}])  # fmt: skip
def test_an_order_is_found_in_the_envelopes_of_clients(wrap):
    assert only("woocommerce", wrap(woo_order())).channel_order_id == "786"


@pytest.mark.parametrize(
    "body",
    [
        {"id": 2, "amount": "27.00", "reason": "", "refunded_by": 1, "line_items": [{"id": 9, "quantity": -1}]},
        [{"id": 2, "note": "x", "customer_note": False}, {"id": 3, "note": "y", "customer_note": True}],
        [{"tracking_id": "a", "tracking_number": "1"}],
    ],
)
def test_refunds_notes_and_parcels_are_no_orders_and_name_theirs(body):
    up = {"_links": {"up": [{"href": "https://shop.example.com/wp-json/wc/v3/orders/560"}]}}
    linked = [{**one, **up} for one in body] if isinstance(body, list) else {**body, **up}
    found = only("woocommerce", linked)
    assert (found.kind, found.channel_order_id, found.lines, found.problems) == (Kind.NOT_AN_ORDER, "560", (), ())


def test_a_date_without_zone_is_no_moment_unless_the_shops_zone_is_known():
    bare = woo_order(date_created_gmt=None)
    assert codes(only("woocommerce", bare)) == [("date_ambiguous", "placed_at")]
    config = ChannelConfig("w", "woocommerce", settings={"time_zone": "Europe/Berlin"})
    body = json.dumps(bare).encode()
    (found,) = channel_for(config).translate(Received(body))
    assert to_json(found)["placed_at"] == "2026-11-22T08:00:00Z"


def test_a_blank_shipping_address_is_missing_and_the_billing_address_is_no_substitute():
    blank = dict.fromkeys(woo_order()["shipping"], "")
    found = woo(shipping=blank)
    assert (found.ship_to, codes(found)) == (None, [("address_missing", "ship_to")])
    assert found.bill_to is not None


def test_a_pickup_point_is_where_the_parcel_goes():
    pickup = [{"method_id": "pickup_location", "method_title": "Pickup", "total": "5.00",
               "meta_data": [{"key": "pickup_location", "value": "Shop Mitte"}]}]  # fmt: skip
    found = woo(shipping=dict.fromkeys(woo_order()["shipping"], ""), shipping_lines=pickup)
    assert (found.ship_to.pickup_point, found.problems) == ("Shop Mitte", ())


def test_an_order_of_the_older_api_is_read_too():
    legacy = {
        "id": 645, "order_number": "645", "created_at": "2015-01-26T20:00:21Z", "updated_at": "2015-01-26T20:00:22Z",
        "status": "processing", "currency": "USD", "total": "79.87", "total_tax": "5.89", "total_shipping": "10.00",
        "total_discount": "0.00", "payment_details": {"method_id": "bacs", "paid": True}, "note": "",
        "billing_address": {"first_name": "John", "address_1": "969 Market", "city": "San Francisco", "country": "US"},
        "shipping_address": {"first_name": "John", "address_1": "969 Market", "city": "San Francisco", "country": "US"},
        "line_items": [{"id": 504, "subtotal": "63.98", "total": "63.98", "quantity": 2, "name": "Polo", "sku": "P",
                        "meta": [{"key": "pa_size", "label": "Size", "value": "M"}]}],
    }  # fmt: skip
    (found,) = translate("woocommerce", {"order": legacy})
    assert (found.version, found.problems) == ("2015-01-26T20:00:22Z", ())
    assert (found.ship_to.city, dict(found.lines[0].options)) == ("San Francisco", {"size": "M"})


def test_a_refund_names_the_order_it_gives_back():
    found = only("woocommerce", {"id": 726, "parent_id": 723, "amount": "10.00", "refunded_by": 1, "line_items": []})
    assert (found.kind, found.channel_order_id, found.problems) == (Kind.NOT_AN_ORDER, "723", ())


def test_tags_and_entities_of_plugins_are_no_part_of_a_name_or_an_option():
    order = woo_order()
    told = "Left <strong><span class='x'>+&#36;</span>1.00</strong>"
    order["line_items"][0] |= {"name": "Cup &amp; <em>lid</em>", "meta_data": [{"key": "Print", "value": told}]}
    (first, *_) = only("woocommerce", order).lines
    assert (first.name, first.options) == ("Cup & lid", {"Print": "Left +$1.00"})
