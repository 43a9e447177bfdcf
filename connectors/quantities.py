"""Quantities as senders write them, read exactly and printed without a needless point."""

from __future__ import annotations

from decimal import Decimal

from connectors.money import EXACT, amount, quantum

_MAX_DECIMALS = 6


def qty(raw: object) -> Decimal:
    """Read a quantity: "2", "2.000", 3, Decimal("1.5").

    Raises ValueError for blank, words, "1.5K", floats and more than 6 decimals that count.
    """
    value = amount(raw)
    if value is None:
        raise ValueError("no quantity")
    if value != value.quantize(quantum(_MAX_DECIMALS), context=EXACT):
        raise ValueError(f"a quantity of more than {_MAX_DECIMALS} decimals: {value}")
    return value


def print_qty(value: Decimal) -> str:
    """The quantity as text: whole numbers without a point, others without trailing zeros."""
    if value == value.to_integral_value():
        return f"{value.to_integral_value():f}" if value else "0"
    return f"{value.normalize(EXACT):f}"
