"""The amounts of a WooCommerce order: its lines, discounts, shipping, fees, tax, gift cards, and what was paid.

Every amount is without tax, whatever the shop shows its customers; the tax comes on top.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.base import Line, Problem, Severity, Totals
from connectors.fields import Fields, Node, identity, nodes, text
from connectors.money import EXACT, currency_code, minor_unit, quantise, quantum, rounded
from connectors.problems import problem
from connectors.shops import woo_rounding
from connectors.shops.woo_sets import containers
from connectors.totals import sum_of_parts

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_ZERO = Decimal(0)
#: Its goods are still to leave.
_SHIPS = frozenset({"pending", "on-hold", "processing"})
_RECEIVED = frozenset({"paid", "partially_refunded", "refunded"})


def read(order: Node, fields: Fields) -> tuple[list[Line], Totals]:
    """The lines and the totals, by which they are evened out where the shop rounded their sum and not each of them."""
    decimals = _decimals(order)
    found = lines(order, fields)
    told = totals(order, fields, found)
    if _adds_up(found, told, decimals):
        return found, told
    even = woo_rounding.evened(nodes(order.get("line_items")), found, decimals=decimals)
    again = totals(order, Fields(), even)
    return (even, again) if _adds_up(even, again, decimals) else (found, told)


def _decimals(order: Node) -> int:
    code = currency_code(order.get("currency"))
    return minor_unit(code) if code else 2


def _adds_up(found: Sequence[Line], told: Totals, decimals: int) -> bool:
    net = sum((rounded(woo_rounding.line_total(line), decimals) for line in found), _ZERO)
    return told.total is None or abs(sum_of_parts(replace(told, lines=net)) - told.total) <= quantum(decimals)


def lines(order: Node, fields: Fields) -> list[Line]:
    """The lines; the container of a bundle or composite is not shipped, its parts are."""
    items = nodes(order.get("line_items"))
    parents = containers(items)
    return [_line(item, fields, f"lines.{at}", parents) for at, item in enumerate(items)]


def given_line_totals(order: Node) -> list[Decimal | None]:
    """What the shop says each line comes to, after its discount."""
    unread = Fields()
    return [unread.amount(item.get("total"), "total") for item in nodes(order.get("line_items"))]


def totals(order: Node, fields: Fields, found: Sequence[Line]) -> Totals:
    """The totals; a negative fee is a discount, a gift card a payment that the shop took off its total."""
    fees, discount = _fees(order, fields)
    shipping = fields.amount(_first(order, "shipping_total", "total_shipping"), "totals.shipping")
    tax = fields.amount(order.get("total_tax"), "totals.tax")
    total = fields.amount(order.get("total"), "totals.total")
    coupons = fields.amount(_first(order, "discount_total", "total_discount"), "totals.discount")
    if total is not None:
        parts = [
            sum(map(woo_rounding.line_total, found), _ZERO),
            shipping or _ZERO,
            fees or _ZERO,
            tax or _ZERO,
            -discount,
        ]
        left = (coupons or _ZERO) - sum((line.discount or _ZERO for line in found), _ZERO)
        missing, one = sum(parts, _ZERO) - total, quantum(_decimals(order))
        gifts, stray = _taken_off(missing, gifts=gift_cards(order, fields), left=left, one=one)
        total, discount = total + gifts, discount + stray
    return Totals(
        discount=None if coupons is None and not discount else discount,
        shipping=shipping, fees=fees, tax=tax, tax_included=False, total=total,
    )  # fmt: skip


def _taken_off(missing: Decimal, *, gifts: Decimal, left: Decimal, one: Decimal) -> tuple[Decimal, Decimal]:
    """What explains, to one minor unit, that the total is lower than its parts: gift cards, or a discount on no line.

    Coupons are spread over the lines already, so that a rest of `discount_total` alone proves nothing.
    """
    for explained in ((gifts, _ZERO), (_ZERO, max(left, _ZERO)), (gifts, max(left, _ZERO))):
        if abs(missing - sum(explained, _ZERO)) <= one < sum(explained, _ZERO):
            return explained
    return _ZERO, _ZERO


def gift_cards(order: Node, fields: Fields) -> Decimal:
    """What gift cards paid."""
    return fields.sum((card.get("amount") for card in nodes(order.get("gift_cards"))), "totals.paid") or _ZERO


def refunded(order: Node, fields: Fields) -> Decimal:
    """What was given back, as a positive amount."""
    return abs(fields.sum((refund.get("total") for refund in nodes(order.get("refunds"))), "totals.paid") or _ZERO)


def stops(order: Node, fields: Fields) -> tuple[Problem, ...]:
    """What of the order's state holds it: a part given back, or that the shop stopped it after it was paid."""
    if status_of(order) not in ("on-hold", "pending") or not _first(order, "date_paid_gmt", "date_paid"):
        return _open_refund(order, fields)
    told = "the shop stopped this order after it was paid; look at it in the shop before goods are sent"
    return (problem("status_unknown", "status", told), *_open_refund(order, fields))


