"""Quantities as senders write them, read exactly and printed without a needless point."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from connectors.money import EXACT, amount, quantum

_MAX_DECIMALS = 6


def qty(raw: object) -> Decimal:
    """Read a quantity: "2", "2.000", 3, Decimal("1.5").

    Raises ValueError for blank, words, "1.5K", floats and more than 6 decimals that count.
    """
    return _from_text(raw) if isinstance(raw, str) else _judged(amount(raw))


@lru_cache(maxsize=4096)
def _from_text(text: str) -> Decimal:
    """Quantities come again and again: nearly all are of a few pieces."""
    return _judged(amount(text))


def _judged(value: Decimal | None) -> Decimal:
    if value is None:
        raise ValueError("no quantity")
    if value != value.quantize(quantum(_MAX_DECIMALS), context=EXACT):
        raise ValueError(f"a quantity of more than {_MAX_DECIMALS} decimals: {value}")
    return value


@lru_cache(maxsize=4096)
def print_qty(value: Decimal) -> str:
    """The quantity as text: whole numbers without a point, others without trailing zeros."""
    if value == value.to_integral_value():
        return f"{value.to_integral_value():f}" if value else "0"
    return f"{value.normalize(EXACT):f}"
