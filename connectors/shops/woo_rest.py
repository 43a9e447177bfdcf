"""WooCommerce's REST API v3: orders changed in a window, one order, shipping notes.

Settings: `consumer_key` and `consumer_secret`; `base_url` is the shop's address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from connectors.base import ChannelConfig, ConnectorError, Received, ShipmentNotice
from connectors.dates import iso_z
from connectors.fields import node, nodes, text
from connectors.http import Answer, Client

PAGE_SIZE = 100
#: How many pages a shop may say that there are; what is no such number is no number, and pages are read until one is not full.
_COUNT = re.compile(r"[0-9]{1,5}")


def changed_orders(config: ChannelConfig, *, since: datetime, until: datetime) -> Iterator[Received]:
    """Pages of the orders changed in [since, until]: the first, then from the last one back to it.

    Pages are counted from the oldest change on: an order that changes meanwhile leaves its place, and those behind it move up,
    from a page not yet read to one that was. On the way back none is lost, and the first page is told again where it changed.
    """
    client = _client(config)
    window = {
        "modified_after": iso_z(since).removesuffix("Z"),
        "modified_before": iso_z(until).removesuffix("Z"),
        "dates_are_gmt": "true",
    }
    first = _page(client, window, 1)
    yield from _told(config, first)
    pages = first.headers.get("x-wp-totalpages", "")
    if not _COUNT.fullmatch(pages):
        yield from _forward(config, client, window, first)
        return
    for page in range(int(pages), 1, -1):
        yield from _told(config, _page(client, window, page))
    again = _page(client, window, 1) if int(pages) > 1 else first
    if again.body != first.body:
        yield from _told(config, again)


def _forward(config: ChannelConfig, client: Client, window: Mapping[str, str], answer: Answer) -> Iterator[Received]:
    """The pages behind the first one of a shop that does not say how many there are."""
    page = 1
    while len(nodes(answer.json())) == PAGE_SIZE:
        page += 1
        answer = _page(client, window, page)
        yield from _told(config, answer)


def _page(client: Client, window: Mapping[str, str], page: int) -> Answer:
    params = {**window, "per_page": str(PAGE_SIZE), "page": str(page), "orderby": "modified", "order": "asc"}
    return client.get("orders", params={**params, "status": "any"})


def _told(config: ChannelConfig, answer: Answer) -> Iterator[Received]:
    if nodes(answer.json()):
        yield Received(body=answer.body, channel=config.name)


def order(config: ChannelConfig, channel_order_id: str) -> Received | None:
    """The order as it stands now; None when the shop has none."""
    try:
        answer = _client(config).get(f"orders/{channel_order_id}")
    except ConnectorError as error:
        if error.status in (404, 410):
            return None
        raise
    return Received(body=answer.body, channel=config.name)


def tell_shipped(config: ChannelConfig, notice: ShipmentNotice) -> None:
    """Leave the customer a note with the tracking number; with the last parcel collected the order is completed.

    WooCommerce takes no idempotency key: the notes are read first, so that a repeat changes nothing.
    """
    client = _client(config)
    path = f"orders/{notice.channel_order_id}"
    written = _note(notice)
    if not any(text(note.get("note")) == written for note in nodes(client.get(f"{path}/notes").json())):
        client.send("POST", f"{path}/notes", json={"note": written, "customer_note": True})
    if notice.last and notice.status == "collected" and node(client.get(path).json()).get("status") == "processing":
        client.send("PUT", path, json={"status": "completed"})


def _note(notice: ShipmentNotice) -> str:
    said = "was delivered" if notice.status == "delivered" else "is on its way"
    link = f" {notice.tracking_url}" if notice.tracking_url else ""
    return f"Your parcel {said} with {notice.carrier}, tracking number {notice.tracking_number}.{link}"


def _client(config: ChannelConfig) -> Client:
    key, secret = config.settings.get("consumer_key", ""), config.settings.get("consumer_secret", "")
    return Client(f"{config.base_url.rstrip('/')}/wp-json/wc/v3", auth=(key, secret), secrets=(key, secret))
