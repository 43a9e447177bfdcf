"""What the API says of an order: the row of a list, the whole order, its story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import fields

from oms.accounts import rights
from oms.accounts.identity import Identity
from oms.orders.models import Order
from oms.orders.queries import OnOrder
from oms.orders.rules import payable
from oms.web import inward, masking
from oms.web.api.base import Instant, Money, Qty, Schema
from oms.web.api.change_shapes import ChangeOut, change_of
from oms.web.api.one_schema import Invoice
from oms.web.api.shapes import Person, Place, ProblemOut, amount, name_of, person_of, place_of


class OrderItem(Schema):
    """An order in a list; `held` names the reasons that stand on it."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    channel = fields.String(required=True)
    channel_order_number = fields.String(required=True)
    source = fields.String(required=True)
    status = fields.String(required=True)
    payment_status = fields.String(required=True)
    confirmation = fields.String(required=True)
    fulfilment_status = fields.String(required=True)
    return_status = fields.String(required=True)
    order_class = fields.String(required=True)
    held = fields.List(fields.String(), required=True)
    currency = fields.String(required=True, allow_none=True)
    total = Money(
        required=True, allow_none=True, metadata={"description": "as the sender told it, else computed from the lines"}
    )
    customer = fields.String(required=True, allow_none=True, metadata={"description": "masked without private.read"})
    ship_country = fields.String(required=True, allow_none=True)
    ship_region = fields.String(required=True, allow_none=True)
    ship_city = fields.String(required=True, allow_none=True)
    placed_at = Instant(required=True, allow_none=True)
    received_at = Instant(required=True)
    promised_ship_at = Instant(required=True, allow_none=True)
    promised_deliver_at = Instant(required=True, allow_none=True)


class OrderLineOut(Schema):
    """A line as a ledger of quantities."""

    id = fields.UUID(required=True)
    position = fields.Integer(required=True)
    line_ref = fields.String(required=True, allow_none=True)
    sku = fields.String(required=True, allow_none=True)
    channel_sku = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True)
    qty = Qty(required=True)
    unit_price = Money(required=True, allow_none=True)
    discount = Money(required=True, allow_none=True)
    tax = Money(required=True, allow_none=True)
    total = Money(required=True, allow_none=True)
    requires_shipping = fields.Boolean(required=True)
    options = fields.Dict(required=True)
    qty_reserved = Qty(required=True)
    qty_backordered = Qty(required=True)
    qty_cancelled = Qty(required=True)
    qty_picked = Qty(required=True)
    qty_packed = Qty(required=True)
    qty_shipped = Qty(required=True)
    qty_delivered = Qty(required=True)
    qty_returned = Qty(required=True)


class HoldOut(Schema):
    id = fields.UUID(required=True)
    reason = fields.String(required=True)
    owner = fields.String(required=True)
    explanation = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    placed_at = Instant(required=True)
    placed_by = fields.String(required=True)
    due_at = Instant(required=True)
    released_at = Instant(required=True, allow_none=True)
    released_by = fields.String(required=True, allow_none=True)
    release_note = fields.String(required=True, allow_none=True)


class FindingOut(Schema):
    """What verification found, in both languages."""

    id = fields.UUID(required=True)
    rule = fields.String(required=True)
    severity = fields.String(required=True)
    owner = fields.String(required=True)
    field = fields.String(required=True)
    en = fields.String(required=True)
    zh_hans = fields.String(required=True)
    found_at = Instant(required=True)
    settled_at = Instant(required=True, allow_none=True)
    settlement = fields.String(required=True, allow_none=True)


