"""Shopify as the sandbox shop plays it: orders in the shape of the REST Admin API, HMAC-signed webhooks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from connectors.sandbox.shop_channel import ShopChannel
from connectors.sandbox.shop_orders import ZERO, ShopLine, ShopOrder
from connectors.sandbox.signatures import base64_hmac
from connectors.sandbox.webhooks import Webhook

_TOPICS = {"created": "orders/create", "updated": "orders/updated", "cancelled": "orders/cancelled"}
_API_VERSION = "2026-01"


class ShopifyChannel(ShopChannel):
    """Ids are larger than a JavaScript number holds exactly, as in real life."""

    first_id = 9_820_982_911_000_000
    prefix = "#"

    def show(self, order: ShopOrder) -> dict[str, object]:
        status = "paid" if order.paid else "pending"
        discount = order.discount + sum((line.discount for line in order.lines), ZERO)
        return {
            "id": int(order.order_id),
            "admin_graphql_api_id": f"gid://shopify/Order/{order.order_id}",
            "name": order.number,
            "order_number": int(order.number.removeprefix(self.prefix)),
            "created_at": _time(order.created_at),
            "processed_at": _time(order.created_at),
            "updated_at": _time(order.updated_at),
            "cancelled_at": _time(order.cancelled_at) if order.cancelled_at else None,
            "cancel_reason": "customer" if order.cancelled_at else None,
            "test": order.is_test,
            "currency": order.currency,
            "financial_status": status,
            "fulfillment_status": None,
            "payment_gateway_names": ["Cash on Delivery (COD)" if order.cash_on_delivery else "shopify_payments"],
            "taxes_included": order.tax_included,
            "total_line_items_price": str(sum((line.qty * line.unit_price for line in order.lines), ZERO)),
            "total_discounts": str(discount),
            "subtotal_price": str(order.lines_total - order.discount),
            "total_tax": str(order.tax),
            "total_price": str(order.total),
            "total_outstanding": "0.00" if order.paid else str(order.total),
            "total_shipping_price_set": _money_set(str(order.shipping), order.currency),
            "email": order.part("customer", "email"),
            "phone": order.part("customer", "phone"),
            "note": order.buyer_message,
            "note_attributes": [],
            "customer": _customer(order),
            "shipping_address": _address(order.ship_to),
            "billing_address": _address(order.bill_to),
            "shipping_lines": [
                {"id": 1, "title": "Standard", "price": str(order.shipping), "discount_allocations": []}
            ],
            "line_items": [_line(line, order.currency) for line in order.lines],
        }

    def webhook(self, order: ShopOrder, event: str, event_key: str, url: str) -> Webhook:
        event_id = self.event_id(event_key)
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": _TOPICS[event],
            "X-Shopify-Shop-Domain": f"{self.name}.myshopify.example",
            "X-Shopify-API-Version": _API_VERSION,
            "X-Shopify-Webhook-Id": event_id,
            "X-Shopify-Event-Id": event_id,
            "X-Shopify-Triggered-At": order.updated_at.strftime("%Y-%m-%dT%H:%M:%S.000000000Z"),
            "X-Shopify-Test": "true" if order.is_test else "false",
        }
        body = json.dumps(self.show(order), ensure_ascii=False).encode()
        return Webhook(event_id=event_id, sender=self.name, url=url, body=body, headers=headers)

    def sign(self, event_id: str, body: bytes) -> Mapping[str, str]:
        return {"X-Shopify-Hmac-Sha256": base64_hmac(body, secret=self.secret)}


def _line(line: ShopLine, currency: str) -> dict[str, object]:
    allocations = [{"amount": str(line.discount), "discount_application_index": 0}] if line.discount else []
    taxes = [{"title": "Tax", "price": str(line.tax), "rate": 0.0}] if line.tax else []
    return {
        "id": int(line.ref),
        "sku": line.sku,
        "title": line.name,
        "name": line.name,
        "quantity": line.qty,
        "current_quantity": line.qty,
        "fulfillable_quantity": line.qty,
        "price": str(line.unit_price),
        "price_set": _money_set(str(line.unit_price), currency),
        "total_discount": "0.00",
        "discount_allocations": allocations,
        "tax_lines": taxes,
        "requires_shipping": True,
        "properties": [],
    }


def _customer(order: ShopOrder) -> dict[str, object]:
    first, _, last = (order.part("customer", "name") or "").partition(" ")
    external_id = order.part("customer", "external_id")
    return {
        "id": int(external_id) if external_id and external_id.isdecimal() else None,
        "email": order.part("customer", "email"),
        "phone": order.part("customer", "phone"),
        "first_name": first,
        "last_name": last,
        "default_address": {"company": order.part("customer", "company")},
    }


def _address(place: Mapping[str, object]) -> dict[str, object] | None:
    if not place:
        return None
    lines = place.get("lines")
    street = [str(line) for line in lines] if isinstance(lines, list) else []
    return {
        "name": place.get("name"),
        "company": place.get("company"),
        "address1": street[0] if street else None,
        "address2": ", ".join(street[1:]) or None,
        "city": place.get("city"),
        "province": place.get("region"),
        "zip": place.get("postal_code"),
        "country_code": place.get("country"),
        "phone": place.get("phone"),
    }


def _money_set(amount: str, currency: str) -> dict[str, object]:
    money = {"amount": amount, "currency_code": currency}
    return {"shop_money": money, "presentment_money": money}


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
