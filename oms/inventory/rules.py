"""Which warehouse promises what: pure decisions over stock that the caller has locked.

One parcel before many: a warehouse that can serve the whole order wins, by priority; else lines are filled
warehouse by warehouse. A bundle is promised whole or not at all.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Place = tuple[uuid.UUID, uuid.UUID]  # (warehouse, SKU)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Want:
    """`qty` of one order line; `parts` are the pieces of each SKU in one of it (a plain line is one of itself)."""

    line_id: uuid.UUID
    qty: Decimal
    parts: Mapping[uuid.UUID, Decimal]


@dataclass(frozen=True, slots=True)
class Promise:
    """`qty` of a line from one warehouse."""

    line_id: uuid.UUID
    warehouse_id: uuid.UUID
    qty: Decimal
    parts: Mapping[uuid.UUID, Decimal]


@dataclass(slots=True)
class Plan:
    """What an order gets, and what is short of it by line."""

    promises: list[Promise] = field(default_factory=list)
    short: dict[uuid.UUID, Decimal] = field(default_factory=dict)


def promise(wants: Sequence[Want], free: dict[Place, Decimal], warehouses: Sequence[uuid.UUID]) -> Plan:
    """Promise an order's lines and take them from `free` (which it changes). `warehouses` by priority."""
    need = _needed(wants)
    for warehouse in warehouses:
        if _serves_all(wants, need, free, warehouse):
            return Plan([_take(want, want.qty, free, warehouse) for want in wants])
    plan = Plan()
    for want in wants:
        left = want.qty
        for warehouse in warehouses:
            qty = min(left, _possible(want, free, warehouse))
            if qty > 0:
                plan.promises.append(_take(want, qty, free, warehouse))
                left -= qty
        if left > 0:
            plan.short[want.line_id] = left
    return plan


def _possible(want: Want, free: Mapping[Place, Decimal], warehouse: uuid.UUID) -> Decimal:
    """How many of the line this warehouse could promise alone; whole ones for a bundle of several parts."""
    most = min(max(free.get((warehouse, sku), ZERO), ZERO) / per for sku, per in want.parts.items())
    return most if _is_plain(want) else Decimal(int(most))


def _is_plain(want: Want) -> bool:
    return len(want.parts) == 1 and next(iter(want.parts.values())) == 1


def _needed(wants: Sequence[Want]) -> dict[uuid.UUID, Decimal]:
    """Pieces of each SKU: two lines may want the same, and what fits each alone must fit both together."""
    need: dict[uuid.UUID, Decimal] = {}
    for want in wants:
        for sku, per in want.parts.items():
            need[sku] = need.get(sku, ZERO) + per * want.qty
    return need


def _serves_all(
    wants: Sequence[Want], need: Mapping[uuid.UUID, Decimal], free: Mapping[Place, Decimal], warehouse: uuid.UUID
) -> bool:
    """Whether one warehouse can promise everything; of a bundle whole ones only."""
    if not all(free.get((warehouse, sku), ZERO) >= qty for sku, qty in need.items()):
        return False
    return all(_is_plain(want) or _possible(want, free, warehouse) >= want.qty for want in wants)


def _take(want: Want, qty: Decimal, free: dict[Place, Decimal], warehouse: uuid.UUID) -> Promise:
    for sku, per in want.parts.items():
        free[warehouse, sku] = free.get((warehouse, sku), ZERO) - per * qty
    return Promise(want.line_id, warehouse, qty, want.parts)
