"""WooCommerce: REST v2 and v3 orders (and the older API's), as webhooks, answers and lists carry them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors import signing
from connectors.base import (
    Address,
    ChannelConfig,
    ChannelOrder,
    Customer,
    Kind,
    Payment,
    Received,
    Requested,
    ShipmentNotice,
    Totals,
)
from connectors.countries import alpha2
from connectors.fields import Fields, Node, identity, joined, node, nodes, notice, street, text, unreadable, version
from connectors.json_bytes import Unreadable, parse
from connectors.shops import woo_amounts, woo_door, woo_rest
from connectors.totals import finish

#: status -> (what it makes of the message, payment status); one that is not here holds the order.
STATUS: dict[str, tuple[Kind, str]] = {
    "pending": (Kind.ORDER, "pending"),
    "on-hold": (Kind.ORDER, "pending"),
    "processing": (Kind.ORDER, "paid"),
    "completed": (Kind.ORDER, "paid"),
    "refunded": (Kind.ORDER, "refunded"),
    "failed": (Kind.ORDER, "failed"),
    "cancelled": (Kind.CANCELLATION, "voided"),
    "trash": (Kind.CANCELLATION, "voided"),
    "draft": (Kind.DRAFT, "none"),
    "auto-draft": (Kind.DRAFT, "none"),
    "checkout-draft": (Kind.DRAFT, "none"),
}

#: X-WC-Webhook-Topic -> what it makes of an order.
TOPIC_KIND: dict[str, Kind] = {
    "order.created": Kind.ORDER,
    "order.updated": Kind.UPDATE,
    "order.restored": Kind.UPDATE,
    "order.deleted": Kind.CANCELLATION,
}

#: payment_method -> terms; every other one is prepaid.
TERMS: dict[str, str] = {
    "cod": "cod",
    "cash_on_delivery": "cod",
    "invoice": "account",
    "wc_invoice_gateway": "account",
    "igfw_invoice_gateway": "account",
    "woocommerce_gateway_purchase_order": "account",
    "purchase_order": "account",
    "net30": "account",
}

#: meta_data of payment plugins that says the payment was made in their test mode.
TEST_META = {("_wcpay_mode", "test"), ("_ppcp_paypal_payment_mode", "sandbox")}

#: meta_data in which plugins keep the buyer's VAT number.
TAX_ID_META = ("_billing_vat_number", "_vat_number", "vat_number", "_billing_vat", "_billing_eu_vat_number")

_ORDER_LINK = re.compile(r"/orders/(\d+)(?:/|$)")
_ENVELOPES = ("data", "order", "orders", "body", "response", "jsonBody")
_REFUND = frozenset({"refunded_by", "refunded_payment", "amount"})
_OTHER = _REFUND | {"billing_period"}  # and subscriptions


class WooCommerce:
    """Translates WooCommerce's messages; asks and tells over its REST API."""

    source = "woocommerce"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config

    def translate(self, message: Received) -> list[ChannelOrder]:
        """One element an order of the message."""
        channel = message.channel or self.config.name
        if self.is_ping(message):
            return [notice(channel=channel, source=self.source)]
        try:
            body = parse(message.body)
        except Unreadable as error:
            return [unreadable(channel=channel, source=self.source, error=error)]
        topic = message.headers.get("x-wc-webhook-topic", "").strip().lower()
        orders = [] if topic and not topic.startswith("order.") else _orders(body, topic)
        found = [_Message(channel, topic, order, self._zone()).read() for order in orders]
        return found or [notice(channel=channel, source=self.source, order_id=_order_id(body))]

    def verify(self, message: Received, *, secrets: Sequence[str], at: datetime) -> None:
        """Check X-WC-Webhook-Signature over the raw bytes; raises SignatureInvalid."""
        signing.verify_hmac_base64(
            message.body, signature=message.headers.get("x-wc-webhook-signature"), secrets=secrets
        )

    def event_id(self, message: Received) -> str | None:
        """X-WC-Webhook-Delivery-ID with the order's id."""
        return woo_door.event_id(message)

    def is_ping(self, message: Received) -> bool:
        """Whether this is the unsigned form `webhook_id=…` that saving a webhook sends."""
        return woo_door.is_ping(message)

    def poll(self, *, since: datetime, until: datetime) -> Iterable[Received]:
        """Pages of the orders changed in [since, until]."""
        return woo_rest.changed_orders(self.config, since=since, until=until)

    def read(self, channel_order_id: str) -> Received | None:
        """The order as it stands now; None when the shop has none."""
        return woo_rest.order(self.config, channel_order_id)

    def tell_shipped(self, notice: ShipmentNotice, *, idempotency_key: str) -> None:
        """Leave a note with the tracking number; a repeat finds the note and changes nothing."""
        woo_rest.tell_shipped(self.config, notice)

    def _zone(self) -> ZoneInfo | None:
        try:
            return ZoneInfo(self.config.settings["time_zone"])
        except (KeyError, ValueError, ZoneInfoNotFoundError):
            return None


