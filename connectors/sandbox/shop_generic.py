"""A shop that speaks our generic JSON, as the sandbox shop plays it: the one schema, Standard Webhooks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from connectors.sandbox.process import now
from connectors.sandbox.shop_channel import ShopChannel
from connectors.sandbox.shop_orders import ShopLine, ShopOrder
from connectors.sandbox.signatures import standard_webhook_headers
from connectors.sandbox.webhooks import Webhook

_KINDS = {"created": "order", "updated": "update", "cancelled": "cancellation"}
_PASSED_ON = ("requested", "invoice", "seller_memo")


class GenericChannel(ShopChannel):
    """Ids are words, as in shops that count nothing."""

    prefix = "G"

    def order_id(self, row_id: int) -> str:
        return f"ord_{row_id:06d}"

    def row_id(self, order_id: str) -> int:
        found = re.fullmatch(r"ord_(\d{6,12})", order_id)
        return int(found[1]) if found else 0

    def show(self, order: ShopOrder) -> dict[str, object]:
        kind = "test" if order.is_test else "cancellation" if order.cancelled_at else "order"
        return {
            "kind": kind,
            "channel_order_id": order.order_id,
            "channel_order_number": order.number,
            "version": _time(order.updated_at),
            "placed_at": _time(order.created_at),
            "currency": order.currency,
            "totals": {
                "discount": str(order.discount),
                "shipping": str(order.shipping),
                "tax": str(order.tax),
                "tax_included": order.tax_included,
                "total": str(order.total),
                "paid": str(order.total) if order.paid else "0.00",
            },
            "payment": {"terms": _terms(order), "status": "paid" if order.paid else "pending"},
            "customer": dict(order.customer),
            "ship_to": dict(order.ship_to) or None,
            "bill_to": dict(order.bill_to) or None,
            "lines": [_line(line) for line in order.lines],
            "buyer_message": order.buyer_message,
            **{name: order.asked.get(name) for name in _PASSED_ON},
        }

    def webhook(self, order: ShopOrder, event: str, event_key: str, url: str) -> Webhook:
        content = self.show(order)
        if not order.is_test:
            content = {**content, "kind": _KINDS[event]}
        return Webhook(
            event_id=self.event_id(event_key),
            sender=self.name,
            url=url,
            body=json.dumps(content, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json"},
        )

    def sign(self, event_id: str, body: bytes) -> Mapping[str, str]:
        return standard_webhook_headers(body, secret=self.secret, webhook_id=event_id, at=now())


def _terms(order: ShopOrder) -> str:
    payment = order.asked.get("payment")
    given = payment.get("terms") if isinstance(payment, dict) else None
    return str(given) if given else "prepaid"


def _line(line: ShopLine) -> dict[str, object]:
    return {
        "line_ref": line.ref,
        "sku": line.sku,
        "name": line.name,
        "qty": str(line.qty),
        "unit_price": str(line.unit_price),
        "discount": str(line.discount),
        "tax": str(line.tax),
        "total": str(line.total),
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
