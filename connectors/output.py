"""The one schema as JSON and back: the names and shapes that the API, the CLI and the docs speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

from connectors.base import (
    Address,
    ChannelOrder,
    Customer,
    Evidence,
    Invoice,
    Kind,
    Line,
    Payment,
    Problem,
    Requested,
    Severity,
    Totals,
)
from connectors.dates import iso_z, utc
from connectors.money import at_least, minor_unit, rounded
from connectors.quantities import print_qty

Json = dict[str, Any]

_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in (Address, Customer, Invoice, Payment)}
#: All fields of a value at once.
_VALUES = {kind: attrgetter(*names) for kind, names in _NAMES.items()}
_TEXTS = ("channel_order_id", "channel_order_number", "version", "currency", "buyer_message", "seller_memo")


def to_json(order: ChannelOrder) -> Json:
    """The order as `docs/order-schema.md` prints it: amounts and quantities as strings, times in UTC with Z."""
    currency = order.currency
    decimals = None if currency is None else minor_unit(currency)
    found: Json = {
        "channel": order.channel,
        "source": order.source,
        "kind": order.kind.value,
        "channel_order_id": order.channel_order_id,
        "channel_order_number": order.channel_order_number,
        "version": order.version,
        "placed_at": _time(order.placed_at),
        "currency": currency,
        "totals": _totals(order.totals, decimals),
        "payment": _plain(order.payment),
        "customer": _customer(order.customer),
        "ship_to": None if order.ship_to is None else _address(order.ship_to),
        "bill_to": None if order.bill_to is None else _address(order.bill_to),
        "requested": _requested(order.requested),
        "lines": [_line(line, decimals) for line in order.lines],
        "buyer_message": order.buyer_message,
        "seller_memo": order.seller_memo,
        "invoice": None if order.invoice is None else _plain(order.invoice),
        "problems": [_problem(found) for found in order.problems],
    }
    if order.evidence:
        found["evidence"] = [_evidence(piece) for piece in order.evidence]
    return found


def from_json(data: Mapping[str, Any]) -> ChannelOrder:
    """The order that `to_json` printed; raises KeyError or ValueError for what it did not print."""
    return ChannelOrder(
        channel=data["channel"],
        source=data["source"],
        kind=Kind(data["kind"]),
        **{name: data[name] for name in _TEXTS},
        placed_at=utc(data["placed_at"]),
        totals=_read_totals(data["totals"]),
        payment=Payment(**data["payment"]),
        customer=Customer(**data["customer"]),
        ship_to=_read_address(data["ship_to"]),
        bill_to=_read_address(data["bill_to"]),
        requested=_read_requested(data["requested"]),
        lines=tuple(_read_line(line) for line in data["lines"]),
        invoice=None if data["invoice"] is None else Invoice(**data["invoice"]),
        problems=tuple(_read_problem(found) for found in data["problems"]),
        evidence=tuple(_read_evidence(piece) for piece in data.get("evidence", ())),
    )


@lru_cache(maxsize=4096)
def _amount(value: Decimal | None, decimals: int | None) -> str | None:
    """An amount as text in its currency's decimals. Equal amounts print alike, and most come again."""
    return None if value is None else f"{rounded(value, decimals):f}"


@lru_cache(maxsize=4096)
def _unit_price(value: Decimal | None, decimals: int | None) -> str | None:
    """A unit price as text: at least the currency's decimals, at most six."""
    return None if value is None else f"{at_least(value, decimals=2 if decimals is None else decimals):f}"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso_z(moment)


def _plain(value: Address | Customer | Payment | Invoice) -> Json:
    kind = type(value)
    return dict(zip(_NAMES[kind], _VALUES[kind](value), strict=True))


def _customer(customer: Customer) -> Json:
    found = _plain(customer)
    if customer.phone_ext is None:
        del found["phone_ext"]
    return found


def _totals(totals: Totals, decimals: int | None) -> Json:
    return {
        "lines": _amount(totals.lines, decimals),
        "discount": _amount(totals.discount, decimals),
        "shipping": _amount(totals.shipping, decimals),
        "fees": _amount(totals.fees, decimals),
        "tax": _amount(totals.tax, decimals),
        "tax_included": totals.tax_included,
        "total": _amount(totals.total, decimals),
        "paid": _amount(totals.paid, decimals),
    }


def _address(address: Address) -> Json:
    found = _plain(address)
    found["lines"] = list(address.lines)
    return found


def _requested(requested: Requested) -> Json:
    return {
        "ship_by": _time(requested.ship_by),
        "deliver_by": _time(requested.deliver_by),
        "service": requested.service,
    }


def _line(line: Line, decimals: int | None) -> Json:
    return {
        "line_ref": line.line_ref,
        "sku": line.sku,
        "name": line.name,
        "qty": None if line.qty is None else print_qty(line.qty),
        "unit": line.unit,
        "unit_price": _unit_price(line.unit_price, decimals),
        "discount": _amount(line.discount, decimals),
        "tax": _amount(line.tax, decimals),
        "total": _amount(line.total, decimals),
        "requires_shipping": line.requires_shipping,
        "options": dict(line.options),
    }


def _problem(found: Problem) -> Json:
    return {"code": found.code, "severity": found.severity.value, "field": found.field, "message": found.message}


def _evidence(piece: Evidence) -> Json:
    return {"field": piece.field, "confidence": f"{piece.confidence:f}", "source": piece.source}


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _read_totals(data: Mapping[str, Any]) -> Totals:
    amounts = {name: _decimal(value) for name, value in data.items() if name != "tax_included"}
    return Totals(**amounts, tax_included=data["tax_included"])


def _read_address(data: Mapping[str, Any] | None) -> Address | None:
    return None if data is None else Address(**{**data, "lines": tuple(data["lines"])})


def _read_requested(data: Mapping[str, Any]) -> Requested:
    return Requested(ship_by=utc(data["ship_by"]), deliver_by=utc(data["deliver_by"]), service=data["service"])


def _read_line(data: Mapping[str, Any]) -> Line:
    numbers: Sequence[str] = ("qty", "unit_price", "discount", "tax", "total")
    return Line(**{**data, **{name: _decimal(data[name]) for name in numbers}})


def _read_problem(data: Mapping[str, Any]) -> Problem:
    return Problem(**{**data, "severity": Severity(data["severity"])})


def _read_evidence(data: Mapping[str, Any]) -> Evidence:
    return Evidence(**{**data, "confidence": Decimal(data["confidence"])})
