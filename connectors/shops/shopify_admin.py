"""Shopify's REST Admin API: orders changed in a window, one order, and fulfilments with their tracking.

Settings: `access_token`, and `api_version` where another than the default is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.base import ChannelConfig, ConnectorError, Received, ShipmentNotice
from connectors.dates import iso_z
from connectors.fields import Node, identity, node, nodes, text
from connectors.http import Answer, Client
from connectors.quantities import print_qty

API_VERSION = "2026-01"
PAGE_SIZE = 250

_COUNT = re.compile(r"[0-9]{1,9}")
#: Fulfilment orders that can still be fulfilled.
_OPEN = frozenset({"open", "in_progress", "scheduled"})


def changed_orders(config: ChannelConfig, *, since: datetime, until: datetime) -> Iterator[Received]:
    """Pages of the orders changed in [since, until], oldest change first, following the Link header."""
    client = _client(config)
    window = {"updated_at_min": iso_z(since), "updated_at_max": iso_z(until), "order": "updated_at asc"}
    answer = client.get("orders.json", params={"status": "any", "limit": str(PAGE_SIZE), **window})
    seen: set[str] = set()
    while True:
        if nodes(node(answer.json()).get("orders")):
            yield _received(config, answer)
        following = answer.next_url()
        if following is None:
            return
        if following in seen:
            raise ConnectorError("the shop gave the same next page twice", permanent=False)
        seen.add(following)
        answer = client.get(following)


def order(config: ChannelConfig, channel_order_id: str) -> Received | None:
    """The order as it stands now; None when the shop has none."""
    try:
        return _received(config, _client(config).get(f"orders/{channel_order_id}.json"))
    except ConnectorError as error:
        if error.status in (404, 410):
            return None
        raise


def tell_shipped(config: ChannelConfig, notice: ShipmentNotice) -> None:
    """Fulfil what the parcel holds, or add `delivered` to its fulfilment.

    Shopify takes no idempotency key: the tracking number is looked up first, so that a repeat changes nothing.
    """
    client = _client(config)
    known = _fulfilment(client, notice)
    if known is None and notice.lines and not any(qty for _, qty in notice.lines):
        return  # it makes no set whole: the shop, which knows of whole ones only, hears of the box that does
    if known is None:
        known = _fulfil(client, notice)
    if notice.status == "delivered" and known.get("shipment_status") != "delivered":
        path = f"orders/{notice.channel_order_id}/fulfillments/{identity(known.get('id'))}/events.json"
        client.send("POST", path, json={"event": {"status": "delivered", "happened_at": iso_z(notice.at)}})


def _client(config: ChannelConfig) -> Client:
    token = config.settings.get("access_token", "")
    version = config.settings.get("api_version") or API_VERSION
    headers = {"X-Shopify-Access-Token": token, "Accept": "application/json"}
    return Client(f"{config.base_url.rstrip('/')}/admin/api/{version}", headers=headers, secrets=(token,))


def _received(config: ChannelConfig, answer: Answer) -> Received:
    return Received(body=answer.body, channel=config.name)


def _fulfilment(client: Client, notice: ShipmentNotice) -> Node | None:
    made = nodes(node(client.get(f"orders/{notice.channel_order_id}/fulfillments.json").json()).get("fulfillments"))
    return next(
        (one for one in made if _carries(one, notice.tracking_number) and one.get("status") != "cancelled"), None
    )


def _carries(fulfilment: Node, tracking_number: str) -> bool:
    numbers = fulfilment.get("tracking_numbers")
    return tracking_number in (numbers if isinstance(numbers, list) else [fulfilment.get("tracking_number")])


def _fulfil(client: Client, notice: ShipmentNotice) -> Node:
    asked = client.get(f"orders/{notice.channel_order_id}/fulfillment_orders.json").json()
    left = {line_ref: int(print_qty(qty)) for line_ref, qty in notice.lines if qty == qty.to_integral_value()}
    open_ones = [one for one in nodes(node(asked).get("fulfillment_orders")) if text(one.get("status")) in _OPEN]
    groups = [group for one in open_ones if (group := _group(one, left) if notice.lines else _whole(one))]
    if not groups:
        raise ConnectorError(f"order {notice.channel_order_id}: nothing is left to fulfil in the shop", permanent=True)
    tracking = {"number": notice.tracking_number, "company": notice.carrier, "url": notice.tracking_url}
    body = {"line_items_by_fulfillment_order": groups, "tracking_info": tracking, "notify_customer": False}
    return node(node(client.send("POST", "fulfillments.json", json={"fulfillment": body}).json()).get("fulfillment"))


def _whole(one: Node) -> dict[str, Any]:
    return {"fulfillment_order_id": one.get("id")}


def _group(one: Node, left: dict[str, int]) -> dict[str, Any] | None:
    """What the parcel holds of one fulfilment order, taken off what is `left` of it; None when that is nothing.

    Shopify splits a line over several fulfilment orders when no location has all of it: each piece counts once.
    """
    held = []
    for item in nodes(one.get("line_items")):
        line_ref, open_qty = identity(item.get("line_item_id")) or "", _count(item.get("fulfillable_quantity"))
        qty = left.get(line_ref, 0) if open_qty is None else min(left.get(line_ref, 0), open_qty)
        if qty > 0:
            left[line_ref] -= qty
            held.append({"id": item.get("id"), "quantity": qty})
    return {**_whole(one), "fulfillment_order_line_items": held} if held else None


def _count(given: object) -> int | None:
    told = text(given) or ""
    return int(told) if _COUNT.fullmatch(told) else None
