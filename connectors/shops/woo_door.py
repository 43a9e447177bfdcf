"""What is known of a WooCommerce message at the door, before it is parsed: whether it is a ping, and which delivery it is."""

from __future__ import annotations

import re

from connectors.base import Received

_PING = re.compile(rb"\s*webhook_id=\d+\s*")
#: A message of an order begins with its id.
_ORDER = re.compile(rb'\s*\{\s*"id"\s*:\s*"?(\d{1,40})\b')


def event_id(message: Received) -> str | None:
    """X-WC-Webhook-Delivery-ID with the order's id.

    A shop makes the first of its webhook and of the second on its clock, so that two orders of one second come under one.
    """
    delivery = message.headers.get("x-wc-webhook-delivery-id")
    order = _ORDER.match(message.body) if delivery else None
    return f"{delivery} {order[1].decode()}" if order else delivery


def is_ping(message: Received) -> bool:
    """Whether this is the unsigned form `webhook_id=…` that saving a webhook sends."""
    return _PING.fullmatch(message.body) is not None
