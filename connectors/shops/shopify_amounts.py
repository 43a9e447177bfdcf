"""The amounts of a Shopify order: its lines, discounts, shipping, fees, tax, and what was paid.

All are in the shop's currency. An order that was edited counts as it stands now: `current_*`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from connectors.base import Line, Severity, Totals
from connectors.fields import Fields, Node, identity, joined, node, nodes, text, truth
from connectors.money import quantise
from connectors.problems import problem

_ZERO = Decimal(0)
#: The money went back with the goods: the payment's own state says that nothing is to be sent.
_BACK = frozenset({"refunded", "voided"})
_RECEIVED = frozenset({"paid", "partially_paid", "partially_refunded", "refunded"})


def shop_money(money_set: object, part: str) -> object:
    """`amount` or `currency_code` of a money set in the shop's currency."""
    return node(node(money_set).get("shop_money")).get(part)


def lines(order: Node, fields: Fields, currency: str | None, *, as_sold: bool) -> tuple[list[Line], bool]:
    """The lines of goods, and whether the order was edited since it was placed; tips are fees."""
    goods = _goods(order, fields)
    left = [item for item in goods if item.get("current_quantity") != 0]
    edited = bool(left) and not as_sold and (any(map(_was_edited, goods)) or any(map(_is_removed, _ways(order))))
    kept = left if edited else goods
    if goods and not left and not as_sold and text(order.get("financial_status")) not in _BACK:
        # Its lines are told as they were sold, so that only a person sees that none is wanted any more.
        told = "every line was taken off this order in the shop; look at it there"
        fields.problems.append(problem("row_invalid", "lines", told, severity=Severity.HOLD))
    return [_line(item, fields, f"lines.{at}", currency, edited=edited) for at, item in enumerate(kept)], edited


def _goods(order: Node, fields: Fields) -> list[Node]:
    """The lines of goods, each with what is left of it."""
    goods = [item for item in nodes(order.get("line_items")) if not _is_tip(item)]
    if all(item.get("current_quantity") is not None for item in goods):
        return goods
    # Before API version 2024-01 a line says what was sold; what was taken off it since stands in the refunds alone,
    # an edit's too. Whether it went back to stock is another matter: it is not to be sent either way.
    taken: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for part in (part for refund in nodes(order.get("refunds")) for part in nodes(refund.get("refund_line_items"))):
        taken[identity(part.get("line_item_id"))] += fields.qty(part.get("quantity"), "lines") or _ZERO
    return [_less(item, taken[identity(item.get("id"))]) for item in goods]


def _less(item: Node, taken: Decimal) -> Node:
    sold = Fields().qty(item.get("quantity"), "qty")
    if taken <= 0 or sold is None or item.get("current_quantity") is not None:
        return item
    return {**item, "current_quantity": max(sold - taken, _ZERO)}


def _was_edited(item: Node) -> bool:
    now = item.get("current_quantity")
    return now is not None and now != item.get("quantity")


def _is_tip(item: Node) -> bool:
    return bool(item.get("tip") or item.get("tip_payment_gateway"))


def _line(item: Node, fields: Fields, where: str, currency: str | None, *, edited: bool) -> Line:
    sold = fields.qty(item.get("quantity"), f"{where}.qty")
    now = item.get("current_quantity") if edited else None
    qty = sold if now is None else fields.qty(now, f"{where}.qty")
    share = qty / sold if qty is not None and sold else Decimal(1)
    discount = _line_discount(item, fields, f"{where}.discount")
    tax = _tax(item, fields, f"{where}.tax")
    return Line(
        line_ref=identity(item.get("id")),
        sku=text(item.get("sku")),
        name=text(item.get("name")) or joined(item.get("title"), item.get("variant_title"), by=" - "),
        qty=qty,
        unit="EA",
        unit_price=fields.amount(item.get("price"), f"{where}.unit_price"),
        discount=None if discount is None else quantise(discount * share, currency),
        tax=None if tax is None else quantise(tax * share, currency),
        requires_shipping=truth(item.get("requires_shipping")) is not False,
        options=_options(item),
    )


def _line_discount(item: Node, fields: Fields, where: str) -> Decimal | None:
    # Allocations hold the line's share of every discount; total_discount only those made on the line itself.
    shares = fields.sum((share.get("amount") for share in nodes(item.get("discount_allocations"))), where)
    if shares is not None:
        return shares
    own = item.get("total_discount")
    return fields.amount(node(item.get("applied_discount")).get("amount") if own is None else own, where) or _ZERO


def _tax(item: Node, fields: Fields, where: str) -> Decimal | None:
    if item.get("tax_lines") is None:
        return None
    return fields.sum((tax.get("price") for tax in nodes(item["tax_lines"])), where) or _ZERO


def _options(item: Node) -> Mapping[str, str]:
    named = {text(entry.get("name")): text(entry.get("value")) for entry in nodes(item.get("properties"))}
    return {name: value for name, value in named.items() if name and value and not name.startswith("_")}


