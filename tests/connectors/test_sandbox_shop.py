"""The sandbox shop and the three connectors that speak to it: webhooks, polling, shipments, mischief."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import Channel, ChannelConfig, ChannelOrder, Kind, Received, ShipmentNotice
from connectors.registry import channel_for
from tests.connectors.sandbox_peers import Letterbox, LetterboxServer, Peer, wait_until

SOURCES = ("shopify", "woocommerce", "generic")
SECRET = base64.b64encode(b"sandbox-shop-secret-0123").decode()
SETTINGS = {"access_token": "a-token", "token": "a-token", "consumer_key": "ck_1", "consumer_secret": "cs_1"}


def arguments(letterbox: Letterbox, *sources: str) -> list[str]:
    found = ["--oms-url", letterbox.url]
    for source in sources:
        found += ["--channel", f"shop-{source}", source, SECRET, "ck_1:cs_1" if source == "woocommerce" else "a-token"]
    return found


def connector(peer: Peer, source: str) -> Any:
    config = ChannelConfig(f"shop-{source}", source, (SECRET,), f"{peer.url}/shop-{source}", SETTINGS)
    found: Channel = channel_for(config)
    return found


def order(**changes: object) -> dict[str, object]:
    address = {"name": "Ann Lee", "lines": ["Hauptstr. 5"], "city": "Berlin", "postal_code": "10115", "country": "DE"}
    return {
        "currency": "EUR",
        "customer": {"name": "Ann Lee", "email": "ann@example.com", "phone": "+4930123456"},
        "ship_to": address,
        "lines": [
            {"sku": "TEA-1", "name": "Tea", "qty": "2", "unit_price": "9.90", "discount": "1.80"},
            {"sku": "CUP-1", "name": "Cup", "qty": "1", "unit_price": "12.00"},
        ],
        "totals": {"shipping": "4.90", "tax_included": False, "tax": "0.00"},
        "payment": {"terms": "prepaid", "status": "paid"},
        "buyer_message": None,
        **changes,
    }


def place(peer: Peer, source: str, key: str, *, webhook: str = "once", **changes: object) -> Any:
    content = {"channel": f"shop-{source}", "key": key, "webhook": webhook, "order": order(**changes)}
    return peer.call("POST", "/admin/place", content)


def translated(peer: Peer, source: str, message: Received) -> ChannelOrder:
    found: list[ChannelOrder] = connector(peer, source).translate(message)
    assert len(found) == 1
    return found[0]


def of_order(peer: Peer, source: str, letterbox: Letterbox, order_id: str) -> list[ChannelOrder]:
    """What the webhooks of one order said, in the order of arrival."""
    messages = letterbox.messages(f"/webhooks/shop-{source}")
    found = [translated(peer, source, message) for message in messages if not connector(peer, source).is_ping(message)]
    return [one for one in found if one.channel_order_id == order_id]


@pytest.fixture(scope="module")
def shared_letterbox() -> Iterator[Letterbox]:
    server = LetterboxServer()
    yield server.box
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def peer(module_peer: Callable[..., Peer], shared_letterbox: Letterbox) -> Peer:
    return module_peer("shop", *arguments(shared_letterbox, *SOURCES))


@pytest.mark.parametrize("source", SOURCES)
def test_a_placed_order_arrives_signed_and_whole(peer: Peer, shared_letterbox: Letterbox, source: str):
    placed = place(peer, source, "whole")
    wait_until(lambda: bool(of_order(peer, source, shared_letterbox, placed["channel_order_id"])), "its webhook")
    for message in shared_letterbox.messages(f"/webhooks/shop-{source}"):
        if not connector(peer, source).is_ping(message):
            connector(peer, source).verify(message, secrets=(SECRET,), at=datetime.now(UTC))
    found = of_order(peer, source, shared_letterbox, placed["channel_order_id"])[0]
    assert (found.kind, found.problems) == (Kind.ORDER, ())
    assert (found.totals.total, found.totals.lines) == (Decimal("34.90"), Decimal("30.00"))
    assert [(line.sku, line.qty, line.discount) for line in found.lines] == [
        ("TEA-1", Decimal(2), Decimal("1.80")),
        ("CUP-1", Decimal(1), Decimal(0)),
    ]
    assert found.ship_to is not None
    assert (found.ship_to.city, found.ship_to.country, found.payment.status) == ("Berlin", "DE", "paid")


@pytest.mark.parametrize("source", SOURCES)
def test_placing_twice_under_one_key_makes_one_order(peer: Peer, source: str):
    first, second = place(peer, source, "twice"), place(peer, source, "twice")
    assert first == second
    keys = [one["key"] for one in peer.call("GET", f"/admin/orders?channel=shop-{source}")["orders"]]
    assert keys.count("twice") == 1


@pytest.mark.parametrize("source", SOURCES)
def test_an_order_whose_webhook_was_dropped_is_found_by_the_poll(peer: Peer, shared_letterbox: Letterbox, source: str):
    order_id = place(peer, source, "dropped", webhook="drop")["channel_order_id"]
    until = datetime.now(UTC) + timedelta(seconds=5)
    pages = connector(peer, source).poll(since=until - timedelta(minutes=1), until=until)
    polled = [one for page in pages for one in connector(peer, source).translate(page)]
    assert [one.totals.total for one in polled if one.channel_order_id == order_id] == [Decimal("34.90")]
    assert of_order(peer, source, shared_letterbox, order_id) == []


@pytest.mark.parametrize("source", SOURCES)
def test_reading_one_order_gives_its_newest_version_and_none_gives_none(peer: Peer, source: str):
    placed = place(peer, source, "read")
    change = {"channel": f"shop-{source}", "channel_order_id": placed["channel_order_id"], "key": "read-change"}
    for _repeat in range(2):
        peer.call("POST", "/admin/update", {**change, "order": {"buyer_message": "ring twice"}}, expect=200)
    found = translated(peer, source, connector(peer, source).read(placed["channel_order_id"]))
    assert found.buyer_message == "ring twice"
    assert datetime.fromisoformat(str(found.version)) > datetime.fromisoformat(placed["updated_at"])
    assert connector(peer, source).read("99999") is None


@pytest.mark.parametrize("source", SOURCES)
def test_a_shipment_told_twice_is_one_parcel_and_then_delivered(peer: Peer, source: str):
    placed = place(peer, source, "shipped")
    for status in ("collected", "collected", "delivered", "delivered"):
        notice = ShipmentNotice(placed["channel_order_id"], "SBX0000000017", "Sandbox", None, status, datetime.now(UTC))
        connector(peer, source).tell_shipped(notice, idempotency_key=f"notice-{status}")
    held = [one for one in peer.call("GET", "/admin/orders")["orders"] if one["channel"] == f"shop-{source}"]
    shipments = next(one["shipments"] for one in held if one["key"] == "shipped")
    assert [(one["tracking_number"], one["status"]) for one in shipments] == [("SBX0000000017", "delivered")]


@pytest.mark.parametrize("source", SOURCES)
def test_a_cancellation_is_told_once(peer: Peer, shared_letterbox: Letterbox, source: str):
    order_id = place(peer, source, "cancelled")["channel_order_id"]
    for _repeat in range(2):
        cancel = {"channel": f"shop-{source}", "channel_order_id": order_id, "webhook": "once"}
        peer.call("POST", "/admin/cancel", cancel, expect=200)
    wait_until(lambda: len(of_order(peer, source, shared_letterbox, order_id)) == 2, "order and cancellation")
    assert {one.kind for one in of_order(peer, source, shared_letterbox, order_id)} == {Kind.ORDER, Kind.CANCELLATION}


@pytest.mark.parametrize("source", SOURCES)
def test_a_duplicate_carries_the_same_event_id(peer: Peer, shared_letterbox: Letterbox, source: str):
    order_id = place(peer, source, "doubled", webhook="duplicate")["channel_order_id"]
    wait_until(lambda: len(of_order(peer, source, shared_letterbox, order_id)) == 2, "both copies")
    speaks = connector(peer, source)
    messages = shared_letterbox.messages(f"/webhooks/shop-{source}")
    ids = [speaks.event_id(one) for one in messages if not speaks.is_ping(one) and order_id.encode() in one.body]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_stale_version_comes_late_under_another_event_id(peer: Peer, shared_letterbox: Letterbox):
    order_id = place(peer, "generic", "stale")["channel_order_id"]
    change = {"channel": "shop-generic", "channel_order_id": order_id, "key": "stale-1", "webhook": "stale"}
    peer.call("POST", "/admin/update", {**change, "order": {"buyer_message": "new"}}, expect=200)
    wait_until(lambda: len(of_order(peer, "generic", shared_letterbox, order_id)) == 3, "three webhooks")
    last = of_order(peer, "generic", shared_letterbox, order_id)[-1]
    newest = max(str(one.version) for one in of_order(peer, "generic", shared_letterbox, order_id))
    assert (last.buyer_message, str(last.version) < newest) == (None, True)


def test_woocommerce_pings_once_without_a_signature(peer: Peer, shared_letterbox: Letterbox):
    pings = [one for one in shared_letterbox.wait_for(1, "/webhooks/shop-woocommerce") if b"webhook_id=" in one.body]
    assert len(pings) == 1
    assert "x-wc-webhook-signature" not in pings[0].headers


@pytest.mark.parametrize("source", SOURCES)
def test_polling_walks_all_pages(start_peer: Callable[..., Peer], letterbox: Letterbox, source: str):
    shop = start_peer("shop", *arguments(letterbox, source))
    for number in range(101):
        place(shop, source, f"page-{number}", webhook="drop")
    speaks, until = connector(shop, source), datetime.now(UTC) + timedelta(seconds=5)
    pages = list(speaks.poll(since=until - timedelta(minutes=5), until=until))
    ids = [one.channel_order_id for page in pages for one in speaks.translate(page)]
    assert len(ids) == len(set(ids)) == 101


def test_no_order_is_passed_over_when_another_one_changes_between_two_pages(
    start_peer: Callable[..., Peer], letterbox: Letterbox
):
    """WooCommerce numbers its pages: an order that changes leaves its place, and all behind it move up by one."""
    source = "woocommerce"
    shop = start_peer("shop", *arguments(letterbox, source))
    for number in range(101):
        place(shop, source, f"page-{number}", webhook="drop")
    speaks, until = connector(shop, source), datetime.now(UTC) + timedelta(seconds=5)
    pages = speaks.poll(since=until - timedelta(minutes=5), until=until)
    found = {one.channel_order_id for one in speaks.translate(next(pages))}
    changed = {"channel": f"shop-{source}", "channel_order_id": min(found), "order": {"buyer_message": "!"}}
    for time in "12":  # the second time it is told a second later than all others
        shop.call("POST", "/admin/update", {**changed, "key": time, "webhook": "drop"}, expect=200)
    found |= {one.channel_order_id for page in pages for one in speaks.translate(page)}
    assert len(found) == 101


def test_a_webhook_that_was_refused_is_posted_again_also_after_kill_9(
    start_peer: Callable[..., Peer], letterbox: Letterbox
):
    letterbox.refusals = 2
    shop = start_peer("shop", *arguments(letterbox, "shopify"))
    place(shop, "shopify", "persistent")
    wait_until(lambda: letterbox.refusals < 2, "the first refusal")
    shop.kill()
    assert letterbox.received == []
    shop.start()
    assert len(letterbox.wait_for(1)) == 1
    assert place(shop, "shopify", "persistent")["version"] == 1
    assert shop.call("GET", "/admin/stats")["orders"] == 1


def test_by_shares_some_webhooks_are_dropped_and_some_doubled(start_peer: Callable[..., Peer], letterbox: Letterbox):
    shop = start_peer("shop", *arguments(letterbox, "generic"), "--drops", "0.4", "--duplicates", "0.4", "--seed", "7")
    for number in range(20):
        content = {"channel": "shop-generic", "key": f"m-{number}", "order": order()}
        shop.call("POST", "/admin/place", content, expect=201)
    wait_until(lambda: shop.call("GET", "/admin/stats")["webhooks_owed"] == 0, "all webhooks taken")
    heard = [one["channel_order_id"] for one in letterbox.contents()]
    assert 0 < len(set(heard)) < 20
    assert len(heard) > len(set(heard))
