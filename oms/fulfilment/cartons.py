"""Chooses cartons for a list of pieces: cheap to dear, the first that takes everything, else several.

One parcel beats two, since freight costs more than cartons; among answers with as many parcels the cheapest wins.
Every answer passes `carton_check.check_packing`, which shares no code with the packing.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from oms.fulfilment.carton_goods import CartonKind, FilledCarton, Packing, PackingNote, Piece, Placed, Size
from oms.fulfilment.extreme_points import fill, fill_completely

#: Shuffled packing orders tried after the fixed ones, in cartons that would not be fuller than the percentage:
#: above it they hardly ever fit, and the packer waits.
SHUFFLES = 20
SHUFFLE_TO_PERCENT = 80
#: More sized pieces than this are packed by volume: computing places would keep the packer waiting.
MOST_PLACED = 60
#: How much of a carton loose goods may fill, in percent.
LOOSE_FILL_PERCENT = 70
#: More pieces than any carton holds.
MANY = 10**9
#: Equal pieces, and how many of them.
Counted = tuple[Piece, int]


def choose_cartons(pieces: Sequence[Piece], cartons: Sequence[CartonKind], *, tolerance_mm: int = 5) -> Packing:
    """Return the cartons for `pieces`, where each piece stands, and what is weak about the answer.

    `tolerance_mm` is kept free in each direction. Pieces larger or heavier than every carton come back as
    `unboxed`. The same input gives the same answer. (F-3)
    """
    kinds = sorted(cartons, key=lambda carton: (carton.cost, carton.volume_mm3, carton.code))
    fits = {piece: any(_takes(kind, piece, tolerance_mm) for kind in kinds) for piece in set(pieces)}
    boxed = [piece for piece in pieces if fits[piece]]
    unboxed = tuple(piece for piece in pieces if not fits[piece])
    sized = [piece for piece in boxed if piece.size]
    placing = len(sized) <= MOST_PLACED
    filled = _placed_cartons(sized, kinds, tolerance_mm) if placing else []
    loose = [piece for piece in boxed if not (placing and piece.size)]
    return Packing(
        cartons=tuple(_with_loose(filled, loose, kinds, tolerance_mm)),
        unboxed=unboxed,
        notes=_notes(boxed, unboxed, placing=placing),
    )


def _notes(
    boxed: Sequence[Piece], unboxed: Sequence[Piece], *, placing: bool
) -> tuple[tuple[PackingNote, tuple[str, ...]], ...]:
    about = {
        PackingNote.SIZE_MISSING: [piece.sku for piece in boxed if not piece.size],
        PackingNote.BY_VOLUME: [] if placing else [piece.sku for piece in boxed if piece.size],
        PackingNote.TOO_LARGE: [piece.sku for piece in unboxed],
    }
    return tuple((note, tuple(dict.fromkeys(skus))) for note, skus in about.items() if skus)


def _takes(kind: CartonKind, piece: Piece, tolerance_mm: int) -> bool:
    """Whether the piece alone goes into the carton."""
    if piece.weight_g > kind.max_weight_g:
        return False
    inside = _inside(kind, tolerance_mm)
    ways = piece.orientations()
    return not ways or any(all(side <= room for side, room in zip(way, inside, strict=True)) for way in ways)


def _inside(kind: CartonKind, tolerance_mm: int) -> Size:
    return kind.length_mm - tolerance_mm, kind.width_mm - tolerance_mm, kind.height_mm - tolerance_mm


def _placed_cartons(pieces: list[Piece], kinds: Sequence[CartonKind], tolerance_mm: int) -> list[FilledCarton]:
    if not pieces:
        return []
    single = _single(pieces, kinds, tolerance_mm)
    if single is not None:
        return [single]
    return _fewest(pieces, kinds, tolerance_mm)


def _fewest(pieces: list[Piece], kinds: Sequence[CartonKind], tolerance_mm: int) -> list[FilledCarton]:
    """The fewest cartons, then the cheapest, over every kind that the first cartons may be; large kinds first."""
    best: list[FilledCarton] = []
    for first in sorted(kinds, key=lambda kind: kind.volume_mm3, reverse=True):
        answer = _several(pieces, first, kinds, tolerance_mm, most=len(best) or len(pieces))
        if answer and (not best or _rank(answer) < _rank(best)):
            best = answer
    return best


def _rank(answer: Sequence[FilledCarton]) -> tuple[int, Decimal]:
    return len(answer), sum((filled.carton.cost for filled in answer), Decimal(0))


def _single(pieces: Sequence[Piece], kinds: Sequence[CartonKind], tolerance_mm: int) -> FilledCarton | None:
    for kind in kinds:
        placed = _all_in(pieces, kind, tolerance_mm)
        if placed is not None:
            return FilledCarton(kind, tuple(placed))
    return None


def _all_in(pieces: Sequence[Piece], kind: CartonKind, tolerance_mm: int) -> list[Placed] | None:
    inside = _inside(kind, tolerance_mm)
    if sum(piece.weight_g for piece in pieces) > kind.max_weight_g:
        return None
    room = inside[0] * inside[1] * inside[2]
    volume = sum(piece.volume_mm3 for piece in pieces)
    if volume > room:
        return None
    if not all(_takes(kind, piece, tolerance_mm) for piece in pieces):
        return None
    return fill_completely(
        inside, _orders(pieces) if volume * 100 <= room * SHUFFLE_TO_PERCENT else _fixed_orders(pieces)
    )


def _several(
    pieces: list[Piece], first: CartonKind, kinds: Sequence[CartonKind], tolerance_mm: int, *, most: int
) -> list[FilledCarton]:
    """Fill cartons of kind `first` as full as they go until the rest fits into one; empty if it takes over `most`."""
    answer: list[FilledCarton] = []
    left = pieces
    while left:
        last = _single(left, kinds, tolerance_mm) if answer else None
        if last is not None:
            return [*answer, last]
        if len(answer) + 1 >= most and answer:
            return []
        filled, left_after = _fullest(left, first, tolerance_mm)
        if not filled.placed:
            filled, left_after = _fullest(left, _largest_that_takes(left[0], kinds, tolerance_mm), tolerance_mm)
        answer.append(_downsized(filled, kinds, tolerance_mm))
        left = left_after
    return answer


def _largest_that_takes(piece: Piece, kinds: Sequence[CartonKind], tolerance_mm: int) -> CartonKind:
    return max((kind for kind in kinds if _takes(kind, piece, tolerance_mm)), key=lambda kind: kind.volume_mm3)


def _fullest(pieces: Sequence[Piece], kind: CartonKind, tolerance_mm: int) -> tuple[FilledCarton, list[Piece]]:
    tries = [fill(_inside(kind, tolerance_mm), kind.max_weight_g, order) for order in _fixed_orders(pieces)]
    placed, left = max(tries, key=lambda result: sum(place.piece.volume_mm3 for place in result[0]))
    return FilledCarton(kind, tuple(placed)), left


def _downsized(filled: FilledCarton, kinds: Sequence[CartonKind], tolerance_mm: int) -> FilledCarton:
    cheaper = [kind for kind in kinds if kind.cost < filled.carton.cost]
    return _single(filled.pieces, cheaper, tolerance_mm) or filled


_BY: tuple[Callable[[Piece], tuple[int, ...]], ...] = (
    lambda piece: (piece.volume_mm3,),
    lambda piece: (max(piece.size or (0,)), piece.volume_mm3),
    lambda piece: (max(way[0] * way[1] for way in piece.orientations()), piece.volume_mm3),
    lambda piece: ((piece.size or (0, 0, 0))[2], piece.volume_mm3),
    lambda piece: (min(piece.size or (0,)), piece.volume_mm3),
    lambda piece: (piece.weight_g, piece.volume_mm3),
)


def _fixed_orders(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Big first by several measures; fragile pieces always last, so that they come on top."""
    for measure in _BY:
        ordered = sorted(pieces, key=lambda piece: (measure(piece), piece.sku), reverse=True)
        yield sorted(ordered, key=lambda piece: piece.fragile)


