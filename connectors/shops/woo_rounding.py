"""Lines of WooCommerce shops that round once, at the subtotal: rounded one by one they do not add up to the order's total.

Such a shop ("Round tax at subtotal level") adds up what its lines come to before any rounding. The message tells each
line's total rounded, and `price`, which is not: 6 x 8.26 and 10.41 tax are 59.97, 6 x 8.264463 and 10.41 are the 60.00
that the buyer paid. A tolerance of a cent for each line would let real differences pass; `price` proves this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.base import Line
from connectors.fields import Fields, Node
from connectors.money import EXACT, rounded

_ZERO = Decimal(0)


def evened(items: Sequence[Node], found: Sequence[Line], *, decimals: int) -> list[Line]:
    """The lines with totals that add up to the rounded sum of what they come to before rounding.

    Cents move from line to line, at most one minor unit in each; discounts stay as they are.
    """
    exact = spread = _ZERO
    lines: list[Line] = []
    for item, line in zip(items, found, strict=True):
        exact += _unrounded(item, line, decimals)
        total = rounded(exact, decimals) - spread
        spread += total
        lines.append(_of_total(line, total, decimals))
    return lines


def line_total(line: Line) -> Decimal:
    """What the line comes to as it was read; 0 where it does not say."""
    return EXACT.multiply(line.qty or _ZERO, line.unit_price or _ZERO) - (line.discount or _ZERO)


def _unrounded(item: Node, line: Line, decimals: int) -> Decimal:
    told, price = line_total(line), Fields().amount(item.get("price"), "price")
    before = told if price is None or line.qty is None else EXACT.multiply(line.qty, price)
    # A price that does not round to the line's total says something else.
    return before if rounded(before, decimals) == rounded(told, decimals) else told


def _of_total(line: Line, total: Decimal, decimals: int) -> Line:
    if not line.qty or total == rounded(line_total(line), decimals):
        return line
    return replace(line, unit_price=EXACT.divide(total + (line.discount or _ZERO), line.qty))
