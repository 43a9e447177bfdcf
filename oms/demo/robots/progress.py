"""How far the day is, in one line: where the orders are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

#: (what people call it, states of the order, states of its fulfilment; empty: any)
_STAGES: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    ("ended", frozenset({"closed", "cancelled", "rejected", "expired"}), frozenset()),
    ("on the way", frozenset(), frozenset({"shipped", "partially_shipped", "delivered", "partially_delivered"})),
    ("in the warehouse", frozenset({"in_fulfilment"}), frozenset()),
    ("confirmed", frozenset({"confirmed"}), frozenset()),
    ("with the customer", frozenset({"awaiting_confirmation"}), frozenset()),
)


def line(seconds: float, orders: Sequence[Mapping[str, Any]], left: int) -> str:
    """`seconds` since the robots began; `left` things that have not ended yet."""
    counts = Counter(_stage(order) for order in orders)
    names = ("new", *(name for name, _, _ in reversed(_STAGES)))
    words = [f"{counts[name]} {name}" for name in names if counts[name]]
    return f"  {seconds:4.0f} s  {len(orders):2} orders: {', '.join(words) or 'none yet'}; {left} to do"


def _stage(order: Mapping[str, Any]) -> str:
    for name, statuses, fulfilments in _STAGES:
        if order["status"] in statuses or order["fulfilment_status"] in fulfilments:
            return name
    return "new"
