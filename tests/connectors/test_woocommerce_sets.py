"""Sets that plugins sell in WooCommerce: what is only the heading of others is not sent beside them."""

from __future__ import annotations

import pytest

from tests.connectors.order_messages import only, woo_order


def line(id_: int, *meta: tuple[str, object], product: int = 0) -> dict[str, object]:
    told = [{"key": key, "value": value} for key, value in meta]
    amounts = {"quantity": 1, "subtotal": "0.00", "total": "0.00"}
    return {"id": id_, "sku": f"S-{id_}", "name": "Tea", "product_id": product, "meta_data": told, **amounts}


def sent(*lines: dict[str, object]) -> list[str | None]:
    return [
        read.line_ref for read in only("woocommerce", woo_order(line_items=list(lines))).lines if read.requires_shipping
    ]


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        (("_woosb_ids", "9/a/1"), ("_woosb_parent_id", "55")),
        (("_woosb_ids", "9/a/1"), ("_woosb_parent_id", 55)),
        (("_bundle_cart_key", "k1"), ("_bundled_by", "k1")),
        (("_yith_bundle_cart_key", "k1"), ("_bundled_by", "k1")),
        (("_cartstamp", {"1": {"product_id": "9"}}), ("_bundled_by", "k1")),
        (("_composite_cart_key", "k1"), ("_composite_parent", "k1")),
        (("_mnm_cart_key", "k1"), ("_mnm_container", "k1")),
    ],
)
def test_the_heading_of_a_plugins_set_needs_no_parcel_and_its_parts_do(heading, part):
    assert sent(line(1, heading, product=55), line(2, part, product=9), line(3, product=7)) == ["2", "3"]
    assert sent(line(1, heading), line(2, part)) == ["2"]


def test_a_set_that_names_no_part_of_this_order_is_sent_itself():
    assert sent(line(1, ("_woosb_ids", "9/a/1"), product=55), line(2, product=9)) == ["1", "2"]
    assert sent(line(1, ("_bundle_cart_key", "k1")), line(2, ("_bundled_by", "k2"))) == ["1", "2"]
    assert sent(line(1, ("_mnm_cart_key", "k1")), line(2, ("_mnm_cart_key", "k1"))) == ["1", "2"]
    assert sent(line(1, ("_cartstamp", "")), line(2, ("_bundled_by", "k2"))) == ["1", "2"]
    assert sent(line(1, ("_cartstamp", ["x"])), line(2, ("_bundled_by", ["x"]))) == ["2"]
    assert sent(line(1, ("_bundle_cart_key", {})), line(2, ("_bundled_by", {}))) == ["1", "2"]


def test_of_two_sets_each_is_told_by_its_own_parts():
    first, second = line(1, ("_woosb_ids", "9/a/1"), product=55), line(2, ("_woosb_ids", "8/b/1"), product=56)
    assert sent(first, second, line(3, ("_woosb_parent_id", "55"))) == ["2", "3"]
    assert sent(first, second, line(3, ("_woosb_parent_id", "55")), line(4, ("_woosb_parent_id", "56"))) == ["3", "4"]


def test_a_part_that_heads_parts_of_its_own_is_no_parcel():
    outer, inner = line(1, ("_bundle_cart_key", "k1")), line(2, ("_bundle_cart_key", "k2"), ("_bundled_by", "k1"))
    assert sent(outer, inner, line(3, ("_bundle_cart_key", "k3"), ("_bundled_by", "k2"))) == ["3"]
