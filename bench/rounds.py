"""Product and limit in short turns: what slows the machine down meets both, so their ratio is steady where each is not."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paired:
    """The medians over the rounds; `ratio` is the median of the rounds' own ratios, product to limit."""

    product: float
    limit: float
    ratio: float


def in_turns(product: Callable[[], float], limit: Callable[[], float], *, rounds: int = 5) -> Paired:
    """Take both `rounds` times, turn by turn, who is first changing; each returns its figure (CPU ms an order)."""
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            below = limit()
            pairs.append((product(), below))
        else:
            above = product()
            pairs.append((above, limit()))
    return Paired(
        statistics.median(p for p, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(p / b for p, b in pairs),
    )
