"""The one schema as rows of Order and OrderLine; pure but for the keyed hashes."""

from __future__ import annotations

import uuid
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

from connectors.base import Address, ChannelOrder, Customer, Evidence, Invoice, Line, Problem
from oms import db
from oms.parties.matching import index_of

#: What the sender says of the payment, where it says nothing.
_NO_PAYMENT = "none"
_NAMES = {kind: tuple(f.name for f in fields(kind)) for kind in (Address, Customer, Evidence, Invoice, Problem)}
#: All fields of a value at once.
_VALUES = {kind: attrgetter(*names) for kind, names in _NAMES.items()}


def order_columns(order: ChannelOrder) -> dict[str, Any]:
    """Columns of Order that the channel decides: what a later version may change."""
    totals, requested, ship_to = order.totals, order.requested, order.ship_to
    contact = plain(order.customer)
    return {
        "version": order.version,
        "placed_at": order.placed_at,
        "currency": order.currency,
        "lines_total": totals.lines,
        "discount": totals.discount,
        "shipping": totals.shipping,
        "fees": totals.fees,
        "tax": totals.tax,
        "tax_included": totals.tax_included,
        "total": totals.total,
        "paid": totals.paid,
        "contact": contact,
        "email_hash": index_of(contact["email"]),
        "phone_hash": index_of(contact["phone"]),
        "name_hash": index_of(contact["name"] or (ship_to.name if ship_to else None)),
        "ship_to": _address(ship_to),
        "bill_to": _address(order.bill_to),
        "invoice": plain(order.invoice) if order.invoice else None,
        "ship_country": ship_to.country if ship_to else None,
        "ship_region": ship_to.region if ship_to else None,
        "ship_city": ship_to.city if ship_to else None,
        "buyer_message": order.buyer_message,
        "seller_memo": order.seller_memo,
        "requested_ship_by": requested.ship_by,
        "requested_deliver_by": requested.deliver_by,
        "requested_service": requested.service,
        "problems": problems(order),
        "evidence": [{**plain(e), "confidence": str(e.confidence)} for e in order.evidence] or None,
    }


def plain(value: Address | Customer | Evidence | Invoice | Problem) -> dict[str, Any]:
    """A flat value of the schema as a dict; `dataclasses.asdict` copies each field deeply, at ten times the cost."""
    kind = type(value)
    return dict(zip(_NAMES[kind], _VALUES[kind](value), strict=True))


def payment_status(order: ChannelOrder) -> str:
    return order.payment.status or _NO_PAYMENT


def problems(order: ChannelOrder) -> list[dict[str, str]]:
    return [plain(p) | {"severity": p.severity.value} for p in order.problems]


def line_columns(line: Line, *, order_id: uuid.UUID, position: int, sku_id: uuid.UUID | None) -> dict[str, Any]:
    """One row of OrderLine. A quantity that is missing or no number counts 0 here; its problem holds the order."""
    return {
        "id": db.new_id(),
        "order_id": order_id,
        "position": position,
        "line_ref": line.line_ref,
        "channel_sku": line.sku,
        "sku_id": sku_id,
        "name": line.name,
        "unit": line.unit,
        "options": dict(line.options),
        "requires_shipping": line.requires_shipping,
        "qty": line.qty if line.qty is not None else Decimal(0),
        "unit_price": line.unit_price,
        "discount": line.discount,
        "tax": line.tax,
        "total": line.total,
    }


def _address(address: Address | None) -> dict[str, Any] | None:
    return plain(address) if address else None
