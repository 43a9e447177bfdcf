"""WooCommerce as the sandbox shop plays it: REST v3 orders, HMAC-signed webhooks, the unsigned ping."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from connectors.sandbox.http_messages import Refused
from connectors.sandbox.shop_channel import ShopChannel
from connectors.sandbox.shop_orders import ZERO, ShopLine, ShopOrder
from connectors.sandbox.signatures import base64_hmac
from connectors.sandbox.webhooks import Webhook

_WEBHOOK_ID = 17
_EVENTS = {"created": "created", "updated": "updated", "cancelled": "updated"}
_PING = "ping"


class WooCommerceChannel(ShopChannel):
    """Amounts are without tax; coupons are spread over the lines."""

    first_id = 500

    def number(self, row_id: int) -> str:
        """Other than the id, as with the plugins that number orders."""
        return f"W{10_000 + row_id}"

    def ping(self, url: str) -> Webhook:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "WooCommerce/9.4 Hookshot"}
        return Webhook(
            event_id=_PING, sender=self.name, url=url, body=f"webhook_id={_WEBHOOK_ID}".encode(), headers=headers
        )

    def objection(self, order: ShopOrder) -> Refused | None:
        if order.tax_included:
            message = "WooCommerce tells amounts without tax: place the order with tax_included false"
            return Refused(422, "tax_included", message, where="totals.tax_included")
        if order.discount:
            message = "WooCommerce spreads discounts over the lines: give each line its discount"
            return Refused(422, "order_discount", message, where="totals.discount")
        return None

    def show(self, order: ShopOrder) -> dict[str, object]:
        line_tax = sum((line.tax for line in order.lines), ZERO)
        paid_at = _time(order.created_at) if order.paid else None
        return {
            "id": int(order.order_id),
            "number": order.number,
            "order_key": f"wc_order_{order.order_id}",
            "status": _status(order),
            "currency": order.currency,
            "prices_include_tax": False,
            "date_created": _time(order.created_at),
            "date_created_gmt": _time(order.created_at),
            "date_modified": _time(order.updated_at),
            "date_modified_gmt": _time(order.updated_at),
            "date_paid_gmt": paid_at,
            "date_completed_gmt": _time(order.completed_at) if order.completed_at else None,
            "discount_total": str(sum((line.discount for line in order.lines), ZERO)),
            "shipping_total": str(order.shipping),
            "shipping_tax": str(order.tax - line_tax),
            "total": str(order.total),
            "total_tax": str(order.tax),
            "customer_id": _customer_id(order),
            "customer_note": order.buyer_message or "",
            "payment_method": "cod" if order.cash_on_delivery else "stripe",
            "payment_method_title": "Cash on delivery" if order.cash_on_delivery else "Credit card",
            "billing": {**_address(order.bill_to), **_contact(order)},
            "shipping": _address(order.ship_to),
            "line_items": [_line(line) for line in order.lines],
            "shipping_lines": [
                {"id": 1, "method_title": "Flat rate", "method_id": "flat_rate", "total": str(order.shipping)}
            ],
            "fee_lines": [],
            "coupon_lines": [],
            "tax_lines": [],
            "refunds": [],
            "meta_data": [{"id": 1, "key": "_wcpay_mode", "value": "test"}] if order.is_test else [],
        }

    def webhook(self, order: ShopOrder, event: str, event_key: str, url: str) -> Webhook:
        event_id = self.event_id(event_key)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "WooCommerce/9.4 Hookshot (WordPress/6.7)",
            "X-WC-Webhook-Source": f"https://{self.name}.example/",
            "X-WC-Webhook-Topic": f"order.{_EVENTS[event]}",
            "X-WC-Webhook-Resource": "order",
            "X-WC-Webhook-Event": _EVENTS[event],
            "X-WC-Webhook-ID": str(_WEBHOOK_ID),
            "X-WC-Webhook-Delivery-ID": event_id.replace("-", ""),
        }
        body = json.dumps(self.show(order), ensure_ascii=False).encode()
        return Webhook(event_id=event_id, sender=self.name, url=url, body=body, headers=headers)

    def sign(self, event_id: str, body: bytes) -> Mapping[str, str]:
        return {} if event_id == _PING else {"X-WC-Webhook-Signature": base64_hmac(body, secret=self.secret)}


def _status(order: ShopOrder) -> str:
    if order.cancelled_at:
        return "cancelled"
    if order.completed_at:
        return "completed"
    return "processing" if order.paid or order.cash_on_delivery else "pending"


def _line(line: ShopLine) -> dict[str, object]:
    return {
        "id": int(line.ref),
        "name": line.name,
        "product_id": int(line.ref),
        "variation_id": 0,
        "quantity": line.qty,
        "sku": line.sku,
        "subtotal": str(line.qty * line.unit_price),
        "subtotal_tax": str(line.tax),
        "total": str(line.total),
        "total_tax": str(line.tax),
        "taxes": [],
        "meta_data": [],
    }


def _customer_id(order: ShopOrder) -> int:
    external_id = order.part("customer", "external_id")
    return int(external_id) if external_id and external_id.isdecimal() else 0


def _contact(order: ShopOrder) -> dict[str, object]:
    contact: dict[str, object] = {"email": order.part("customer", "email") or ""}
    phone = order.part("customer", "phone")
    return {**contact, "phone": phone} if phone else contact


def _address(place: Mapping[str, object]) -> dict[str, object]:
    first, _, last = str(place.get("name") or "").partition(" ")
    lines = place.get("lines")
    street = [str(line) for line in lines] if isinstance(lines, list) else []
    return {
        "first_name": first,
        "last_name": last,
        "company": place.get("company") or "",
        "address_1": street[0] if street else "",
        "address_2": ", ".join(street[1:]),
        "city": place.get("city") or "",
        "state": place.get("region") or "",
        "postcode": place.get("postal_code") or "",
        "country": place.get("country") or "",
        "phone": place.get("phone") or "",
    }


def _time(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
