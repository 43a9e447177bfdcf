"""An order as the sandbox shop was asked to place it, judged and summed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import cast

from connectors.sandbox.http_messages import Json, Refused, optional_text, text

ZERO = Decimal(0)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ShopLine:
    """One line; `ref` is the shop's own id of it, `discount` comes off the whole line."""

    ref: str
    sku: str
    name: str
    qty: int
    unit_price: Decimal
    discount: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return (self.qty * self.unit_price - self.discount).quantize(_CENT)


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """An order with the times that the shop knows; the parts that are only passed on stay JSON."""

    order_id: str
    number: str
    currency: str
    lines: tuple[ShopLine, ...]
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    tax_included: bool
    paid: bool
    cash_on_delivery: bool
    is_test: bool
    customer: Mapping[str, object]
    ship_to: Mapping[str, object]
    bill_to: Mapping[str, object]
    buyer_message: str | None
    #: What was asked for, whole: some shop systems pass on more than others.
    asked: Mapping[str, object]
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    completed_at: datetime | None

    @property
    def lines_total(self) -> Decimal:
        return sum((line.total for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        untaxed = self.lines_total - self.discount + self.shipping
        return untaxed if self.tax_included else untaxed + self.tax

    def part(self, owner: str, name: str) -> str | None:
        """A text of `customer`, `ship_to` or `bill_to`."""
        source: Mapping[str, object] = getattr(self, owner)
        value = source.get(name)
        return value if isinstance(value, str) and value else None


@dataclass(frozen=True, slots=True)
class Stamps:
    """What the shop itself knows of an order."""

    order_id: str
    number: str
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    completed_at: datetime | None
    #: Line ids count from here.
    first_line_ref: int


def read_order(content: Json, stamps: Stamps) -> ShopOrder:
    """Read what was asked for; refuses with 422 and the field at fault."""
    totals, payment = _object(content, "totals"), _object(content, "payment")
    ship_to = _object(content, "ship_to")
    return ShopOrder(
        order_id=stamps.order_id,
        number=stamps.number,
        currency=text(content, "currency"),
        lines=_lines(content, stamps.first_line_ref),
        discount=_money(totals, "discount"),
        shipping=_money(totals, "shipping"),
        tax=_money(totals, "tax"),
        tax_included=totals.get("tax_included") is not False,
        paid=payment.get("status", "paid") == "paid",
        cash_on_delivery=payment.get("terms") == "cod",
        is_test=content.get("kind") == "test",
        customer=_object(content, "customer"),
        ship_to=ship_to,
        bill_to=_object(content, "bill_to") or ship_to,
        buyer_message=optional_text(content, "buyer_message"),
        asked=content,
        created_at=stamps.created_at,
        updated_at=stamps.updated_at,
        cancelled_at=stamps.cancelled_at,
        completed_at=stamps.completed_at,
    )


def _lines(content: Json, first_ref: int) -> tuple[ShopLine, ...]:
    given = content.get("lines")
    if not isinstance(given, list) or not given:
        raise Refused(422, "lines_missing", "'lines' must be a list with at least one line", where="lines")
    return tuple(_line(cast(Json, line), str(first_ref + number)) for number, line in enumerate(given))


def _line(content: Json, ref: str) -> ShopLine:
    qty = _money(content, "qty")
    if qty < 1 or qty != qty.to_integral_value():
        raise Refused(422, "qty_invalid", "'qty' must be a whole number of at least 1", where="lines.qty")
    return ShopLine(
        ref=ref,
        sku=text(content, "sku"),
        name=optional_text(content, "name") or text(content, "sku"),
        qty=int(qty),
        unit_price=_money(content, "unit_price"),
        discount=_money(content, "discount"),
        tax=_money(content, "tax"),
    )


def _money(content: Json, name: str) -> Decimal:
    value = content.get(name)
    if value is None:
        return ZERO
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or amount < 0:
        raise Refused(
            422, f"{name}_invalid", f"'{name}' must be a decimal string, not negative, such as \"9.90\"", where=name
        )
    return amount


def _object(content: Json, name: str) -> Json:
    value = content.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(422, f"{name}_invalid", f"'{name}' must be a JSON object", where=name)
    return cast(Json, value)
