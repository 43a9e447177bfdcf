"""Shopify: REST Admin orders, as webhooks, answers and lists carry them.

Amounts are those of the shop's currency. An order that was edited counts as it stands now: `current_*`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

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
)
from connectors.countries import alpha2
from connectors.fields import (
    Fields,
    Node,
    identity,
    joined,
    node,
    nodes,
    notice,
    street,
    text,
    truth,
    unreadable,
    version,
)
from connectors.json_bytes import Unreadable, parse
from connectors.shops import shopify_admin, shopify_amounts
from connectors.totals import finish

#: financial_status -> payment status; one that is not here holds the order.
PAYMENT_STATUS: dict[str, str] = {
    "pending": "pending",
    "unpaid": "pending",
    "authorized": "authorized",
    "expired": "voided",
    "partially_paid": "partially_paid",
    "paid": "paid",
    "partially_refunded": "partially_refunded",
    "refunded": "refunded",
    "voided": "voided",
}

#: X-Shopify-Topic -> what it makes of an order; any other topic of `orders/` is an update.
TOPIC_KIND: dict[str, Kind] = {
    "orders/create": Kind.ORDER,
    "orders/cancelled": Kind.CANCELLATION,
    "orders/delete": Kind.CANCELLATION,
}

#: payment_gateway_names that mean cash on delivery.
COD_GATEWAYS = frozenset({"cash on delivery (cod)", "cash on delivery", "cash_on_delivery", "cod", "货到付款"})

#: fulfillment_status of an order or a line of which goods have left.
_SENT = frozenset({"fulfilled", "partial"})

_ORDER_TOPICS = ("orders/", "draft_orders/")
_NOTICES = frozenset({"order_id", "refund_line_items", "fulfillment_id", "order_edit", "abandoned_checkout_url"})
_ORDER_MARKS = frozenset({"order_number", "financial_status", "total_price"})
_DRAFT_MARKS = frozenset({"invoice_url", "invoice_sent_at"})


class Shopify:
    """Translates Shopify's messages; asks and tells over the REST Admin API."""

    source = "shopify"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config

    def translate(self, message: Received) -> list[ChannelOrder]:
        """One element an order of the message."""
        channel = message.channel or self.config.name
        try:
            body = parse(message.body)
        except Unreadable as error:
            return [unreadable(channel=channel, source=self.source, error=error)]
        topic = message.headers.get("x-shopify-topic", "").strip().lower()
        changed_at = version(message.headers.get("x-shopify-triggered-at"))
        orders = _orders(body, topic) if not topic or topic.startswith(_ORDER_TOPICS) else []
        found = [_Message(channel, topic, changed_at, order).read() for order in orders]
        return found or [notice(channel=channel, source=self.source, order_id=_order_id(body))]

    def verify(self, message: Received, *, secrets: Sequence[str], at: datetime) -> None:
        """Check X-Shopify-Hmac-Sha256 over the raw bytes; raises SignatureInvalid."""
        signing.verify_hmac_base64(
            message.body, signature=message.headers.get("x-shopify-hmac-sha256"), secrets=secrets
        )

    def event_id(self, message: Received) -> str | None:
        """The event's id with its topic: one checkout raises orders/create and orders/paid under the same id."""
        found = message.headers.get("x-shopify-event-id") or message.headers.get("x-shopify-webhook-id")
        return joined(found, message.headers.get("x-shopify-topic")) if found else None

    def is_ping(self, message: Received) -> bool:
        """Shopify sends none."""
        return False

    def poll(self, *, since: datetime, until: datetime) -> Iterable[Received]:
        """Pages of the orders changed in [since, until]."""
        return shopify_admin.changed_orders(self.config, since=since, until=until)

    def read(self, channel_order_id: str) -> Received | None:
        """The order as it stands now; None when the shop has none."""
        return shopify_admin.order(self.config, channel_order_id)

    def tell_shipped(self, notice: ShipmentNotice, *, idempotency_key: str) -> None:
        """Fulfil what the parcel holds, or mark it delivered; a repeat finds its tracking number and changes nothing."""
        shopify_admin.tell_shipped(self.config, notice)


def _orders(body: object, topic: str) -> list[Node]:
    if isinstance(body, list):
        return [item for item in nodes(body) if _is_order(item, topic=topic)]
    top = node(body)
    for name in ("order", "orders", "draft_order", "draft_orders"):
        if name in top and not isinstance(top[name], str):
            return [
                _marked(item, draft=name.startswith("draft")) for item in nodes(top[name]) if identity(item.get("id"))
            ]
    return [top] if _is_order(top, topic=topic) else []


def _marked(order: Node, *, draft: bool) -> Node:
    return {**order, "invoice_url": order.get("invoice_url")} if draft else order


def _is_order(top: Node, *, topic: str) -> bool:
    if topic.startswith(_ORDER_TOPICS) and topic != "orders/edited":
        return "id" in top
    if _DRAFT_MARKS & top.keys() and "line_items" in top:
        return True
    return (
        not _NOTICES & top.keys() and bool(_ORDER_MARKS & top.keys()) and ("line_items" in top or "order_number" in top)
    )


def _order_id(body: object) -> str | None:
    ids = {identity(item.get("order_id")) for item in _below(body, depth=2)} - {None}
    return ids.pop() if len(ids) == 1 else None


def _below(body: object, *, depth: int) -> list[Node]:
    here = nodes(body)
    values = [value for item in here for value in item.values()] if depth else []
    return here + [found for value in values for found in _below(value, depth=depth - 1)]


