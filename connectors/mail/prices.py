"""Unit prices, line totals and sums settled against each other: what "Price" means is decided by which sum comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.mail.figures import Money
from connectors.mail.found import Found, found
from connectors.mail.items import Item

_ZERO = Decimal(0)
_CENT = Decimal("0.01")
_SIX = Decimal("0.000001")


def settle(items: Sequence[Item], *, goods_total: Decimal | None, prints_totals: bool = False) -> list[Item]:
    """Give each item a unit price where its total says it.

    Shops print the line's total under "Price" (WooCommerce does, `prints_totals`): where the prices add up to the
    goods' total and quantity x price does not, they are line totals.
    """
    settled = [_from_total(_regrouped(item)) for item in items]
    if any(item.total for item in items):
        return settled
    if goods_total is None:
        return _as_totals(settled) if prints_totals else settled
    prices = [
        (item.price.value.value if item.price else _ZERO, item.qty.value if item.qty else _ZERO) for item in settled
    ]
    as_units = sum((price * qty for price, qty in prices), _ZERO)
    as_totals = sum((price for price, _ in prices), _ZERO)
    if abs(as_units - goods_total) > _CENT >= abs(as_totals - goods_total):
        return _as_totals(settled)
    return settled


def _as_totals(items: Sequence[Item]) -> list[Item]:
    return [_from_total(replace(item, total=item.price, price=None)) for item in items]


def _regrouped(item: Item) -> Item:
    """ "1.000" pieces at 0.25 that come to 250.00 are a thousand: the point groups, as on the Continent."""
    if item.qty is None or item.price is None or item.total is None:
        return item
    price, total, qty = item.price.value.value, item.total.value.value, item.qty.value
    if abs(qty * price - total) <= _CENT:
        return replace(item, qty_fault=None)
    if abs(qty * 1000 * price - total) > _CENT:
        return item
    return replace(item, qty=found(qty * 1000, "0.7", item.qty.source), qty_fault=None)


def _from_total(item: Item) -> Item:
    if item.price is not None or item.total is None or item.qty is None or item.qty.value <= 0:
        return item
    off = item.discount.value.value if item.discount else _ZERO
    each = ((item.total.value.value + abs(off)) / item.qty.value).quantize(_SIX).normalize()
    figure = Money(each, item.total.value.currency, item.total.value.sign)
    price: Found[Money] = found(figure, min(item.total.confidence, Decimal("0.85")), item.total.source)
    return replace(item, price=price)


def tax_is_included(parts: Decimal, tax: Decimal | None, total: Decimal | None) -> bool | None:
    """Whether the amounts contain the tax: which of both makes the total; None where neither or nothing tells."""
    if tax is None or total is None or not tax:
        return None
    if abs(parts + tax - total) <= _CENT:
        return False
    return True if abs(parts - total) <= _CENT else None