def _orders(body: object, topic: str, depth: int = 4) -> list[Node]:
    if isinstance(body, list):
        return [found for item in body for found in _orders(item, topic, depth)]
    top = node(body)
    if _is_order(top) or (topic.startswith("order.") and identity(top.get("id"))):
        return [top]
    inner = [top[name] for name in _ENVELOPES if name in top] if depth else []
    return [found for item in inner for found in _orders(item, topic, depth - 1)]


def _is_order(top: Node) -> bool:
    if _OTHER & top.keys():
        return False
    marks = ("order_key", "order_number", "status", "total", "currency")
    return "id" in top and sum(mark in top for mark in marks) >= (1 if "line_items" in top else 3)


def _order_id(body: object) -> str | None:
    """The order that a refund, a note or a parcel belongs to."""
    items = nodes(body) + [item for name in _ENVELOPES for item in nodes(node(body).get(name))]
    links = [link for item in items for link in nodes(node(item.get("_links")).get("up"))]
    found = {match[1] for link in links if (match := _ORDER_LINK.search(str(link.get("href"))))}
    found |= {identity(item.get("order_id")) or "" for item in items}
    found |= {identity(item.get("parent_id")) or "" for item in items if _REFUND & item.keys()}
    found -= {"", "0"}
    return found.pop() if len(found) == 1 else None


@dataclass(slots=True)
class _Message:
    """One order of a message, what the headers say of it, and the shop's zone where it is configured."""

    channel: str
    topic: str
    order: Node
    zone: ZoneInfo | None

    def read(self) -> ChannelOrder:
        order, fields = self.order, Fields()
        meta = _meta(order)
        kind, payment = self._kind(fields, meta)
        lines, totals = woo_amounts.read(order, fields)
        status = _payment_status(order, fields, payment, totals)
        paid = woo_amounts.paid(order, fields, status=status, total=totals.total)
        billing, shipping = (node(order.get(name) or order.get(f"{name}_address")) for name in ("billing", "shipping"))
        found = ChannelOrder(
            channel=self.channel,
            source=WooCommerce.source,
            kind=kind,
            channel_order_id=identity(order.get("id")),
            channel_order_number=text(_first(order, "number", "order_number", "id")),
            version=version(_first(order, "date_modified_gmt", "updated_at"), assume=UTC),
            placed_at=self._placed_at(fields),
            currency=fields.currency(order.get("currency")),
            totals=replace(totals, paid=paid),
            payment=Payment(terms=_terms(order), status=status),
            customer=_customer(order, fields, billing, shipping, meta),
            ship_to=_with_pickup(_address(shipping, fields, "ship_to"), order),
            bill_to=_address(billing, fields, "bill_to"),
            requested=Requested(service=joined(*(line.get("method_title") for line in _shipping(order)), by=", ")),
            lines=tuple(lines),
            buyer_message=text(_first(order, "customer_note", "note")),
            problems=(*fields.problems, *woo_amounts.stops(order, fields)),
            sent=woo_amounts.status_of(order) == "completed",
        )
        return finish(found, given_line_totals=woo_amounts.given_line_totals(order))

    def _kind(self, fields: Fields, meta: Mapping[str, Any]) -> tuple[Kind, str | None]:
        said = woo_amounts.status_of(self.order)
        by_topic = TOPIC_KIND.get(self.topic, Kind.ORDER)
        if said and said not in STATUS:
            message = f"status {said[:40]!r} is unknown; look at the order in the shop"
            fields.add("status_unknown", "payment.status", message)
        by_body, payment = STATUS.get(said, (Kind.ORDER, None))
        if any((name, text(meta.get(name))) in TEST_META for name, _ in TEST_META):
            return Kind.TEST, payment
        return (by_topic if by_body is Kind.ORDER else by_body), payment

    def _placed_at(self, fields: Fields) -> datetime | None:
        given = _first(self.order, "date_created_gmt", "created_at")
        if given is not None:
            return fields.time(given, "placed_at", assume=UTC)
        return fields.time(self.order.get("date_created"), "placed_at", assume=self.zone)


