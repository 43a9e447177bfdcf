"""Shopify's orders: identity, kinds, discounts, edits, payment."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import Kind, Payment, Severity
from connectors.output import to_json
from tests.connectors.order_messages import ADDRESS, codes, only, shopify_order, translate


def shopify(**changes):
    return only("shopify", shopify_order(**changes))


def line(**changes):
    return {**shopify_order()["line_items"][1], "current_quantity": 1, **changes}


IN_THE_SCHEMA = {
    "channel": "shopify",
    "source": "shopify",
    "kind": "order",
    "channel_order_id": "820982911946154508",
    "channel_order_number": "#1042",
    "version": "2026-11-22T08:00:00Z",
    "placed_at": "2026-11-22T07:59:58Z",
    "currency": "EUR",
    "totals": {
        "lines": "22.50", "discount": "0.00", "shipping": "4.90", "fees": None, "tax": "4.37", "tax_included": True,
        "total": "27.40", "paid": "27.40",
    },
    "payment": {"terms": "prepaid", "status": "paid"},
    "customer": {
        "external_id": "9007199254740993", "name": "Ann Lee", "company": None, "email": "ann@lee.example.com",
        "phone": None, "tax_id": None,
    },
    "ship_to": {
        "name": "Ann Lee", "company": None, "lines": ["Hauptstr. 5", "c/o Weber"], "town": None, "district": None,
        "city": "Berlin", "region": "BE", "postal_code": "10115", "country": "DE", "adcode": None,
        "phone": "+4930901820", "phone_ext": None, "pickup_point": None,
    },
        "requested": {"ship_by": None, "deliver_by": None, "service": "DHL Paket"},
    "lines": [
        {
            "line_ref": "866550311766439020", "sku": "TEA-1", "name": "Tea - green", "qty": "2", "unit": "EA",
            "unit_price": "10.00", "discount": "3.00", "tax": "2.71", "total": "17.00", "requires_shipping": True,
            "options": {"Engraving": "A. L."},
        },
        {
            "line_ref": "866550311766439021", "sku": "CUP-1", "name": "Cup", "qty": "1", "unit": "EA",
            "unit_price": "5.50", "discount": "0.00", "tax": "0.00", "total": "5.50", "requires_shipping": True,
            "options": {},
        },
    ],
    "buyer_message": None,
    "seller_memo": None,
    "invoice": None,
    "problems": [],
}  # fmt: skip


def test_an_order_becomes_the_one_schema():
    found = to_json(only("shopify", {"order": shopify_order()}))
    assert found.pop("bill_to") == found["ship_to"]
    assert found == IN_THE_SCHEMA


@pytest.mark.parametrize(
    ("topic", "changes", "kind"),
    [
        ("", {}, Kind.ORDER),
        ("orders/create", {}, Kind.ORDER),
        ("orders/updated", {}, Kind.UPDATE),
        ("orders/paid", {}, Kind.UPDATE),
        ("orders/fulfilled", {}, Kind.UPDATE),
        ("orders/cancelled", {}, Kind.CANCELLATION),
        # What was signed is the body alone, so that anybody who has one may send it under another topic.
        ("orders/cancelled", {"cancelled_at": None}, Kind.UPDATE),
        ("orders/delete", {"cancelled_at": None}, Kind.UPDATE),
        ("orders/create", {"cancelled_at": "2026-11-22T10:00:00Z"}, Kind.CANCELLATION),
        ("orders/updated", {"cancelled_at": "2026-11-22T10:00:00Z"}, Kind.CANCELLATION),
        ("orders/create", {"test": True}, Kind.TEST),
        ("orders/cancelled", {"test": True, "cancelled_at": "2026-11-22T10:00:00Z"}, Kind.TEST),
        ("draft_orders/create", {}, Kind.DRAFT),
    ],
)
def test_the_kind_is_the_first_that_fits(topic, changes, kind):
    assert only("shopify", shopify_order(**changes), **{"x-shopify-topic": topic}).kind is kind


def test_a_deleted_order_is_cancelled_by_its_id():
    found = only("shopify", {"id": 820982911946154508}, **{
        "x-shopify-topic": "orders/delete", "x-shopify-triggered-at": "2026-11-22T10:00:00.123Z",
    })  # fmt: skip
    assert (found.kind, found.channel_order_id, found.problems) == (Kind.CANCELLATION, "820982911946154508", ())
    assert found.version == "2026-11-22T10:00:00.123000Z"


@pytest.mark.parametrize(
    ("body", "order_id"),
    [
        ({"refund": {"id": 1, "order_id": 2**60, "refund_line_items": []}}, str(2**60)),
        ({"id": 1, "order_id": 7, "status": "success", "line_items": []}, "7"),
        ({"order_edit": {"id": 1, "order_id": 7, "line_items": {"additions": []}}}, "7"),
        ({"id": "c", "token": "c", "line_items": [], "updated_at": "2026-11-22T10:00:00Z"}, None),
        ({"id": 1, "abandoned_checkout_url": "x", "line_items": [], "total_price": "1.00"}, None),
        ({"refunds": [{"order_id": 7}, {"order_id": 8}]}, None),
        ({"errors": "Not Found"}, None),
    ],
)
def test_what_is_no_order_is_named_by_the_order_it_is_about(body, order_id):
    found = only("shopify", body)
    assert (found.kind, found.channel_order_id, found.problems) == (Kind.NOT_AN_ORDER, order_id, ())


def test_an_edit_notice_is_no_order_whatever_its_topic_says():
    found = only("shopify", {"order_edit": {"order_id": 7}}, **{"x-shopify-topic": "orders/edited"})
    assert (found.kind, found.channel_order_id) == (Kind.NOT_AN_ORDER, "7")


def test_a_discount_on_no_line_stands_on_the_order():
    found = shopify(total_discounts="8.00", total_price="22.40")
    assert (found.totals.discount, found.problems) == (Decimal("5.00"), ())


def test_free_shipping_is_a_discount_on_the_order():
    free = [{"title": "DHL", "price": "4.90", "discounted_price": "0.00", "discount_allocations": [{"amount": "4.90"}]}]
    for whole in ("7.90", "3.00"):  # the shop counts it among the discounts, or not
        found = shopify(total_discounts=whole, shipping_lines=free, total_price="22.50")
        assert (found.totals.shipping, found.totals.discount) == (Decimal("4.90"), Decimal("4.90"))
        assert found.problems == ()


def test_tips_duties_and_fees_stand_beside_the_goods():
    tip = {"id": 3, "title": "Tip", "price": "2.00", "quantity": 1, "tip": {"payment_gateway": "x"}}
    duties = {"shop_money": {"amount": "1.50", "currency_code": "EUR"}}
    found = shopify(
        line_items=[*shopify_order()["line_items"], tip],
        total_tip_received="2.00", original_total_duties_set=duties, total_price="30.90",
    )  # fmt: skip
    assert (len(found.lines), found.totals.fees, found.problems) == (2, Decimal("3.50"), ())


def test_an_edited_order_counts_as_it_stands_now():
    lines = [line(id=1), line(id=2, quantity=3, current_quantity=1), line(id=3, current_quantity=0)]
    found = shopify(
        line_items=lines, total_discounts="0.00", total_price="33.00", current_total_price="15.90",
        current_total_discounts="0.00", current_total_tax="2.54",
    )  # fmt: skip
    assert [(one.line_ref, one.qty) for one in found.lines] == [("1", Decimal(1)), ("2", Decimal(1))]
    assert (found.totals.total, found.totals.tax, found.problems) == (Decimal("15.90"), Decimal("2.54"), ())


@pytest.mark.parametrize(
    ("status", "held"), [("paid", True), ("pending", True), ("refunded", False), ("voided", False)]
)
def test_an_order_whose_every_line_was_taken_off_is_not_sent_as_it_was_sold(status, held):
    found = shopify(line_items=[line(current_quantity=0)], financial_status=status, current_total_price="0.00")
    assert [one.severity for one in found.problems if one.field == "lines"] == ([Severity.HOLD] if held else [])


def test_a_cancelled_order_shows_what_was_ordered():
    found = shopify(
        line_items=[line(current_quantity=0)], cancelled_at="2026-11-22T10:00:00Z", current_total_price="0.00"
    )
    assert (found.lines[0].qty, found.totals.total) == (Decimal(1), Decimal("27.40"))


@pytest.mark.parametrize(
    ("changes", "payment", "paid"),
    [
        ({"financial_status": "pending"}, Payment("prepaid", "pending"), Decimal("0.00")),
        ({"financial_status": "authorized"}, Payment("prepaid", "authorized"), Decimal("0.00")),
        ({"financial_status": "partially_paid", "total_outstanding": "7.40"}, Payment("prepaid", "partially_paid"), Decimal("20.00")),
        ({"financial_status": "partially_refunded"}, Payment("prepaid", "partially_refunded"), Decimal("27.40")),
        ({"financial_status": None}, Payment("prepaid", None), None),
        ({"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]}, Payment("cod", "pending"), Decimal("0.00")),
        ({"financial_status": "pending", "payment_terms": {"payment_terms_type": "net"}}, Payment("account", "pending"), Decimal("0.00")),
    ],
)  # fmt: skip
def test_payment_is_read_from_the_table(changes, payment, paid):
    found = shopify(**changes)
    assert (found.payment, found.totals.paid) == (payment, paid)


def test_an_unknown_payment_status_holds_the_order_and_is_not_guessed():
    found = shopify(financial_status="cosmic")
    assert found.payment.status is None
    assert [(one.code, one.severity) for one in found.problems] == [("status_unknown", Severity.HOLD)]


def test_what_is_missing_holds_the_order():
    bare = [{"id": 1, "name": "Tea", "price": "27.40"}]
    found = shopify(currency=None, shipping_address=None, line_items=bare, shipping_lines=[], total_discounts="0.00")
    assert set(codes(found)) >= {
        ("currency_missing", "currency"), ("address_missing", "ship_to"), ("sku_missing", "lines.0.sku"),
        ("qty_missing", "lines.0.qty"),
    }  # fmt: skip


def test_a_total_that_the_lines_do_not_make_is_held_with_both_figures():
    (found,) = shopify(total_price="27.42").problems
    assert (found.code, found.severity, found.field) == ("total_mismatch", Severity.HOLD, "totals.total")
    assert "27.42" in found.message
    assert "27.40" in found.message
    assert shopify(total_price="27.41").problems == ()


def test_what_needs_no_parcel_needs_no_address_and_no_sku():
    card = {"id": 1, "name": "Gift card", "price": "27.40", "quantity": 1, "sku": "", "requires_shipping": False}
    found = shopify(line_items=[card], shipping_address=None, shipping_lines=[], total_discounts="0.00")
    assert (found.ship_to, found.problems) == (None, ())


def test_a_phone_of_letters_is_noted_and_holds_only_where_nothing_else_works():
    address = {**ADDRESS, "phone": "555-SHIP"}
    noted = shopify(shipping_address=address)
    assert [(one.field, one.severity) for one in noted.problems] == [("ship_to.phone", Severity.NOTE)]
    held = shopify(shipping_address=address, billing_address=None, email="")
    assert [(one.field, one.severity) for one in held.problems] == [("ship_to.phone", Severity.HOLD)]
    assert held.ship_to.phone == "555-SHIP"


def test_money_sent_as_json_numbers_is_read_exactly():
    body = b'{"id":1,"order_number":1,"currency":"JPY","total_price":19940,"line_items":[{"id":2,"price":19940.0,"quantity":1}]}'
    (found,) = translate("shopify", body)
    assert to_json(found)["totals"]["total"] == "19940"
    assert to_json(found)["lines"][0]["unit_price"] == "19940"


def test_a_draft_keeps_its_own_discount_beside_those_of_its_lines():
    draft = {
        "id": 5, "name": "#D1", "currency": "CAD", "invoice_url": "x", "applied_discount": {"amount": "1.48"},
        "line_items": [{"price": "10.00", "quantity": 2, "applied_discount": {"amount": "3.00"}}],
        "shipping_line": {"title": "Van", "price": "20.00"},
    }  # fmt: skip
    found = only("shopify", {"draft_order": draft})
    assert (found.kind, found.totals.discount, found.totals.shipping) == (Kind.DRAFT, Decimal("1.48"), Decimal("20.00"))
    assert (found.totals.lines, {one.code for one in found.problems}) == (
        Decimal("17.00"),
        {"sku_missing", "address_missing"},
    )


def test_a_null_and_a_truth_written_as_words_are_what_they_mean():
    order = shopify_order(test="FALSE", taxes_included="TRUE")
    order["shipping_address"] = {**ADDRESS, "address2": "NULL", "company": "null"}
    order["line_items"][0]["requires_shipping"] = "FALSE"
    found = only("shopify", order)
    assert found.ship_to is not None
    assert (found.ship_to.company, found.ship_to.lines) == (None, ("Hauptstr. 5",))
    assert (found.kind, found.totals.tax_included, found.lines[0].requires_shipping) == (Kind.ORDER, True, False)
    assert only("shopify", shopify_order(test="true")).kind is Kind.TEST


@pytest.mark.parametrize("topic", ["checkouts/create", "carts/update", "app/uninstalled", "refunds/create"])
def test_what_another_topic_brings_is_no_order(topic):
    found = only("shopify", shopify_order(), **{"x-shopify-topic": topic})
    assert (found.kind, found.lines, found.problems) == (Kind.NOT_AN_ORDER, (), ())
