"""An independent judge of packings: shares no code with the packing, only its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from oms.fulfilment.carton_goods import FilledCarton, Packing, Piece, Placed

#: Least share of a base that must be carried, in percent.
LEAST_SUPPORT_PERCENT = 60


def check_packing(pieces: Sequence[Piece], packing: Packing) -> list[str]:
    """Name every violation: a piece missing or doubled, outside, overlapping, turned, hanging, crushed, too heavy."""
    packed = [piece for filled in packing.cartons for piece in filled.pieces]
    faults = []
    if Counter(pieces) != Counter([*packed, *packing.unboxed]):
        faults.append("the pieces in the cartons are not the pieces that were to be packed")
    for number, filled in enumerate(packing.cartons, start=1):
        faults += [f"carton {number} ({filled.carton.code}): {fault}" for fault in _carton_faults(filled)]
    return faults


def _carton_faults(filled: FilledCarton) -> Iterator[str]:
    if not filled.pieces:
        yield "empty"
    if sum(piece.weight_g for piece in filled.pieces) > filled.carton.max_weight_g:
        yield "over its weight limit"
    for place in filled.placed:
        yield from _place_faults(filled, place)
    for one, other in combinations(filled.placed, 2):
        if _shared(_x(one), _x(other)) and _shared(_y(one), _y(other)) and _shared(_z(one), _z(other)):
            yield f"{one.piece.sku} and {other.piece.sku} overlap"


def _place_faults(filled: FilledCarton, place: Placed) -> Iterator[str]:
    sku = place.piece.sku
    carton = filled.carton
    limits = (carton.length_mm, carton.width_mm, carton.height_mm)
    spans = (_x(place), _y(place), _z(place))
    if any(low < 0 or high > limit for (low, high), limit in zip(spans, limits, strict=True)):
        yield f"{sku} sticks out"
    yield from _turn_faults(place)
    below = [other for other in filled.placed if _z(other)[1] == place.z_mm and _over_each_other(place, other)]
    if any(other.piece.fragile for other in below):
        yield f"{sku} stands on a fragile piece"
    carried = sum(_shared(_x(place), _x(other)) * _shared(_y(place), _y(other)) for other in below)
    if place.z_mm > 0 and carried * 100 < LEAST_SUPPORT_PERCENT * place.length_mm * place.width_mm:
        yield f"{sku} hangs in the air"


def _turn_faults(place: Placed) -> Iterator[str]:
    piece = place.piece
    stands = [place.length_mm, place.width_mm, place.height_mm]
    if sorted(stands) != sorted([piece.length_mm or 0, piece.width_mm or 0, piece.height_mm or 0]):
        yield f"{piece.sku} has changed its size"
    if piece.this_side_up and place.height_mm != piece.height_mm:
        yield f"{piece.sku} is not upright"


def _over_each_other(one: Placed, other: Placed) -> bool:
    return _shared(_x(one), _x(other)) > 0 and _shared(_y(one), _y(other)) > 0


def _shared(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _x(place: Placed) -> tuple[int, int]:
    return place.x_mm, place.x_mm + place.length_mm


def _y(place: Placed) -> tuple[int, int]:
    return place.y_mm, place.y_mm + place.width_mm


def _z(place: Placed) -> tuple[int, int]:
    return place.z_mm, place.z_mm + place.height_mm
