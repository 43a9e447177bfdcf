"""What an order says as the one schema, and a wish laid over it: from columns and from stored JSON. Pure.

A channel's wish is the whole order; one entered at the desk names only the fields that change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.base import (
    Address,
    ChannelOrder,
    Customer,
    Invoice,
    Line,
    Payment,
    Problem,
    Requested,
    Severity,
    Totals,
)
from oms.errors import InputInvalid
from oms.money import quantise
from oms.orders import places, rules
from oms.orders.models import Order, OrderLine

ZERO = Decimal(0)
_TEXTS = ("currency", "version", "buyer_message", "seller_memo")
#: Parts of which one field may be named without the others.
_NESTED = frozenset({"totals", "payment", "customer", "ship_to", "bill_to", "requested", "invoice"})
_LINE_NUMBERS = ("qty", "unit_price", "discount", "tax", "total")


def standing(order: Order, lines: Sequence[OrderLine]) -> ChannelOrder:
    """The order as its columns have it; `lines` are those that still count."""
    return ChannelOrder(
        channel="",
        source=order.source,
        channel_order_id=order.channel_order_id,
        channel_order_number=order.channel_order_number,
        version=order.version,
        placed_at=order.placed_at,
        currency=order.currency,
        totals=_totals_of(order),
        payment=Payment(order.payment_terms, order.payment_status),
        customer=Customer(**_known(Customer, order.contact)),
        ship_to=_address(order.ship_to),
        bill_to=_address(order.bill_to),
        requested=Requested(order.requested_ship_by, order.requested_deliver_by, order.requested_service),
        lines=tuple(_line_of(line) for line in lines),
        buyer_message=order.buyer_message,
        seller_memo=order.seller_memo,
        invoice=None if order.invoice is None else Invoice(**_known(Invoice, order.invoice)),
        problems=tuple(_problem(found) for found in order.problems),
    )


def laid_over(base: ChannelOrder, wish: Mapping[str, Any]) -> ChannelOrder:
    """`base` with the parts that `wish` names (JSON of the one schema). Raises InputInvalid for JSON that is none."""
    return replace(base, **_read(wish))


def mended(base: ChannelOrder, wish: Mapping[str, Any]) -> ChannelOrder:
    """`base` with the fields that a person names: what a part does not name stays, and so do complaints of other parts."""
    found = _read(wish)
    for name in _NESTED & found.keys():
        found[name] = _named(getattr(base, name), found[name], wish[name])
    if "lines" in found and base.currency:
        summed = [_summed(line, base.currency) for line in found["lines"]]
        found["lines"] = _taxed(summed, base.lines, base.currency)
        totals = found.get("totals", base.totals) or Totals()
        found["totals"] = _recounted(totals, base, found["lines"], wish.get("totals") or {})
    left = tuple(problem for problem in base.problems if not _settles(wish, problem))
    return replace(base, **(found | {"problems": left}))


def _summed(line: Line, currency: str) -> Line:
    """The line with its total, where a person named none but its price."""
    if line.total is not None or line.unit_price is None or line.qty is None:
        return line
    return replace(line, total=quantise(line.qty * line.unit_price - (line.discount or ZERO), currency))


def _taxed(lines: Sequence[Line], standing: Sequence[Line], currency: str) -> tuple[Line, ...]:
    """The lines, with the tax that the standing ones have, in the share of their totals, where a person named none."""
    named = {line.line_ref: line for line in standing if line.line_ref is not None}
    unnamed = {line.sku: line for line in reversed(standing) if line.line_ref is None}

    def tax(line: Line, beside: Line | None) -> Decimal | None:
        was = unnamed.get(line.sku, beside) if line.line_ref is None else named.get(line.line_ref)
        if line.tax is not None or was is None:
            return line.tax
        return rules.tax_of(was.tax, was=was.total, now=line.total, currency=currency)

    beside = (*standing, *(None for _ in lines))
    return tuple(replace(line, tax=tax(line, other)) for line, other in zip(lines, beside, strict=False))


def _tax_of(lines: Sequence[Line]) -> Decimal:
    return sum((line.tax or ZERO for line in lines), ZERO)


def _recounted(totals: Totals, base: ChannelOrder, lines: Sequence[Line], named: Mapping[str, Any]) -> Totals:
    """The sums of an order whose lines a person changed follow the lines; what the person named as well stays as named."""
    sum_of_lines = sum((line.total or ZERO for line in lines), ZERO)
    found = totals if named.get("lines") is not None else replace(totals, lines=sum_of_lines)
    if found.tax is not None and named.get("tax") is None:
        found = replace(found, tax=_order_tax(found, found.tax, lines, base))
    if named.get("total") is not None:
        return found
    tax = ZERO if found.tax_included else found.tax or ZERO
    return replace(found, total=_before_tax(found) + tax)


def _order_tax(found: Totals, tax: Decimal, lines: Sequence[Line], base: ChannelOrder) -> Decimal:
    """By as much more as the lines', or, where none names a tax, in the share of what it is on."""
    if base.currency is None or any(line.tax is not None for line in (*base.lines, *lines)):
        return max(tax + _tax_of(lines) - _tax_of(base.lines), ZERO)
    was = base.totals
    return rules.tax_of_order(
        tax, total=was.total, tax_included=was.tax_included, was=None if was.lines is None else _before_tax(was),
        now=_before_tax(found), currency=base.currency,
    )  # fmt: skip


