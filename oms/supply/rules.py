"""What orders wait for and what comes for them, to houses of which each sends to some countries only: pure."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Awaited:
    """An open request: what it will still bring to its house, and what those who asked for it still wait for, by country."""

    request_id: uuid.UUID
    house_id: uuid.UUID
    sku_id: uuid.UUID
    coming: Decimal
    waiting: Mapping[str, Decimal]


def filled(
    come: Mapping[tuple[uuid.UUID, uuid.UUID], Decimal],
    awaited: Sequence[Awaited],
    houses: Mapping[str, Sequence[uuid.UUID]],
) -> dict[uuid.UUID, Decimal]:
    """How much goods that come to (house, SKU) fill of each request: the house's own, and with what is over the others', the
    first ones first, as far as those who wait for them can be served from where the goods have come to.
    """
    found: dict[uuid.UUID, Decimal] = {}
    for (house, sku), qty in come.items():
        same = [one for one in awaited if one.sku_id == sku]
        over = qty
        for one in same:
            if one.house_id == house:
                found[one.request_id] = found.get(one.request_id, ZERO) + qty
                over -= max(one.coming, ZERO)
        for one in same:
            if one.house_id != house:
                served = sum((wanted for to, wanted in one.waiting.items() if house in houses[to]), ZERO)
                taken = min(over, served, one.coming - found.get(one.request_id, ZERO))
                if taken > 0:
                    found[one.request_id] = found.get(one.request_id, ZERO) + taken
                    over -= taken
    return found