class ConfirmationOut(Schema):
    round = fields.Integer(required=True)
    required = fields.Boolean(required=True)
    sent_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
    answered_at = Instant(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    means = fields.String(required=True, allow_none=True)
    document_id = fields.UUID(required=True, allow_none=True)


class RunningStep(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    performer = fields.String(required=True)
    state = fields.String(required=True)
    due_at = Instant(required=True)
    assignee_id = fields.UUID(required=True, allow_none=True)
    token = fields.Integer(required=True)
    error = fields.String(required=True, allow_none=True)


class PartOut(Schema):
    """A fulfilment of an order, in short."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    status = fields.String(required=True)
    warehouse = fields.String(required=True)
    carrier = fields.String(required=True)
    service = fields.String(required=True)
    cut_off_at = Instant(required=True)
    promised_ship_at = Instant(required=True)
    promised_deliver_at = Instant(required=True)


class ParcelItem(Schema):
    """A parcel of an order, in short."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    carrier = fields.String(required=True)
    service = fields.String(required=True)
    waybill_number = fields.String(required=True, allow_none=True)
    tracking_url = fields.String(required=True, allow_none=True)
    label_status = fields.String(required=True)
    tracking_status = fields.String(required=True)
    weight_g = fields.Integer(required=True)
    collected_at = Instant(required=True, allow_none=True)
    delivered_at = Instant(required=True, allow_none=True)
    undelivered_at = Instant(required=True, allow_none=True)
    undelivered_as = fields.String(
        required=True, allow_none=True, metadata={"description": "what became of a parcel that will never arrive"}
    )


class PaperItem(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    name = fields.String(
        required=True,
        metadata={"description": "its kind, for who may not read the paper: people name files after customers"},
    )
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    created_at = Instant(required=True)


class Numbered(Schema):
    """A ticket or return of an order, in short."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    status = fields.String(required=True)


class OrderOut(OrderItem):
    """One order with all that stands on it; private data is masked without the right `private.read`."""

    channel_order_id = fields.String(required=True)
    version = fields.String(required=True, allow_none=True)
    message_id = fields.UUID(required=True, allow_none=True)
    entered_by = fields.String(required=True)
    payment_terms = fields.String(required=True)
    lines_total = Money(required=True, allow_none=True)
    discount = Money(required=True, allow_none=True)
    shipping = Money(required=True, allow_none=True)
    fees = Money(required=True, allow_none=True)
    tax = Money(required=True, allow_none=True)
    tax_included = fields.Boolean(required=True, allow_none=True)
    paid = Money(required=True, allow_none=True)
    customer_id = fields.UUID(required=True, allow_none=True)
    customer_number = fields.String(required=True, allow_none=True)
    contact = fields.Nested(Person, required=True)
    ship_to = fields.Nested(Place, required=True, allow_none=True)
    bill_to = fields.Nested(Place, required=True, allow_none=True)
    invoice = fields.Nested(Invoice, required=True, allow_none=True)
    buyer_message = fields.String(required=True, allow_none=True)
    seller_memo = fields.String(required=True, allow_none=True)
    requested_ship_by = Instant(required=True, allow_none=True)
    requested_deliver_by = Instant(required=True, allow_none=True)
    requested_service = fields.String(required=True, allow_none=True)
    confirmed_at = Instant(required=True, allow_none=True)
    released_at = Instant(required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)
    language = fields.String(required=True)
    problems = fields.List(fields.Nested(ProblemOut), required=True)
    lines = fields.List(fields.Nested(OrderLineOut), required=True)
    holds = fields.List(fields.Nested(HoldOut), required=True)
    findings = fields.List(fields.Nested(FindingOut), required=True)
    changes = fields.List(fields.Nested(ChangeOut), required=True)
    confirmations = fields.List(fields.Nested(ConfirmationOut), required=True)
    steps = fields.List(fields.Nested(RunningStep), required=True)
    fulfilments = fields.List(fields.Nested(PartOut), required=True)
    parcels = fields.List(fields.Nested(ParcelItem), required=True)
    documents = fields.List(fields.Nested(PaperItem), required=True)
    tickets = fields.List(fields.Nested(Numbered), required=True)
    returns = fields.List(fields.Nested(Numbered), required=True)


class Entry(Schema):
    """`what`: `opened` and `ended` tell of a step, `told` of a change that history keeps."""

    at = Instant(required=True)
    what = fields.String(required=True)
    event = fields.String(required=True)
    actor = fields.String(required=True)
    subject_type = fields.String(required=True)
    subject_id = fields.UUID(required=True)
    cause = fields.String(required=True, allow_none=True)
    was = fields.String(required=True, allow_none=True)
    became = fields.String(required=True, allow_none=True)
    due_at = Instant(required=True, allow_none=True)
    late = fields.Boolean(required=True, allow_none=True)
    data = fields.Dict(required=True)


class Story(Schema):
    number = fields.String(required=True)
    entries = fields.List(fields.Nested(Entry), required=True)


def paper_of(row: Any, who: Identity) -> dict[str, Any]:
    """A stored paper in an order's answer as `who` may see it."""
    return dict(row._mapping) | ({} if who.may(rights.to_read(row.kind)) else {"name": row.kind})


def item_of(row: Any, who: Identity) -> dict[str, Any]:
    """A row of the list as `who` may see it."""
    shown = dict(row._mapping)
    contact = shown.pop("contact")
    return shown | {"total": amount(payable(row), row.currency), "customer": name_of(contact.get("name"), who)}


_AMOUNTS = ("lines_total", "discount", "shipping", "fees", "tax", "paid")


def order_of(order: Order, on: OnOrder, who: Identity, **more: Any) -> dict[str, Any]:
    """The whole order as `who` may see it; `more` are the rows that other capabilities have of it."""
    shown = {column.key: getattr(order, column.key) for column in Order.__table__.columns if column.key in _OWN}
    tickets, returns = more.pop("aftersales")
    known = inward.known_to(who, on)
    private = who.may("private.read")
    return shown | {
        "channel": on.channel.name,
        "held": [hold.reason for hold in on.holds if hold.released_at is None],
        "customer": name_of(order.contact.get("name"), who),
        "customer_number": on.customer.number if on.customer else None,
        "contact": person_of(order.contact, who),
        "ship_to": place_of(order.ship_to, who),
        "bill_to": place_of(order.bill_to, who),
        "invoice": order.invoice if private else masking.named(order.invoice or {}) or None,
        "buyer_message": order.buyer_message if private else None,
        "seller_memo": order.seller_memo if private else None,
        "lines": [_line(row, order.currency) for row in on.lines],
        "holds": known.holds,
        "findings": known.findings,
        "changes": [change_of(one, order_number=order.number, who=who) for one in on.changes],
        "confirmations": on.confirmations,
        "tickets": tickets,
        "returns": returns,
        **{name: amount(getattr(order, name), order.currency) for name in _AMOUNTS},
        "total": amount(payable(order), order.currency),
        **more,
    }


def _line(row: Any, currency: str | None) -> dict[str, Any]:
    return dict(row._mapping) | {name: amount(getattr(row, name), currency) for name in ("discount", "tax", "total")}


_OWN: Sequence[str] = tuple(OrderOut._declared_fields)