def _orders(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    yield from _fixed_orders(pieces)
    dice = random.Random(len(pieces))  # the same answer for the same goods
    for _ in range(SHUFFLES):
        weighted = [(piece.volume_mm3 * dice.uniform(0.4, 1.6), piece) for piece in pieces]
        ordered = [piece for _, piece in sorted(weighted, key=lambda pair: pair[0], reverse=True)]
        yield sorted(ordered, key=lambda piece: piece.fragile)


def _with_loose(
    filled: list[FilledCarton], loose: Sequence[Piece], kinds: Sequence[CartonKind], tolerance_mm: int
) -> list[FilledCarton]:
    """Add loose pieces, heavy first, to cartons that can carry them; open the cheapest new one that can.

    Equal pieces are counted: tried one by one in each carton, those of a large order would keep the packer waiting.
    """
    counted = Counter(loose)
    left = sorted(counted.items(), key=lambda pair: (pair[0].weight_g, pair[0].volume_mm3), reverse=True)
    answer = []
    for carton in filled:
        full, left = _topped_up(carton, left, tolerance_mm)
        answer.append(full)
    while left:
        full, left = _topped_up(FilledCarton(_for_loose(left, kinds, tolerance_mm)), left, tolerance_mm)
        answer.append(full)
    return answer


def _for_loose(left: Sequence[Counted], kinds: Sequence[CartonKind], tolerance_mm: int) -> CartonKind:
    """The cheapest carton that takes all that is left; else the one that takes most of it."""
    for kind in kinds:
        if not _topped_up(FilledCarton(kind), left, tolerance_mm)[1]:
            return kind
    return max(kinds, key=lambda kind: len(_topped_up(FilledCarton(kind), left, tolerance_mm)[0].loose))


def _topped_up(filled: FilledCarton, left: Sequence[Counted], tolerance_mm: int) -> tuple[FilledCarton, list[Counted]]:
    kind = filled.carton
    weight = kind.max_weight_g - sum(piece.weight_g for piece in filled.pieces)
    volume = kind.volume_mm3 * LOOSE_FILL_PERCENT // 100 - sum(piece.volume_mm3 for piece in filled.pieces)
    added: list[Piece] = []
    over: list[Counted] = []
    for piece, count in left:
        alone = not filled.pieces and not added
        taken = min(count, _room_for(piece, weight, volume, alone=alone)) if _takes(kind, piece, tolerance_mm) else 0
        weight -= taken * piece.weight_g
        volume -= taken * piece.volume_mm3
        added += [piece] * taken
        if taken < count:
            over.append((piece, count - taken))
    return FilledCarton(kind, filled.placed, (*filled.loose, *added)), over


def _room_for(piece: Piece, weight: int, volume: int, *, alone: bool) -> int:
    """How many equal pieces still go in; one that is alone may fill its carton."""
    by_weight = weight // piece.weight_g if piece.weight_g else MANY
    by_volume = max(volume, 0) // piece.volume_mm3 if piece.volume_mm3 else MANY
    return min(by_weight, max(by_volume, 1) if alone else by_volume)
