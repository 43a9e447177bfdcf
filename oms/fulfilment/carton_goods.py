"""What goes into cartons and what comes out of the choice: values only, millimetres and grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from oms.errors import InputInvalid

#: Length, width and height in mm.
Size = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class CartonKind:
    """A kind of carton: inner size, what it may hold, its own weight, what it costs to use.

    `cost` orders the choice: the carton's price, or its dimensional weight where freight decides.
    """

    code: str
    length_mm: int
    width_mm: int
    height_mm: int
    max_weight_g: int
    tare_g: int = 0
    cost: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        _check_positive(f"carton {self.code}", self.length_mm, self.width_mm, self.height_mm, self.max_weight_g)

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece to pack. Without all three sizes it is packed by weight only.

    `this_side_up` keeps its height upright; nothing may stand on a `fragile` piece.
    """

    sku: str
    weight_g: int
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    this_side_up: bool = False
    fragile: bool = False

    def __post_init__(self) -> None:
        _check_positive(f"SKU {self.sku}", *(side for side in self._sides() if side is not None))
        if self.weight_g < 0:
            raise InputInvalid(f"SKU {self.sku}: weight {self.weight_g} g is below zero; correct the master data")

    def _sides(self) -> tuple[int | None, int | None, int | None]:
        return self.length_mm, self.width_mm, self.height_mm

    @property
    def size(self) -> Size | None:
        if self.length_mm is None or self.width_mm is None or self.height_mm is None:
            return None
        return self.length_mm, self.width_mm, self.height_mm

    @property
    def volume_mm3(self) -> int:
        return self.size[0] * self.size[1] * self.size[2] if self.size else 0

    def orientations(self) -> tuple[Size, ...]:
        """Every different way to stand the piece: (along the length, along the width, upwards)."""
        if self.size is None:
            return ()
        a, b, up = self.size
        ways = [(a, b, up), (b, a, up)]
        if not self.this_side_up:
            ways += [(a, up, b), (up, a, b), (b, up, a), (up, b, a)]
        return tuple(dict.fromkeys(ways))


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece in its carton: the corner nearest the origin, and its sides as it stands."""

    piece: Piece
    x_mm: int
    y_mm: int
    z_mm: int
    length_mm: int
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class Layer:
    """What the packer puts in at one height, from the bottom: (sku, pieces), in the order of packing."""

    z_mm: int
    goods: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FilledCarton:
    """One carton of the answer; `loose` pieces go in where there is room (no place was computed for them)."""

    carton: CartonKind
    placed: tuple[Placed, ...] = ()
    loose: tuple[Piece, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (*(place.piece for place in self.placed), *self.loose)

    @property
    def gross_weight_g(self) -> int:
        return self.carton.tare_g + sum(piece.weight_g for piece in self.pieces)

    def layers(self) -> tuple[Layer, ...]:
        """The layers to show to the packer, bottom first; loose pieces are not in them."""
        ordered = sorted(self.placed, key=lambda place: (place.z_mm, place.y_mm, place.x_mm))
        return tuple(
            Layer(z_mm, _counted([place.piece.sku for place in level]))
            for z_mm, level in groupby(ordered, key=lambda place: place.z_mm)
        )


class PackingNote(StrEnum):
    """Why an answer is weaker than a computed packing."""

    SIZE_MISSING = "size_missing"
    BY_VOLUME = "by_volume"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Packing:
    """The answer: cartons, and pieces that fit into none and travel in their own packaging.

    `notes` pairs each weakness with the SKUs that it is about.
    """

    cartons: tuple[FilledCarton, ...]
    unboxed: tuple[Piece, ...] = ()
    notes: tuple[tuple[PackingNote, tuple[str, ...]], ...] = ()

    @property
    def cost(self) -> Decimal:
        return sum((filled.carton.cost for filled in self.cartons), Decimal(0))


def _counted(skus: Sequence[str]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for sku in skus:
        counts[sku] = counts.get(sku, 0) + 1
    return tuple(counts.items())


def _check_positive(what: str, *numbers: int) -> None:
    if any(number <= 0 for number in numbers):
        raise InputInvalid(f"{what}: sizes and limits must be above zero; correct the master data")
