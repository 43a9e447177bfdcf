"""Shopify's orders that were changed after they were placed: edits, refunds, what is left to send, and what was paid."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.base import Payment, Severity
from tests.connectors.order_messages import codes, only, shopify_order


def shopify(**changes):
    return only("shopify", shopify_order(**changes))


def line(**changes):
    return {**shopify_order()["line_items"][1], "current_quantity": 1, **changes}


def shop_money(amount):
    return {"shop_money": {"amount": amount, "currency_code": "EUR"}}


def test_an_order_of_which_only_the_shipping_was_taken_off_counts_as_it_stands_now():
    gone = [{"title": "DHL Paket", "price": "4.90", "is_removed": True, "discount_allocations": []}]
    found = shopify(
        shipping_lines=gone, current_shipping_price_set=shop_money("0.00"), current_total_price="22.50",
        current_total_discounts="3.00", current_total_tax="3.59", total_outstanding="-4.90",
    )  # fmt: skip
    assert (found.totals.shipping, found.totals.total, found.problems) == (Decimal("0.00"), Decimal("22.50"), ())
    assert (found.payment.status, found.totals.paid) == ("overpaid", Decimal("27.40"))


def refund(*parts):
    return {
        "id": 9,
        "refund_line_items": [{"line_item_id": i, "quantity": qty, "restock_type": how} for i, qty, how in parts],
    }


def sold_lines(*, pieces):
    """Lines as API versions before 2024-01 tell them: by what was sold."""
    lines = [line(id=at, quantity=qty) for at, qty in enumerate(pieces, start=1)]
    return [{name: value for name, value in one.items() if name != "current_quantity"} for one in lines]


def test_what_was_given_back_is_not_sent_where_the_lines_tell_only_what_was_sold():
    found = shopify(
        line_items=sold_lines(pieces=[3, 1, 1, 2]), total_discounts="0.00", total_price="43.40",
        refunds=[refund((1, 1, "no_restock"), (2, 1, "cancel")), refund((1, 1, "return"), (3, 1, "legacy_restock"))],
        current_total_price="21.40", current_total_discounts="0.00", current_total_tax="3.42",
    )  # fmt: skip
    assert [(one.line_ref, one.qty) for one in found.lines] == [("1", Decimal(1)), ("4", Decimal(2))]
    assert (found.totals.total, found.problems) == (Decimal("21.40"), ())


def test_what_is_left_of_a_line_has_its_refunds_in_it_already():
    found = shopify(
        line_items=[line(quantity=3, current_quantity=2)], refunds=[refund((line()["id"], 1, "cancel"))],
        total_discounts="0.00", current_total_price="15.90", current_total_discounts="0.00",
    )  # fmt: skip
    assert ([one.qty for one in found.lines], found.problems) == ([Decimal(2)], ())


def test_an_order_given_back_in_part_is_held_where_nobody_says_what_it_comes_to_now():
    found = shopify(
        line_items=sold_lines(pieces=[2, 1]), total_discounts="0.00", total_price="21.40",
        refunds=[refund((1, 1, "cancel"))],
    )  # fmt: skip
    assert [one.qty for one in found.lines] == [Decimal(1), Decimal(1)]
    assert [(one.code, one.severity) for one in found.problems] == [("total_mismatch", Severity.HOLD)]


@pytest.mark.parametrize(
    ("changes", "qty", "held"),
    [
        ({"refunds": [refund((1, "a few", "cancel"))]}, 2, [("qty_invalid", "lines")]),
        ({"refunds": None}, 2, []),
        ({"refunds": [{"refund_line_items": None}]}, 2, []),
        ({"refunds": [refund((1, 1, "cancel"))], "cancelled_at": "2026-11-22T10:00:00Z"}, 2, []),
        ({"refunds": [refund((1, 3, "cancel"))]}, 2, [("row_invalid", "lines")]),
    ],
)
def test_a_refund_that_takes_nothing_readable_off_leaves_the_line_as_sold(changes, qty, held):
    found = shopify(line_items=sold_lines(pieces=[2]), total_discounts="0.00", total_price="15.90", **changes)
    assert ([one.qty for one in found.lines], codes(found)) == ([Decimal(qty)], held)


@pytest.mark.parametrize("whole", ["10.00", "0.00", None])  # the shop counts it among the discounts, or not
def test_free_shipping_comes_off_an_edited_order_once(whole):
    free = [{"title": "DHL", "price": "10.00", "discount_allocations": [{"amount": "10.00"}]}]
    found = shopify(
        line_items=[line(id=1), line(id=2, current_quantity=0)], shipping_lines=free,
        current_shipping_price_set=shop_money("0.00"), current_total_discounts=whole, current_total_price="5.50",
        total_discounts="10.00", total_price="11.00",
    )  # fmt: skip
    assert (found.totals.shipping, found.totals.discount or Decimal(0)) == (Decimal("0.00"), Decimal(0))
    assert found.problems == ()


def test_an_edited_order_that_does_not_tell_its_shipping_keeps_that_of_its_shipping_lines():
    found = shopify(
        line_items=[line(id=1), line(id=2, current_quantity=0)], current_shipping_price_set={"shop_money": None},
        current_total_discounts="0.00", current_total_price="10.40",
    )  # fmt: skip
    assert (found.totals.shipping, found.problems) == (Decimal("4.90"), ())


def test_a_line_taken_off_and_not_yet_refunded_leaves_the_order_overpaid():
    found = shopify(
        line_items=[line(id=1), line(id=2, price="50.00", current_quantity=0)], total_discounts="0.00",
        total_price="60.40", current_total_price="10.40", current_total_discounts="0.00", current_total_tax="1.66",
        total_outstanding="-50.00",
    )  # fmt: skip
    assert (found.totals.total, found.totals.paid) == (Decimal("10.40"), Decimal("60.40"))
    assert (found.payment, found.problems) == (Payment("prepaid", "overpaid"), ())


def test_a_cancelled_order_was_paid_what_it_was_sold_for_until_the_money_goes_back():
    found = shopify(
        line_items=[line(current_quantity=0)], cancelled_at="2026-11-22T10:00:00Z", current_total_price="0.00",
        total_outstanding="-27.40",
    )  # fmt: skip
    assert (found.payment.status, found.totals.paid) == ("paid", Decimal("27.40"))
    part = shopify(
        line_items=[line(current_quantity=0)], cancelled_at="2026-11-22T10:00:00Z", current_total_price="0.00",
        financial_status="partially_paid", total_outstanding="-20.00",
    )  # fmt: skip
    assert (part.payment.status, part.totals.paid) == ("partially_paid", Decimal("20.00"))
