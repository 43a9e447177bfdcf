"""From the plan of the exact route to the walk itself: an Euler tour over the ways that the plan uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.fulfilment.layout import Point, Stop
from oms.fulfilment.route_dp import ABOVE, BELOW, DOUBLE, SINGLE, SPLIT, Plan

#: A node of the walking grid: (column, cross aisle).
Node = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """The part of the floor that the tour may use: columns' x, cross aisles' y, stops by column and block.

    The stops of one stretch (an aisle between two cross aisles) stand from low y to high.
    """

    xs_mm: tuple[int, ...]
    ys_mm: tuple[int, ...]
    stretches: tuple[tuple[tuple[Stop, ...], ...], ...]
    depot: Node


@dataclass(slots=True)
class _Way:
    """One way of the tour, walked once; `stops` in the order from `start` to `end` (a loop returns to `start`)."""

    start: Node
    end: Node
    stops: tuple[Stop, ...] = ()
    used: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    stops: tuple[Stop, ...]
    points: tuple[Point, ...]


def widest_gap(ys_mm: Sequence[int]) -> int:
    """Index n so that the gap between positions n - 1 and n is the widest between neighbours (at least two)."""
    return max(range(1, len(ys_mm)), key=lambda n: ys_mm[n] - ys_mm[n - 1])


def walk_of(grid: Grid, plan: Plan) -> Walk:
    """Order the stops and list the corner points of the plan's walk, from the depot back to the depot."""
    ways: dict[Node, list[_Way]] = {}
    for way in (*_ways_in_aisles(grid, plan), *_ways_between_aisles(plan)):
        ways.setdefault(way.start, []).append(way)
        if way.end != way.start:
            ways.setdefault(way.end, []).append(way)
    return _pace(grid, _euler_tour(ways, grid.depot))


def _ways_in_aisles(grid: Grid, plan: Plan) -> list[_Way]:
    ways: list[_Way] = []
    for column, actions in enumerate(plan.actions):
        for block, action in enumerate(actions):
            ways += _ways_of_stretch((column, block), action, grid.stretches[column][block])
    return ways


def _ways_of_stretch(low: Node, action: int, stops: tuple[Stop, ...]) -> list[_Way]:
    high = (low[0], low[1] + 1)
    if action == SINGLE:
        return [_Way(low, high, stops)]
    if action == DOUBLE:
        return [_Way(low, high, stops), _Way(low, high)]
    if action == BELOW:
        return [_Way(low, low, stops)]
    if action == ABOVE:
        return [_Way(high, high, stops[::-1])]
    if action == SPLIT:
        gap = widest_gap([stop.y_mm for stop in stops])
        return [_Way(low, low, stops[:gap]), _Way(high, high, stops[gap:][::-1])]
    return []


def _ways_between_aisles(plan: Plan) -> list[_Way]:
    return [
        _Way((column, cross), (column + 1, cross))
        for column, copies in enumerate(plan.copies)
        for cross, count in enumerate(copies)
        for _ in range(count)
    ]


def _euler_tour(ways: dict[Node, list[_Way]], depot: Node) -> list[tuple[Node, _Way]]:
    """Hierholzer's tour: (node that the way is left from, way), each way once, from the depot back to it."""
    stack: list[tuple[Node, tuple[Node, _Way] | None]] = [(depot, None)]
    tour: list[tuple[Node, _Way]] = []
    while stack:
        node, step = stack[-1]
        way = _next_unused(ways.get(node, []))
        if way is not None:
            way.used = True
            stack.append((way.end if way.start == node else way.start, (node, way)))
            continue
        stack.pop()
        if step is not None:
            tour.append(step)
    return tour[::-1]


def _next_unused(ways: list[_Way]) -> _Way | None:
    while ways:
        way = ways.pop()
        if not way.used:
            return way
    return None


def _pace(grid: Grid, tour: list[tuple[Node, _Way]]) -> Walk:
    stops: list[Stop] = []
    points = [_corner(grid, grid.depot)]
    for node, way in tour:
        passed = way.stops if way.start == node else way.stops[::-1]
        x_mm = grid.xs_mm[node[0]]
        stops += passed
        points += [Point(x_mm, stop.y_mm) for stop in passed]
        points.append(_corner(grid, way.end if way.start == node else way.start))
    return Walk(stops=tuple(stops), points=tuple(points))


def _corner(grid: Grid, node: Node) -> Point:
    return Point(grid.xs_mm[node[0]], grid.ys_mm[node[1]])
