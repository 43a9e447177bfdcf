"""What orders wait for and what comes for them, to houses of which each sends to some countries only: pure."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

ZERO = Decimal(0)


def uncovered(
    waiting: Mapping[str, Decimal],
    coming: Mapping[uuid.UUID, Decimal],
    houses: Mapping[str, Sequence[uuid.UUID]],
    asking: Collection[str],
) -> dict[str, Decimal]:
    """Of what the orders of each country wait for, the pieces that no open request brings to a house that serves it.

    What comes goes to those first who do not ask now and to whom fewest houses send, and out of the house that serves fewest
    others: whoever asks asks for what is missing in all.
    """
    left = dict(coming)
    wanted_by = Counter(house for country in waiting for house in houses[country])
    found: dict[str, Decimal] = {}
    for country in sorted(waiting, key=lambda one: (one in asking, len(houses[one]), one)):
        missing = waiting[country]
        for house in sorted(houses[country], key=lambda one: wanted_by[one]):
            taken = min(missing, max(left.get(house, ZERO), ZERO))
            left[house] = left.get(house, ZERO) - taken
            missing -= taken
        found[country] = missing
    return found
