"""In which currency prices are, by all that they name: codes, and signs that several currencies share."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from connectors.base import Problem
from connectors.money import SHARED_SIGNS, may_mean
from connectors.problems import problem


def settled(named: AbstractSet[str], own: str | None) -> tuple[str | None, tuple[Problem, ...]]:
    """The currency of prices that name these codes and signs, else the sender's own; what is unsure is a problem."""
    codes = sorted(named - SHARED_SIGNS.keys())
    if len(codes) > 1:
        return None, (unsure(f"prices of one order are in {' and '.join(codes)}"),)
    code = next(iter(codes), own)
    for sign in sorted(named & SHARED_SIGNS.keys()):
        if code is not None and not may_mean(sign, code):
            return None, (unsure(f"prices with {sign} are not in {code}"),)
    return code, ()


def unsure(why: str) -> Problem:
    """What holds an order whose prices name several currencies, none that is known, or another than the sender's own."""
    return problem(
        "currency_unsure", "currency", f"{why}; find out which one is meant, and write it as ISO 4217, such as EUR"
    )
