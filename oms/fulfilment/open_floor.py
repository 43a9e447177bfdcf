"""Routes where the exact method does not apply: nearest neighbour, then 2-opt and moves of short runs.

For free floors, one-way aisles and more than four blocks. The result is short, but no bound is known for it.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

from oms.errors import InputInvalid
from oms.fulfilment.layout import Aisle, Direction, FreeFloor, Layout, Stop, WalkWay

#: Lengths from each place to each, the depot being place 0.
Matrix = Sequence[Sequence[int]]


def floor_of(layout: Layout, stops: Sequence[Stop]) -> FreeFloor:
    """The grid as points and ways, with one-way aisles; bins are points on their aisle."""
    ways = list(_cross_ways(layout))
    for aisle in layout.aisles:
        places = {_node(aisle.x_mm, cross.y_mm): cross.y_mm for cross in layout.cross_aisles}
        places |= {_node(aisle.x_mm, stop.y_mm): stop.y_mm for stop in stops if stop.aisle == aisle.index}
        ordered = sorted(places.items(), key=lambda place: place[1])
        ways += [_aisle_way(aisle, low, high) for low, high in pairwise(ordered)]
    return FreeFloor(
        ways=tuple(ways),
        depot=_node(layout.depot.x_mm, layout.cross_aisles[layout.depot.cross_aisle].y_mm),
        bins={stop.bin: _node(layout.aisles[stop.aisle].x_mm, stop.y_mm) for stop in stops},
    )


def tour(floor: FreeFloor, bins: Sequence[str]) -> tuple[list[int], int]:
    """Return the order of `bins` (their indexes) and the walk's length in mm.

    Raises InputInvalid for a bin without a point or one that can't be reached from the depot and left again.
    """
    unknown = sorted({code for code in bins if code not in floor.bins})
    if unknown:
        raise InputInvalid(f"bins without a place on the floor: {', '.join(unknown)}; place them on a point")
    lengths = _matrix(floor, [floor.depot, *(floor.bins[code] for code in bins)])
    order = _improved(_nearest_neighbour(lengths), lengths)
    return [place - 1 for place in order[1:-1]], _length(order, lengths)


def _node(x_mm: int, y_mm: int) -> str:
    return f"{x_mm}:{y_mm}"


def _cross_ways(layout: Layout) -> list[WalkWay]:
    xs_mm = sorted({aisle.x_mm for aisle in layout.aisles} | {layout.depot.x_mm})
    return [
        WalkWay(_node(left, cross.y_mm), _node(right, cross.y_mm), right - left)
        for cross in layout.cross_aisles
        for left, right in pairwise(xs_mm)
    ]


def _aisle_way(aisle: Aisle, low: tuple[str, int], high: tuple[str, int]) -> WalkWay:
    start, end = (high, low) if aisle.direction is Direction.DOWN else (low, high)
    return WalkWay(start[0], end[0], high[1] - low[1], one_way=aisle.direction is not Direction.BOTH)


def _matrix(floor: FreeFloor, places: Sequence[str]) -> list[list[int]]:
    neighbours: dict[str, list[tuple[str, int]]] = {}
    for way in floor.ways:
        neighbours.setdefault(way.start, []).append((way.end, way.length_mm))
        if not way.one_way:
            neighbours.setdefault(way.end, []).append((way.start, way.length_mm))
    rows = []
    for place in places:
        reached = _distances(neighbours, place)
        cut_off = [other for other in places if other not in reached]
        if cut_off:
            raise InputInvalid(f"no way from {place} to {', '.join(cut_off)}; add the missing way to the floor")
        rows.append([reached[other] for other in places])
    return rows


def _distances(neighbours: Mapping[str, list[tuple[str, int]]], source: str) -> dict[str, int]:
    reached: dict[str, int] = {}
    heap = [(0, source)]
    while heap:
        length, place = heapq.heappop(heap)
        if place in reached:
            continue
        reached[place] = length
        for other, extra in neighbours.get(place, ()):
            if other not in reached:
                heapq.heappush(heap, (length + extra, other))
    return reached


def _nearest_neighbour(lengths: Matrix) -> list[int]:
    left = set(range(1, len(lengths)))
    order = [0]
    while left:
        here = lengths[order[-1]]
        nearest = min(left, key=lambda place: (here[place], place))
        left.remove(nearest)
        order.append(nearest)
    return [*order, 0]


def _length(order: Sequence[int], lengths: Matrix) -> int:
    return sum(lengths[a][b] for a, b in pairwise(order))


def _improved(order: list[int], lengths: Matrix) -> list[int]:
    while (better := _two_opt(order, lengths) or _or_opt(order, lengths)) is not None:
        order = better
    return order


def _two_opt(order: list[int], lengths: Matrix) -> list[int] | None:
    """The best reversal of a run, or None. Running sums both ways make it right for one-way floors too."""
    steps = list(pairwise(order))
    ahead = [0, *accumulate(lengths[a][b] for a, b in steps)]
    back = [0, *accumulate(lengths[b][a] for a, b in steps)]
    best, cut = 0, (0, 0)
    for first in range(1, len(order) - 2):
        before = order[first - 1]
        for last in range(first + 1, len(order) - 1):
            after = order[last + 1]
            new = lengths[before][order[last]] + back[last] - back[first] + lengths[order[first]][after]
            gain = ahead[last + 1] - ahead[first - 1] - new
            if gain > best:
                best, cut = gain, (first, last)
    if not best:
        return None
    first, last = cut
    return [*order[:first], *order[first : last + 1][::-1], *order[last + 1 :]]


def _or_opt(order: list[int], lengths: Matrix) -> list[int] | None:
    """The best move of a run of one to three stops to another place, or None."""
    best, move = 0, (0, 0, 0)
    for size in (1, 2, 3):
        for first in range(1, len(order) - size):
            gain, target = _best_place(order, lengths, first, size)
            if gain > best:
                best, move = gain, (first, size, target)
    if not best:
        return None
    first, size, target = move
    rest = order[:first] + order[first + size :]
    return rest[:target] + order[first : first + size] + rest[target:]


def _best_place(order: list[int], lengths: Matrix, first: int, size: int) -> tuple[int, int]:
    head, tail = order[first], order[first + size - 1]
    rest = order[:first] + order[first + size :]
    freed = lengths[order[first - 1]][head] + lengths[tail][order[first + size]]
    freed -= lengths[order[first - 1]][order[first + size]]
    best, target = 0, 0
    for place in range(1, len(rest)):
        before, after = rest[place - 1], rest[place]
        gain = freed - (lengths[before][head] + lengths[tail][after] - lengths[before][after])
        if gain > best:
            best, target = gain, place
    return best, target
