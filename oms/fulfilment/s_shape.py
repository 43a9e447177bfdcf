"""The S-shape walk that a plain warehouse system prints, for comparison (Roodbergen and de Koster 2001).

Aisles with picks are walked through from end to end. With several blocks the picker goes up the left-most pick
aisle to the farthest block and works back block by block, each from the end that is nearer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from oms.fulfilment.layout import Layout, Stop


@dataclass(slots=True)
class _Picker:
    """Where the picker is and what has been walked."""

    x_mm: int
    y_mm: int
    walked_mm: int = field(default=0)

    def go(self, *, x_mm: int | None = None, y_mm: int | None = None) -> None:
        x_mm = self.x_mm if x_mm is None else x_mm
        y_mm = self.y_mm if y_mm is None else y_mm
        self.walked_mm += abs(x_mm - self.x_mm) + abs(y_mm - self.y_mm)
        self.x_mm, self.y_mm = x_mm, y_mm


def s_shape_mm(layout: Layout, stops: Sequence[Stop]) -> int:
    """Length of the S-shape walk over `stops`, from the depot back to the depot; 0 without stops.

    The better of starting at the left-most and at the right-most pick aisle, so that the comparison is fair.
    A depot on a middle cross aisle serves the blocks above it and those below it as two walks.
    """
    depot = layout.depot.cross_aisle
    ys_mm = [cross.y_mm for cross in layout.cross_aisles]
    above = [(stop.block - depot, stop.aisle, stop.y_mm) for stop in stops if stop.block >= depot]
    below = [(depot - 1 - stop.block, stop.aisle, -stop.y_mm) for stop in stops if stop.block < depot]
    return _one_side(layout, ys_mm[depot:], above) + _one_side(layout, [-y for y in ys_mm[depot::-1]], below)


def _one_side(layout: Layout, ys_mm: list[int], places: Sequence[tuple[int, int, int]]) -> int:
    if not places:
        return 0
    return min(_from_the_left(layout, ys_mm, places, sign) for sign in (1, -1))


def _from_the_left(layout: Layout, ys_mm: list[int], places: Sequence[tuple[int, int, int]], sign: int) -> int:
    """The walk with x counted from the left (`sign` 1) or, mirrored, from the right (-1)."""
    picks: dict[int, dict[int, list[int]]] = {}
    for block, aisle, y_mm in places:
        picks.setdefault(block, {}).setdefault(sign * layout.aisles[aisle].x_mm, []).append(y_mm)
    picker = _Picker(x_mm=sign * layout.depot.x_mm, y_mm=ys_mm[0])
    farthest = max(picks)
    _climb(picker, picks, ys_mm, farthest)
    _farthest_block(picker, sorted(picks[farthest].items()), ys_mm[farthest], ys_mm[farthest + 1])
    for block in range(farthest - 1, -1, -1):
        _block_on_the_way_back(picker, picks.get(block, {}), ys_mm[block], ys_mm[block + 1])
    picker.go(x_mm=sign * layout.depot.x_mm)
    return picker.walked_mm


def _climb(picker: _Picker, picks: dict[int, dict[int, list[int]]], ys_mm: list[int], farthest: int) -> None:
    """Up the left-most pick aisle to the front of the farthest block, picking on the way."""
    left = min(min(aisles) for aisles in picks.values())
    picker.go(x_mm=left)
    for block in range(farthest):
        picks.get(block, {}).pop(left, None)
    picker.go(y_mm=ys_mm[farthest])


def _farthest_block(picker: _Picker, aisles: list[tuple[int, list[int]]], front_mm: int, back_mm: int) -> None:
    """Enter from the front, from left to right; an odd last aisle is walked in and out again."""
    for number, (x_mm, ys_mm) in enumerate(aisles):
        picker.go(x_mm=x_mm)
        if picker.y_mm == front_mm and number == len(aisles) - 1:
            picker.go(y_mm=max(ys_mm))
            picker.go(y_mm=front_mm)
            return
        picker.go(y_mm=back_mm if picker.y_mm == front_mm else front_mm)


def _block_on_the_way_back(picker: _Picker, aisles: dict[int, list[int]], front_mm: int, back_mm: int) -> None:
    """Enter from the back at the nearer end and leave at the front; an even last aisle is walked in and out."""
    order = sorted(aisles.items())
    if order and abs(order[-1][0] - picker.x_mm) < abs(order[0][0] - picker.x_mm):
        order.reverse()
    if not order:
        picker.go(y_mm=front_mm)
        return
    for number, (x_mm, ys_mm) in enumerate(order):
        picker.go(x_mm=x_mm)
        if picker.y_mm == front_mm and number == len(order) - 1:
            picker.go(y_mm=max(ys_mm))
            picker.go(y_mm=front_mm)
            return
        picker.go(y_mm=front_mm if picker.y_mm == back_mm else back_mm)