def _first(order: Node, *names: str) -> Any:
    return next((order[name] for name in names if order.get(name) is not None), None)


def _meta(order: Node) -> dict[str, Any]:
    return {
        entry["key"]: entry.get("value") for entry in nodes(order.get("meta_data")) if isinstance(entry.get("key"), str)
    }


def _shipping(order: Node) -> list[Node]:
    return nodes(order.get("shipping_lines"))


def _method(order: Node) -> str:
    return text(order.get("payment_method")) or text(node(order.get("payment_details")).get("method_id")) or ""


def _terms(order: Node) -> str:
    return TERMS.get(_method(order).lower(), "prepaid")


def _payment_status(order: Node, fields: Fields, said: str | None, totals: Totals) -> str | None:
    if said in ("failed", "refunded", "none"):
        return said
    given_back = woo_amounts.refunded(order, fields)
    if given_back:
        return "refunded" if totals.total is not None and given_back >= totals.total else "partially_refunded"
    if _first(order, "date_paid_gmt", "date_paid"):
        return "paid"
    # "processing" means paid everywhere but where the carrier or an invoice collects the money later.
    return "pending" if said == "paid" and _terms(order) != "prepaid" and order.get("status") != "completed" else said


def _customer(order: Node, fields: Fields, billing: Node, shipping: Node, meta: Mapping[str, Any]) -> Customer:
    buyer = identity(order.get("customer_id"))
    phone, ext = fields.phone(billing.get("phone"), "customer.phone", country=alpha2(billing.get("country")))
    return Customer(
        external_id=None if buyer == "0" else buyer,
        name=_name(billing) or _name(shipping),
        company=text(billing.get("company")),
        email=fields.email(billing.get("email"), "customer.email"),
        phone=phone,
        tax_id=next((found for name in TAX_ID_META if (found := text(meta.get(name)))), None),
        phone_ext=ext,
    )


def _name(given: Node) -> str | None:
    return joined(given.get("first_name"), given.get("last_name"))


def _address(given: Node, fields: Fields, where: str) -> Address | None:
    lines = street(given.get("address_1"), given.get("address_2"))
    wanted = ("city", "postcode") if where == "ship_to" else ("city", "postcode", "company", "first_name", "last_name")
    if not lines and not any(text(given.get(part)) for part in wanted):
        return None
    country = alpha2(given.get("country"))
    phone, ext = fields.phone(given.get("phone"), f"{where}.phone", country=country)
    return Address(
        name=_name(given),
        company=text(given.get("company")),
        lines=lines,
        city=text(given.get("city")),
        region=text(given.get("state")),
        postal_code=text(given.get("postcode")),
        country=country,
        phone=phone,
        phone_ext=ext,
    )


def _with_pickup(address: Address | None, order: Node) -> Address | None:
    point = next((line for line in _shipping(order) if "pickup" in str(line.get("method_id")).lower()), None)
    if point is None:
        return address
    place = text(_meta(point).get("pickup_location"))
    return replace(address or Address(), pickup_point=place or text(point.get("method_title")))
