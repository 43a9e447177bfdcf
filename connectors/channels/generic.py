"""Generic: our own JSON, which is the one schema itself (`docs/generic-json.md`), signed as Standard Webhooks says.

Shops without a connector and distributors speak it. Amounts are decimal strings: a JSON number is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from connectors import signing
from connectors.base import ChannelConfig, ChannelOrder, Received, ShipmentNotice
from connectors.fields import node, nodes, notice, unreadable
from connectors.json_bytes import Unreadable, parse
from connectors.own_json import OwnOrder
from connectors.problems import problem
from connectors.shops import generic_http

_IDS = frozenset({"channel_order_id", "channel_order_number"})
_MARKS = _IDS | {"lines"}
_NAMED = ", ".join(sorted(_MARKS))
_FOREIGN = re.compile(r"line|item|product|goods", re.IGNORECASE)


class Generic:
    """Translates our own JSON; asks and tells over the three calls that its page describes."""

    source = "generic"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config

    def translate(self, message: Received) -> list[ChannelOrder]:
        """One element an order; an element of a list that is no order is refused with its place."""
        channel = message.channel or self.config.name
        try:
            body = parse(message.body)
        except Unreadable as error:
            return [unreadable(channel=channel, source=self.source, error=error)]
        items = _items(body)
        if not any(_is_order(item) or _looks_foreign(item) for item in items):
            return [notice(channel=channel, source=self.source)]
        return [_element(item, channel=channel, at=at) for at, item in enumerate(items)]

    def verify(self, message: Received, *, secrets: Sequence[str], at: datetime) -> None:
        """Check the Standard Webhooks headers over the raw bytes, within 5 minutes; raises SignatureInvalid."""
        signing.verify_standard(message.body, headers=message.headers, secrets=secrets, at=at)

    def event_id(self, message: Received) -> str | None:
        """webhook-id."""
        return message.headers.get("webhook-id")

    def is_ping(self, message: Received) -> bool:
        """Standard Webhooks have none."""
        return False

    def poll(self, *, since: datetime, until: datetime) -> Iterable[Received]:
        """Pages of the orders changed in [since, until]."""
        return generic_http.changed_orders(self.config, since=since, until=until)

    def read(self, channel_order_id: str) -> Received | None:
        """The order as it stands now; None when the shop has none."""
        return generic_http.order(self.config, channel_order_id)

    def tell_shipped(self, notice: ShipmentNotice, *, idempotency_key: str) -> None:
        """Report a parcel under the idempotency key."""
        generic_http.tell_shipped(self.config, notice, idempotency_key=idempotency_key)


def _items(body: object) -> list[object]:
    if isinstance(body, dict) and (isinstance(body.get("orders"), list) or _is_order(body.get("orders"))):
        body = body["orders"]  # what makes JSON of XML writes a list of one as the one
    if isinstance(body, dict) and isinstance(body.get("order"), dict) and not _MARKS & body.keys():
        body = body["order"]
    return body if isinstance(body, list) else [body]


def _is_order(item: object) -> bool:
    return isinstance(item, dict) and bool(_MARKS & item.keys())


def _looks_foreign(item: object) -> bool:
    """Whether this seems an order in the words or the envelope of another system, which must not be passed over in silence."""
    if not isinstance(item, dict):
        return False
    return any(_FOREIGN.search(key) and nodes(value) for key, value in item.items()) or _envelope(item) is not None


def _envelope(item: object, *, depth: int = 3) -> str | None:
    """The field below which an order in our words stands: `data` of `{"event": "order.created", "data": {...}}`."""
    held = [(key, one) for key, value in node(item).items() for one in nodes(value)]
    told = (key for key, one in held if _IDS & one.keys() and nodes(one.get("lines")))
    inner = ((key, _envelope(one, depth=depth - 1)) for key, one in held) if depth > 1 else ()
    return next(told, None) or next((f"{key}.{below}" for key, below in inner if below), None)


def _element(item: object, *, channel: str, at: int) -> ChannelOrder:
    if isinstance(item, dict) and _is_order(item):
        return OwnOrder(item, channel=channel, source=Generic.source).read()
    where = _envelope(item)
    said = f"the order stands below {where[:60]!r}, send it by itself" if where else f"it has none of {_NAMED}"
    message = f"element {at + 1} is no order: {said}; see docs/generic-json.md"
    found = problem("row_invalid", f"orders.{at}", message)
    return replace(notice(channel=channel, source=Generic.source), problems=(found,))
