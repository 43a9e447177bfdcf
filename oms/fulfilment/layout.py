"""The warehouse floor as the picker walks it, in whole millimetres so that lengths compare exactly.

A `Layout` is the rectilinear grid of parallel aisles between cross aisles, for which routes are exact.
A `FreeFloor` is any other floor: points joined by ways. Both are values; nothing here reads a database.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from oms.errors import InputInvalid

#: Up to this many blocks the exact route is cheap (568 states); above it the frontier grows too fast.
EXACT_BLOCKS = 4


class Direction(StrEnum):
    """How an aisle may be walked; `up` is towards greater y."""

    BOTH = "both"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Aisle:
    """A pick aisle; the picker walks on its centre line at `x_mm`, both sides are reached from there."""

    index: int
    x_mm: int
    direction: Direction = Direction.BOTH


@dataclass(frozen=True, slots=True)
class CrossAisle:
    """A cross aisle; `y_mm` is the line that the picker walks on, `width_mm` what the racks leave free."""

    index: int
    y_mm: int
    width_mm: int = 0


@dataclass(frozen=True, slots=True)
class Depot:
    """Where a list starts and ends: on cross aisle `cross_aisle` at `x_mm` (not bound to an aisle)."""

    x_mm: int
    cross_aisle: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """A bin to visit: access point `y_mm` in `aisle`, in block `block` (between cross aisles n and n + 1)."""

    bin: str
    aisle: int
    y_mm: int
    block: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the walking lines."""

    x_mm: int
    y_mm: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Parallel aisles joined by cross aisles from end to end.

    `aisles` rise with x, `cross_aisles` with y, and each `index` is the place in its tuple; else InputInvalid.
    """

    aisles: tuple[Aisle, ...]
    cross_aisles: tuple[CrossAisle, ...]
    depot: Depot

    def __post_init__(self) -> None:
        wrong = {
            "aisles": _rising([(aisle.index, aisle.x_mm) for aisle in self.aisles], least=1),
            "cross_aisles": _rising([(cross.index, cross.y_mm) for cross in self.cross_aisles], least=2),
            "depot": "" if 0 <= self.depot.cross_aisle < len(self.cross_aisles) else "names no cross aisle",
        }
        faults = {name: fault for name, fault in wrong.items() if fault}
        if faults:
            raise InputInvalid("the layout is not a grid; mend the named parts", fields=faults)

    @property
    def block_count(self) -> int:
        return len(self.cross_aisles) - 1

    @property
    def is_exact(self) -> bool:
        """Whether the exact route applies: at most four blocks, no one-way aisle."""
        return self.block_count <= EXACT_BLOCKS and all(aisle.direction is Direction.BOTH for aisle in self.aisles)

    def check(self, stop: Stop) -> None:
        """Raise InputInvalid for a stop that lies on none of the aisles or outside its block."""
        if not 0 <= stop.aisle < len(self.aisles) or not 0 <= stop.block < self.block_count:
            raise InputInvalid(
                f"bin {stop.bin}: no aisle {stop.aisle} with block {stop.block}; correct the bin's place"
            )
        low, high = self.cross_aisles[stop.block].y_mm, self.cross_aisles[stop.block + 1].y_mm
        if not low <= stop.y_mm <= high:
            raise InputInvalid(f"bin {stop.bin}: y {stop.y_mm} mm is not within its block ({low} to {high} mm)")


@dataclass(frozen=True, slots=True)
class WalkWay:
    """A way between two points of a free floor; `one_way` allows only from `start` to `end`."""

    start: str
    end: str
    length_mm: int
    one_way: bool = False


@dataclass(frozen=True, slots=True)
class FreeFloor:
    """A floor that is no grid: several storeys, obstacles, slanted ways. `bins` names each bin's point."""

    ways: tuple[WalkWay, ...]
    depot: str
    bins: Mapping[str, str] = field(default_factory=dict)


def regular_grid(
    *,
    aisle_count: int,
    aisle_pitch_mm: int,
    block_count: int = 1,
    block_length_mm: int,
    depot_aisle: int = 0,
    depot_cross_aisle: int = 0,
) -> Layout:
    """Make the usual floor: equal aisles, equal blocks; a block's length is from line to line of its cross aisles."""
    return Layout(
        aisles=tuple(Aisle(index=n, x_mm=n * aisle_pitch_mm) for n in range(aisle_count)),
        cross_aisles=tuple(CrossAisle(index=n, y_mm=n * block_length_mm) for n in range(block_count + 1)),
        depot=Depot(x_mm=depot_aisle * aisle_pitch_mm, cross_aisle=depot_cross_aisle),
    )


def _rising(places: list[tuple[int, int]], *, least: int) -> str:
    if len(places) < least:
        return f"needs at least {least}"
    if [index for index, _ in places] != list(range(len(places))):
        return "index must count 0, 1, 2, ... in order"
    if any(after <= before for (_, before), (_, after) in itertools.pairwise(places)):
        return "coordinates must rise"
    return ""
