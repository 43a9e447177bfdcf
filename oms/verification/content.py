"""What a confirmation says, as JSON: hashed when it is given, printed when it is sent or asked for (C-1). Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oms import compact_json
from oms.clock import local_day
from oms.verification.order_facts import Feasible, LineFacts, OrderFacts

Content = dict[str, Any]
_PARTY = ("name", "company", "email", "phone")
_ADDRESS = "name company lines town district city region postal_code country phone phone_ext pickup_point".split()


def content_of(order: OrderFacts, date: Feasible, zone: ZoneInfo) -> Content:
    """Everything that the customer agrees to; amounts and days are text."""
    return {
        "number": order.number,
        "channel_order_number": order.channel_order_number,
        "ordered_on": str(local_day(order.placed_at or order.received_at, zone)),
        "language": order.language,
        "currency": order.currency,
        "customer": {part: order.contact.get(part) for part in _PARTY},
        "ship_to": {part: order.ship_to.get(part) for part in _ADDRESS} if order.ship_to else None,
        "lines": [_line(line) for line in order.lines],
        "totals": {
            "goods": _text(order.goods_total),
            "discount": _text(order.discount),
            "shipping": _text(order.shipping),
            "fees": _text(order.fees),
            "tax": _text(order.tax),
            "tax_included": bool(order.tax_included),
            "total": _text(order.payable),
            "paid": _text(None if order.paid is None else order.money_here),
        },
        "payment_terms": order.payment_terms,
        "ship_on": str(local_day(date.ship_at, zone)),
        "deliver_on": str(local_day(date.deliver_at, zone)),
        "requirements": order.requirements,
    }


def sha256_of(content: Mapping[str, Any]) -> bytes:
    """The hash of the content's canonical JSON: what was signed can be proved later."""
    return hashlib.sha256(compact_json.canonical(content)).digest()


def _line(line: LineFacts) -> Content:
    return {
        "sku": line.code or line.channel_sku,
        "name": line.name,
        "qty": _text(line.qty),
        "unit": line.unit,
        "unit_price": _text(line.unit_price),
        "discount": _text(line.discount),
        "total": _text(line.amount),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"