def _before_tax(totals: Totals) -> Decimal:
    extra = (totals.shipping or ZERO) + (totals.fees or ZERO) - (totals.discount or ZERO)
    return (totals.lines or ZERO) + extra


def _read(wish: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = {name: read(wish[name]) for name, read in _PARTS.items() if name in wish}
        return found | {name: wish[name] for name in _TEXTS if name in wish}
    except (AttributeError, InvalidOperation, KeyError, TypeError, ValueError) as error:
        hint = f"write it as docs/order-schema.md says ({type(error).__name__}: {error})"
        raise InputInvalid("the wish is not in the order schema", fields={"wanted": hint}) from error


def _named(standing: Any, told: Any, names: Mapping[str, Any] | None) -> Any:
    if standing is None or told is None or names is None:
        return told
    found = {name: getattr(told, name) for name in names if hasattr(told, name)}
    changed = [name for name, value in found.items() if getattr(standing, name) and value != getattr(standing, name)]
    gone = {name: None for name in places.outdated(changed, found) if hasattr(standing, name)}
    return replace(standing, **found, **gone)


def _settles(wish: Mapping[str, Any], problem: Problem) -> bool:
    """A complaint about a part that a person has written anew is settled; that of the sum by the lines as well."""
    return problem.field.partition(".")[0] in wish or (problem.code == "total_mismatch" and "lines" in wish)


def _totals_of(order: Order) -> Totals:
    return Totals(
        lines=order.lines_total,
        discount=order.discount,
        shipping=order.shipping,
        fees=order.fees,
        tax=order.tax,
        tax_included=order.tax_included,
        total=order.total,
        paid=order.paid,
    )


def _line_of(line: OrderLine) -> Line:
    return Line(
        line_ref=line.line_ref,
        sku=line.channel_sku,
        name=line.name,
        qty=line.qty,
        unit=line.unit,
        unit_price=line.unit_price,
        discount=line.discount,
        tax=line.tax,
        total=line.total,
        requires_shipping=line.requires_shipping,
        options=dict(line.options),
    )


def _known(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: data.get(field.name) for field in fields(kind)}


def _address(data: Mapping[str, Any] | None) -> Address | None:
    return None if data is None else Address(**{**_known(Address, data), "lines": tuple(data.get("lines") or ())})


def _totals(data: Mapping[str, Any]) -> Totals:
    found: dict[str, Any] = _known(Totals, data)
    found |= {name: _decimal(value) for name, value in found.items() if name != "tax_included"}
    return Totals(**found)


def _requested(data: Mapping[str, Any]) -> Requested:
    return Requested(_time(data.get("ship_by")), _time(data.get("deliver_by")), data.get("service"))


def _line(data: Mapping[str, Any]) -> Line:
    found = _known(Line, data) | {name: _decimal(data.get(name)) for name in _LINE_NUMBERS}
    return Line(
        **{**found, "requires_shipping": data.get("requires_shipping", True), "options": data.get("options") or {}}
    )


def _problem(data: Mapping[str, Any]) -> Problem:
    return Problem(**{**_known(Problem, data), "severity": Severity(data["severity"])})


def _decimal(value: object) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError("amounts and quantities are written as text")
    return Decimal(value)


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


_PARTS: dict[str, Any] = {
    "totals": _totals,
    "payment": lambda data: Payment(**_known(Payment, data)),
    "customer": lambda data: Customer(**_known(Customer, data)),
    "ship_to": _address,
    "bill_to": _address,
    "requested": _requested,
    "lines": lambda data: tuple(_line(line) for line in data),
    "invoice": lambda data: None if data is None else Invoice(**_known(Invoice, data)),
    "problems": lambda data: tuple(_problem(found) for found in data),
    "placed_at": _time,
}