def _open_refund(order: Node, fields: Fields) -> tuple[Problem, ...]:
    """What holds an order that still ships and of which a part was given back: WooCommerce does not say for which pieces."""
    given_back = refunded(order, fields) if status_of(order) in _SHIPS else _ZERO
    total = fields.amount(order.get("total"), "totals.total")
    if not given_back or (total is not None and given_back >= total):
        return ()
    told = (
        f"the shop gave {quantise(given_back, currency_code(order.get('currency')))} back and does not say for which pieces;"
        " look at the order in the shop, and take off what is not to be sent"
    )
    return (problem("row_invalid", "lines", told, severity=Severity.HOLD),)


def status_of(order: Node) -> str:
    """The order's status in small letters, without the prefix that the shop's database has; empty where none is told."""
    return (text(order.get("status")) or "").lower().removeprefix("wc-")


def paid(order: Node, fields: Fields, *, status: str | None, total: Decimal | None) -> Decimal | None:
    """What was received, gift cards among it, before refunds."""
    if status is None:
        return None
    return total if status in _RECEIVED else gift_cards(order, fields)


def _first(order: Node, *names: str) -> object:
    return next((order[name] for name in names if order.get(name) is not None), None)


def _line(item: Node, fields: Fields, where: str, parents: frozenset[str]) -> Line:
    qty = fields.qty(item.get("quantity"), f"{where}.qty")
    total = fields.amount(item.get("total"), f"{where}.total")
    subtotal = fields.amount(item.get("subtotal"), f"{where}.unit_price")
    before = total if subtotal is None or (total is not None and subtotal < total) else subtotal
    price = (
        EXACT.divide(before, qty)
        if before is not None and qty
        else fields.amount(item.get("price"), f"{where}.unit_price")
    )
    name = text(item.get("name"))
    return Line(
        line_ref=identity(item.get("id")),
        sku=text(item.get("sku")),
        name=_plain(name) if name else None,
        qty=qty,
        unit="EA",
        unit_price=price,
        discount=before - total if before is not None and total is not None else _ZERO,
        tax=fields.amount(item.get("total_tax"), f"{where}.tax"),
        requires_shipping=identity(item.get("id")) not in parents,
        options=_options(item),
    )


def _options(item: Node) -> Mapping[str, str]:
    entries = nodes(item.get("meta_data")) or nodes(item.get("meta"))
    named = {text(entry.get("key")): text(entry.get("value")) for entry in entries}
    return {
        _plain(key.removeprefix("pa_")): _plain(value)
        for key, value in named.items()
        if key and value and not key.startswith("_")
    }


def _plain(text: str) -> str:
    """Text without the tags and entities that plugins put into it."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def _fees(order: Node, fields: Fields) -> tuple[Decimal | None, Decimal]:
    if order.get("fee_lines") is None:
        return None, _ZERO
    amounts = [fields.amount(fee.get("total"), "totals.fees") or _ZERO for fee in nodes(order["fee_lines"])]
    charged = sum((amount for amount in amounts if amount > 0), _ZERO)
    return charged, -sum((amount for amount in amounts if amount < 0), _ZERO)