@dataclass(slots=True)
class _Message:
    """One order of a message, and what the headers say of it."""

    channel: str
    topic: str
    changed_at: str | None
    order: Node

    def read(self) -> ChannelOrder:
        order, fields = self.order, Fields()
        currency = fields.currency(
            order.get("currency") or shopify_amounts.shop_money(order.get("total_price_set"), "currency_code")
        )
        kind = self._kind()
        lines, edited = shopify_amounts.lines(order, fields, currency, as_sold=kind is Kind.CANCELLATION)
        totals = shopify_amounts.totals(order, fields, lines, edited=edited)
        status = _payment_status(order, fields)
        paid = shopify_amounts.paid(order, fields, status=status, total=totals.total)
        ship_to = _address(order.get("shipping_address"), fields, "ship_to")
        bill_to = _address(order.get("billing_address"), fields, "bill_to")
        return finish(
            ChannelOrder(
                channel=self.channel,
                source=Shopify.source,
                kind=kind,
                channel_order_id=identity(order.get("id")),
                channel_order_number=_number(order),
                version=version(order.get("updated_at")) or self.changed_at,
                placed_at=fields.time(order.get("created_at") or order.get("processed_at"), "placed_at"),
                currency=currency,
                totals=replace(totals, paid=paid),
                payment=Payment(
                    terms=_terms(order), status=shopify_amounts.payment_status(status, paid=paid, total=totals.total)
                ),
                customer=_customer(order, fields, ship_to or bill_to),
                ship_to=ship_to,
                bill_to=bill_to,
                requested=Requested(
                    service=joined(*(line.get("title") for line in shopify_amounts.shipping_lines(order)), by=", ")
                ),
                lines=tuple(lines),
                buyer_message=text(order.get("note")),
                seller_memo=_attributes(order),
                problems=tuple(fields.problems),
                sent=_is_sent(order),
            )
        )

    def _kind(self) -> Kind:
        if truth(self.order.get("test")):
            return Kind.TEST
        if self.topic.startswith("draft_orders/") or _DRAFT_MARKS & self.order.keys():
            return Kind.DRAFT
        if self.order.get("cancelled_at"):
            return Kind.CANCELLATION
        kind = TOPIC_KIND.get(self.topic, Kind.UPDATE if self.topic.startswith("orders/") else Kind.ORDER)
        # Only the body is signed: whoever sends it once more under another topic cancels nothing that it tells as live.
        return Kind.UPDATE if kind is Kind.CANCELLATION and "cancelled_at" in self.order else kind


def _number(order: Node) -> str | None:
    return text(order.get("name")) or identity(order.get("order_number")) or identity(order.get("id"))


def _is_sent(order: Node) -> bool:
    """Whether goods of the order have left already; a gift card, which Shopify fulfils by itself, is none."""
    goods = [line for line in nodes(order.get("line_items")) if truth(line.get("requires_shipping")) is not False]
    return any(line.get("fulfillment_status") in _SENT for line in goods) or (
        order.get("fulfillment_status") in _SENT
        and bool(goods)
        and not any("fulfillment_status" in line for line in goods)
    )


def _payment_status(order: Node, fields: Fields) -> str | None:
    said = text(order.get("financial_status"))
    if said is None:
        return None
    if said not in PAYMENT_STATUS:
        message = f"financial_status {said[:40]!r} is unknown; look at the order in the shop"
        fields.add("status_unknown", "payment.status", message)
    return PAYMENT_STATUS.get(said)


def _terms(order: Node) -> str:
    gateways = order.get("payment_gateway_names")
    names = gateways if isinstance(gateways, list) else [order.get("gateway")]
    if any(isinstance(name, str) and name.strip().lower() in COD_GATEWAYS for name in names):
        return "cod"
    return "account" if order.get("payment_terms") else "prepaid"


def _customer(order: Node, fields: Fields, address: Address | None) -> Customer:
    buyer = node(order.get("customer"))
    country = address.country if address else None
    phone, ext = fields.phone(order.get("phone") or buyer.get("phone"), "customer.phone", country=country)
    email = order.get("email") or order.get("contact_email") or buyer.get("email")
    return Customer(
        external_id=identity(buyer.get("id")),
        name=joined(buyer.get("first_name"), buyer.get("last_name")) or (address.name if address else None),
        company=text(node(buyer.get("default_address")).get("company")) or text(node(order.get("company")).get("name")),
        email=fields.email(email, "customer.email"),
        phone=phone,
        phone_ext=ext,
    )


def _address(raw: object, fields: Fields, where: str) -> Address | None:
    given = node(raw)
    name = text(given.get("name")) or joined(given.get("first_name"), given.get("last_name"))
    lines = street(given.get("address1"), given.get("address2"))
    if not lines and not any(text(given.get(part)) for part in ("city", "zip", "company")) and not name:
        return None
    country = alpha2(given.get("country_code")) or alpha2(given.get("country"))
    phone, ext = fields.phone(given.get("phone"), f"{where}.phone", country=country)
    return Address(
        name=name,
        company=text(given.get("company")),
        lines=lines,
        city=text(given.get("city")),
        region=text(given.get("province_code")) or text(given.get("province")),
        postal_code=text(given.get("zip")),
        country=country,
        phone=phone,
        phone_ext=ext,
    )


def _attributes(order: Node) -> str | None:
    entries = nodes(order.get("note_attributes"))
    found = (joined(entry.get("name"), entry.get("value"), by=": ") for entry in entries if text(entry.get("value")))
    return joined(*found, by="\n")
