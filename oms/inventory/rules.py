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
    """`qty` of one order line; `parts` are the pieces of each SKU in one of it (a plain line is one of itself).

    `whole`: what makes sets complete, so that no fraction of it is of use.
    """

    line_id: uuid.UUID
    qty: Decimal
    parts: Mapping[uuid.UUID, Decimal]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """`qty` of a line from one warehouse."""

    line_id: uuid.UUID
    warehouse_id: uuid.UUID
    qty: Decimal
    parts: Mapping[uuid.UUID, Decimal]


@dataclass(slots=True)
class Plan:
    """What an order gets, and what is short of it: units by line, and the pieces of each (line, SKU)."""

    promises: list[Promise] = field(default_factory=list)
    short: dict[uuid.UUID, Decimal] = field(default_factory=dict)
    lacking: dict[tuple[uuid.UUID, uuid.UUID], Decimal] = field(default_factory=dict)


def wants_of_set(
    line_id: uuid.UUID, qty: Decimal, parts: Mapping[uuid.UUID, Decimal], spare: Mapping[uuid.UUID, Decimal]
) -> list[Want]:
    """`qty` sets of a line that has pieces promised which make no whole set (a part was short): they lack the others only."""
    found: list[Want] = []
    spare, left = dict(spare), qty
    while left >= 1:
        missing = {sku: per - min(spare.get(sku, ZERO), per) for sku, per in parts.items()}
        missing = {sku: pieces for sku, pieces in missing.items() if pieces > 0}
        if not missing or missing == dict(parts):
            break
        spare = {sku: max(spare.get(sku, ZERO) - per, ZERO) for sku, per in parts.items()}
        left -= 1
        if found and found[-1].parts == missing:
            found[-1] = Want(line_id, found[-1].qty + 1, missing, whole=True)
        else:
            found.append(Want(line_id, Decimal(1), missing, whole=True))
    return [*found, Want(line_id, left, parts)] if left > 0 else found


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
            plan.short[want.line_id] = plan.short.get(want.line_id, ZERO) + left
            for sku, per in want.parts.items():
                plan.lacking[want.line_id, sku] = plan.lacking.get((want.line_id, sku), ZERO) + per * left
    return plan


def _possible(want: Want, free: Mapping[Place, Decimal], warehouse: uuid.UUID) -> Decimal:
    """How many of the line this warehouse could promise alone; whole ones for a bundle of several parts."""
    most = min(max(free.get((warehouse, sku), ZERO), ZERO) / per for sku, per in want.parts.items())
    return most if _is_plain(want) else Decimal(int(most))


def _is_plain(want: Want) -> bool:
    return not want.whole and len(want.parts) == 1 and next(iter(want.parts.values())) == 1


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