def shipping_lines(order: Node) -> list[Node]:
    """The shipping lines that still stand; a draft has one."""
    return [line for line in _ways(order) if not _is_removed(line)]


def _ways(order: Node) -> list[Node]:
    return nodes(order.get("shipping_lines")) or nodes(order.get("shipping_line"))


def _is_removed(line: Node) -> bool:
    return truth(line.get("is_removed")) is True


def totals(order: Node, fields: Fields, lines: Sequence[Line], *, edited: bool) -> Totals:
    """The totals of an order; `paid` is set by the payment status."""
    now = "current_" if edited else ""
    net_shipping = _net_shipping(order, fields) if edited else None
    return Totals(
        discount=_order_discount(order, fields, lines, now, net_shipping),
        shipping=_shipping_price(order, fields) if net_shipping is None else net_shipping,
        fees=_fees(order, fields, edited=edited),
        tax=fields.amount(_stands(order, "total_tax", edited=edited), "totals.tax"),
        tax_included=truth(order.get("taxes_included")),
        total=fields.amount(_stands(order, "total_price", edited=edited), "totals.total"),
    )


def _stands(order: Node, name: str, *, edited: bool) -> object:
    """An amount as it stands now. Where Shopify does not tell it, the one of the sale: what was taken off shows against it."""
    now = order.get(f"current_{name}") if edited else None
    return order.get(name) if now is None else now


def _order_discount(
    order: Node, fields: Fields, lines: Sequence[Line], now: str, net_shipping: Decimal | None
) -> Decimal | None:
    """What comes off the order and stands on no line; discounts on shipping too, unless its price is net of them."""
    if "applied_discount" in order:  # a draft: its own discount stands beside those of its lines
        return fields.amount(node(order["applied_discount"]).get("amount"), "totals.discount") or _ZERO
    whole = fields.amount(order.get(f"{now}total_discounts"), "totals.discount")
    if whole is None:
        whole = fields.sum((code.get("amount") for code in nodes(order.get("discount_codes"))), "totals.discount")
    off_shipping = _off_shipping(order, fields)
    if whole is None:
        return None if net_shipping is not None else off_shipping or None
    rest = whole - sum((line.discount or _ZERO for line in lines), _ZERO)
    return max(rest - off_shipping, _ZERO) if net_shipping is not None else max(rest, off_shipping, _ZERO)


def _off_shipping(order: Node, fields: Fields) -> Decimal:
    parts = [part for line in shipping_lines(order) for part in nodes(line.get("discount_allocations"))]
    return fields.sum((part.get("amount") for part in parts), "totals.discount") or _ZERO


def _net_shipping(order: Node, fields: Fields) -> Decimal | None:
    """The shipping as it stands now, which Shopify tells after refunds and discounts; None where it does not."""
    return fields.amount(shop_money(order.get("current_shipping_price_set"), "amount"), "totals.shipping")


def _shipping_price(order: Node, fields: Fields) -> Decimal | None:
    given = fields.sum((line.get("price") for line in shipping_lines(order)), "totals.shipping")
    if given is not None:
        return given
    return fields.amount(shop_money(order.get("total_shipping_price_set"), "amount"), "totals.shipping")


def _fees(order: Node, fields: Fields, *, edited: bool) -> Decimal | None:
    """Tips, import duties and additional fees, which all stand in the total and on no line."""
    now = "current" if edited else "original"
    tips = order.get("total_tip_received")
    if tips is None:
        tips = fields.sum(
            (item.get("price") for item in nodes(order.get("line_items")) if _is_tip(item)), "totals.fees"
        )
    sets = [order.get(f"{now}_total_{name}_set") for name in ("duties", "additional_fees")]
    return fields.sum([tips, *(shop_money(money_set, "amount") for money_set in sets)], "totals.fees")


def paid(order: Node, fields: Fields, *, status: str | None, total: Decimal | None) -> Decimal | None:
    """What was received, gift cards among it, before refunds; None where Shopify does not say."""
    if status not in _RECEIVED:
        return None if status is None else _ZERO
    # Above zero the buyer still owes it; below zero it has to go back to the buyer, as for a line taken off when it was paid.
    outstanding = fields.amount(order.get("total_outstanding"), "totals.paid")
    if status == "partially_paid" or (status == "paid" and outstanding is not None and outstanding < 0):
        return _received(order, fields, outstanding, total)
    return total


def _received(order: Node, fields: Fields, outstanding: Decimal | None, total: Decimal | None) -> Decimal | None:
    # What is outstanding is so of the order as it stands now, also where the order is shown as it was sold.
    now = fields.amount(order.get("current_total_price"), "totals.paid")
    due = total if now is None else now
    return None if due is None or outstanding is None else max(due - outstanding, _ZERO)


def payment_status(status: str | None, *, paid: Decimal | None, total: Decimal | None) -> str | None:
    """`overpaid` where more was received than the order comes to; any other state as Shopify tells it."""
    return "overpaid" if status == "paid" and paid is not None and total is not None and paid > total else status
