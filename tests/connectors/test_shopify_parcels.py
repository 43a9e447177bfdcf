"""What Shopify is told to fulfil, against a server that answers as its Admin API does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from connectors.base import ChannelConfig, ConnectorError, ShipmentNotice
from connectors.registry import channel_for


class Shop(BaseHTTPRequestHandler):
    """An order with the fulfilment orders of its server, and no fulfilment yet."""

    def do_GET(self) -> None:
        named = "fulfillment_orders" if "fulfillment_orders" in self.path else "fulfillments"
        self._answer({named: self.server.open if named == "fulfillment_orders" else []})  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.told.append(body["fulfillment"]["line_items_by_fulfillment_order"])  # type: ignore[attr-defined]
        self._answer({"fulfillment": {"id": 1}})

    def _answer(self, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *arguments: object) -> None:
        return


@pytest.fixture
def shop() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.daemon_threads, server.told, server.open = True, [], []
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def part(at: int, *items: tuple[str, int | None], status: str = "open") -> dict[str, Any]:
    """A fulfilment order: (line, what is left of it there)."""
    lines = [
        {"id": at * 10 + n, "line_item_id": int(ref), "fulfillable_quantity": qty} for n, (ref, qty) in enumerate(items)
    ]
    return {"id": at, "status": status, "line_items": lines}


def ship(shop: Any, **lines: int) -> list[dict[str, int]]:
    """Tell of a parcel with so many pieces of each line; what the shop was told to fulfil, fulfilment order by fulfilment order."""
    tell(shop, "collected", **lines)
    (told,) = shop.told
    return [{one["id"]: one["quantity"] for one in group.get("fulfillment_order_line_items", [])} for group in told]


def tell(shop: Any, status: str, **lines: int) -> None:
    config = ChannelConfig("s", "shopify", base_url=f"http://127.0.0.1:{shop.server_port}")
    held = [(ref.removeprefix("line"), Decimal(qty)) for ref, qty in lines.items()]
    notice = ShipmentNotice("7", "T-1", "DHL", None, status, datetime(2026, 11, 22, tzinfo=UTC), held)
    channel: Any = channel_for(config)
    channel.tell_shipped(notice, idempotency_key="k")


@pytest.mark.parametrize("status", ["collected", "delivered"])
def test_a_box_with_a_part_of_a_set_fulfils_nothing_in_the_shop(shop, status):
    shop.open = [part(1, ("5", 1), ("6", 2))]
    tell(shop, status, line5=0)
    assert shop.told == []


def test_beside_a_part_of_a_set_the_other_goods_of_a_box_are_fulfilled(shop):
    shop.open = [part(1, ("5", 1), ("6", 2))]
    assert ship(shop, line5=0, line6=1) == [{11: 1}]


def test_a_line_that_lies_at_two_places_is_fulfilled_once(shop):
    shop.open = [part(1, ("5", 1), ("6", 2)), part(2, ("5", 3)), part(3, ("5", 9))]
    assert ship(shop, line5=2) == [{10: 1}, {20: 1}]


def test_a_line_of_which_nothing_is_left_there_is_not_named(shop):
    shop.open = [part(1, ("5", 0), ("6", 2)), part(2, ("5", 3), status="closed"), part(3, ("5", None))]
    assert ship(shop, line5=2, line6=1) == [{11: 1}, {30: 2}]


def test_a_parcel_that_names_no_lines_fulfils_whatever_is_open(shop):
    shop.open = [part(1, ("5", 1)), part(2, ("5", 3), status="closed"), part(3, ("6", 1))]
    assert ship(shop) == [{}, {}]


def test_a_parcel_of_which_the_shop_awaits_nothing_is_no_matter_for_another_try(shop):
    shop.open = [part(1, ("5", 0))]
    with pytest.raises(ConnectorError) as refused:
        ship(shop, line5=1)
    assert (refused.value.permanent, shop.told) == (True, [])


def test_an_answer_of_another_shape_is_read_as_far_as_it_goes(shop):
    """What is written as text counts; what is no number, and no state, is none."""
    shop.open = [{**part(1, ("5", 2)), "status": {}}, part(2, ("5", 2))]
    shop.open[1]["line_items"][0]["fulfillable_quantity"] = "1"
    assert ship(shop, line5=2) == [{20: 1}]
