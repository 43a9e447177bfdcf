"""The three calls that `docs/generic-json.md` asks of a shop: changed orders, one order, a shipment.

Settings: `token`, sent as a Bearer token.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from connectors.base import ChannelConfig, ConnectorError, Received, ShipmentNotice
from connectors.dates import iso_z
from connectors.fields import node, nodes, text
from connectors.http import Client
from connectors.quantities import print_qty


def changed_orders(config: ChannelConfig, *, since: datetime, until: datetime) -> Iterator[Received]:
    """Pages of the orders changed in [since, until], following `next_cursor`."""
    client = _client(config)
    params = {"updated_since": iso_z(since), "updated_until": iso_z(until)}
    seen: set[str] = set()
    while True:
        answer = client.get("orders", params=params)
        page = node(answer.json())
        if nodes(page.get("orders")):
            yield Received(body=answer.body, channel=config.name)
        cursor = text(page.get("next_cursor"))
        if cursor is None:
            return
        if cursor in seen:
            raise ConnectorError(f"the shop gave the cursor {cursor!r} twice", permanent=False)
        seen.add(cursor)
        params = {**params, "cursor": cursor}


def order(config: ChannelConfig, channel_order_id: str) -> Received | None:
    """The order as it stands now; None when the shop has none."""
    try:
        answer = _client(config).get(f"orders/{quote(channel_order_id, safe='')}")
    except ConnectorError as error:
        if error.status in (404, 410):
            return None
        raise
    return Received(body=answer.body, channel=config.name)


def tell_shipped(config: ChannelConfig, notice: ShipmentNotice, *, idempotency_key: str) -> None:
    """Report a parcel; the shop keeps the key and answers a repeat as it answered the first call."""
    body = {
        "tracking_number": notice.tracking_number,
        "carrier": notice.carrier,
        "tracking_url": notice.tracking_url,
        "status": notice.status,
        "at": iso_z(notice.at),
        "last": notice.last,
        "lines": [{"line_ref": line_ref, "qty": print_qty(qty)} for line_ref, qty in notice.lines],
    }
    path = f"orders/{quote(notice.channel_order_id, safe='')}/shipments"
    _client(config).send("POST", path, json=body, headers={"Idempotency-Key": idempotency_key})


def _client(config: ChannelConfig) -> Client:
    token = config.settings.get("token", "")
    return Client(config.base_url, headers={"Authorization": f"Bearer {token}"} if token else {}, secrets=(token,))
