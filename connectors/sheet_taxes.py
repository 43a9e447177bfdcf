"""Taxes that a sheet gives as rates: the amount of a line, and whether prices hold it, as far as heads and sums tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from connectors.base import ChannelOrder, Line
from connectors.money import quantise
from connectors.totals import sum_of_parts

_CODE = "total_mismatch"
_CENT = Decimal("0.01")
_WITHOUT_TAX = re.compile(
    r"不含税|未税|\bexcl|\bexkl|\bex\.? ?(?:vat|tax|gst)\b|netto|\bnet\b|\bzzgl|\bht\b|\bhors tax"
)
_WITH_TAX = re.compile(r"含税|\binc\b|incl|inkl|brutto|\bgross\b|\bttc\b|\btoutes taxes")


def tax_included(heads: Mapping[str, str]) -> bool | None:
    """Whether the heads of prices and line totals say that these hold the tax; None where they say nothing.

    Where both speak, the price's does: a net price stands beside a total with its tax.
    """
    for name in ("lines.unit_price", "lines.total"):
        told = heads.get(name, "").casefold()
        if _WITHOUT_TAX.search(told):
            return False
        if _WITH_TAX.search(told):
            return True
    return None


def tax_at(percent: Decimal, net: Decimal, *, included: bool | None) -> Decimal:
    """The tax at a rate on a line's quantity x price - discount; on top of it unless the price holds it."""
    return net * percent / (100 + percent if included else 100)


def unsettled(
    percent: Decimal, net: Decimal, given: Decimal | None, *, included: bool | None, where: str
) -> tuple[tuple[str, str, str], ...]:
    """The problem of a rate where nothing on the row tells whether the price holds the tax."""
    on_top = given is not None and abs(given - net - tax_at(percent, net, included=False)) <= _CENT
    if included is not None or not percent or on_top:
        return ()
    message = (
        f"{where} says {percent:f} %, and nothing says whether prices hold this tax; it is added: head the price"
        " 'net' or 'incl. tax', or give the order's total"
    )
    return ((_CODE, "tax", message),)


def settled(order: ChannelOrder) -> ChannelOrder:
    """Let the order's total tell whether prices hold the taxes that rates left open."""
    is_open = [problem.code == _CODE and problem.field.endswith(".tax") for problem in order.problems]
    if not any(is_open) or order.totals.total is None:
        return order
    rest = tuple(problem for problem, tax in zip(order.problems, is_open, strict=True) if not tax)
    misses = [problem for problem in rest if problem.field == "totals.total"]
    if not misses:
        return replace(order, problems=rest)
    if abs(order.totals.total - sum_of_parts(replace(order.totals, tax=None))) > _CENT:
        return order
    lines = tuple(_with_tax_inside(line, order.currency) for line in order.lines)
    tax = sum((line.tax or Decimal(0) for line in lines), Decimal(0))
    kept = tuple(problem for problem in rest if problem not in misses)
    return replace(order, lines=lines, totals=replace(order.totals, tax=tax, tax_included=True), problems=kept)


def _with_tax_inside(line: Line, currency: str | None) -> Line:
    if not line.tax or not line.total:
        return line
    inside = line.total * line.tax / (line.total + line.tax)
    return replace(line, tax=quantise(inside, currency))
