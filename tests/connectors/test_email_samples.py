"""The shared sample mails of others, each read as what it is."""

from __future__ import annotations

from pathlib import Path

from connectors.base import Kind
from tests.connectors.mails import codes, lines_of, one

ORDERS = {"woo_billing_shipping.eml"}
NO_MAILS = {"schemaorg_order.jsonld.json"}


def test_every_sample_mail_is_an_order_only_where_it_is_one(samples: Path):
    files = sorted(path for path in (samples / "email").rglob("*") if path.is_file())
    assert len(files) > 15
    live = {path.name for path in files if one(path.read_bytes()).kind is Kind.ORDER}
    refused = {path.name for path in files if codes(one(path.read_bytes())) == {"unreadable"}}
    assert (live, refused) == (ORDERS, NO_MAILS)


def test_no_notice_among_the_samples_has_lines_or_a_problem(samples: Path):
    notices = [one(path.read_bytes()) for path in sorted((samples / "email").rglob("*.eml")) if path.name not in ORDERS]
    assert {(order.kind, order.lines, order.problems) for order in notices} == {(Kind.NOT_AN_ORDER, (), ())}


def test_the_shop_notice_among_the_samples_is_read_whole(samples: Path):
    order = one((samples / "email" / "woo_billing_shipping.eml").read_bytes())
    assert (order.channel_order_id, order.currency, codes(order)) == ("999126", "USD", {"sku_missing"})
    assert lines_of(order) == [(None, "1", "72.00")]
    assert order.ship_to is not None
    assert order.bill_to is not None
    assert (order.ship_to.name, order.ship_to.lines) == ("Shipping Recipient", ("22 Shipping Lane",))
    assert (order.ship_to.city, order.ship_to.region, order.ship_to.postal_code) == ("Denver", "CO", "80202")
    assert (order.bill_to.name, order.bill_to.lines, order.bill_to.country) == (
        "Billing Buyer",
        ("10 Billing Road",),
        "US",
    )
