"""How waves are cut and bins are chosen: pure. One cut-off, one planned carrier, single-line orders together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Ready:
    """A released fulfilment; `lines` are (fulfilment line, SKU, pieces)."""

    fulfilment_id: uuid.UUID
    order_id: uuid.UUID
    warehouse_id: uuid.UUID
    carrier_id: uuid.UUID
    service: str
    cut_off_at: datetime
    lines: list[tuple[uuid.UUID, uuid.UUID, Decimal]]


@dataclass(frozen=True, slots=True)
class BinPieces:
    """What a bin has of a SKU that is on no pick list yet."""

    bin_id: uuid.UUID
    sku_id: uuid.UUID
    warehouse_id: uuid.UUID
    free: Decimal
    code: str
    aisle: int
    y_mm: int
    block: int


@dataclass(frozen=True, slots=True)
class Take:
    """Take `qty` for one fulfilment line from one bin."""

    line_id: uuid.UUID
    sku_id: uuid.UUID
    bin: BinPieces
    qty: Decimal


def group(ready: Sequence[Ready], *, max_orders: int, max_lines: int) -> list[list[Ready]]:
    """Cut fulfilments into waves: same warehouse, cut-off, carrier and service; single-line ones apart; within limits."""
    kinds: dict[tuple[object, ...], list[Ready]] = {}
    for r in ready:
        key = (r.warehouse_id, r.cut_off_at, r.carrier_id, r.service, len(r.lines) == 1)
        kinds.setdefault(key, []).append(r)
    waves = []
    for same in kinds.values():
        current: list[Ready] = []
        for r in same:
            lines = sum(len(other.lines) for other in current)
            if current and (len(current) >= max_orders or lines + len(r.lines) > max_lines):
                waves.append(current)
                current = []
            current.append(r)
        waves.append(current)
    return waves


def take_from_bins(ready: Sequence[Ready], bins: Sequence[BinPieces]) -> dict[uuid.UUID, list[Take]]:
    """Choose bins for each line: one bin that has all if there is one (the emptiest such), else the fullest first.

    What no bin has is missing from the answer.
    """
    free = {(b.bin_id, b.sku_id): b.free for b in bins}
    by_sku: dict[tuple[uuid.UUID, uuid.UUID], list[BinPieces]] = {}
    for b in bins:
        by_sku.setdefault((b.warehouse_id, b.sku_id), []).append(b)
    taken: dict[uuid.UUID, list[Take]] = {r.fulfilment_id: [] for r in ready}
    for r in ready:
        for line_id, sku_id, qty in r.lines:
            places = by_sku.get((r.warehouse_id, sku_id), [])
            taken[r.fulfilment_id] += _for_line(line_id, sku_id, qty, places, free)
    return taken


def _for_line(
    line_id: uuid.UUID,
    sku_id: uuid.UUID,
    qty: Decimal,
    places: Sequence[BinPieces],
    free: dict[tuple[uuid.UUID, uuid.UUID], Decimal],
) -> list[Take]:
    left = qty
    takes = []
    while left > 0:
        able = [b for b in places if free[b.bin_id, sku_id] > 0]
        if not able:
            break
        whole = [b for b in able if free[b.bin_id, sku_id] >= left]
        place = (
            min(whole, key=lambda b: (free[b.bin_id, sku_id], b.code))
            if whole
            else max(able, key=lambda b: (free[b.bin_id, sku_id], b.code))
        )
        part = min(left, free[place.bin_id, sku_id])
        free[place.bin_id, sku_id] -= part
        left -= part
        takes.append(Take(line_id, sku_id, place, part))
    return takes
