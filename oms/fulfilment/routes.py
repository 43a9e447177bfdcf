"""The order in which a picker visits the bins of a list, with its length, the optimum and the S-shape length.

Opened by wave planning (`waves.py`). On a grid of up to four blocks the route is proved shortest; on other floors
it is a good one without a bound, and says so (`optimum_mm` is None).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.fulfilment.layout import FreeFloor, Layout, Point, Stop
from oms.fulfilment.open_floor import floor_of, tour
from oms.fulfilment.route_dp import ABOVE, BELOW, DOUBLE, NONE, SINGLE, SPLIT, Column, Moves, shortest
from oms.fulfilment.s_shape import s_shape_mm
from oms.fulfilment.walk import Grid, walk_of, widest_gap

_SHUT: Moves = ((NONE, 0),)


@dataclass(frozen=True, slots=True)
class Route:
    """The walk of one list. `optimum_mm` None: no bound is known. `s_shape_mm` None: the floor has no aisles."""

    stops: tuple[Stop, ...]
    length_mm: int
    optimum_mm: int | None
    s_shape_mm: int | None
    points: tuple[Point, ...] = ()


def plan_route(layout: Layout | FreeFloor, stops: Sequence[Stop]) -> Route:
    """Order `stops` for the shortest walk from the depot and back; every stop appears once in the answer.

    Raises InputInvalid for a stop outside the floor. The same input gives the same route. (F-2)
    """
    if isinstance(layout, FreeFloor):
        order, length_mm = tour(layout, [stop.bin for stop in stops])
        return Route(tuple(stops[n] for n in order), length_mm, optimum_mm=None, s_shape_mm=None)
    for stop in stops:
        layout.check(stop)
    if not stops:
        return Route((), 0, optimum_mm=0, s_shape_mm=0)
    return _exact(layout, stops) if layout.is_exact else _approximate(layout, stops)


def _exact(layout: Layout, stops: Sequence[Stop]) -> Route:
    grid = _grid(layout, stops)
    plan = shortest(_columns(layout, grid), depot_column=grid.depot[0], depot_node=grid.depot[1])
    walk = walk_of(grid, plan)
    return Route(walk.stops, plan.length_mm, plan.length_mm, s_shape_mm(layout, stops), walk.points)


def _approximate(layout: Layout, stops: Sequence[Stop]) -> Route:
    floor = floor_of(layout, stops)
    order, length_mm = tour(floor, [stop.bin for stop in stops])
    return Route(tuple(stops[n] for n in order), length_mm, None, s_shape_mm(layout, stops))


def _grid(layout: Layout, stops: Sequence[Stop]) -> Grid:
    by_place: dict[tuple[int, int], list[Stop]] = {}
    for stop in stops:
        by_place.setdefault((layout.aisles[stop.aisle].x_mm, stop.block), []).append(stop)
    for place in by_place.values():
        place.sort(key=lambda stop: stop.y_mm)
    xs_mm = _columns_x(layout, {x_mm for x_mm, _ in by_place})
    blocks = range(layout.block_count)
    return Grid(
        xs_mm=tuple(xs_mm),
        ys_mm=tuple(cross.y_mm for cross in layout.cross_aisles),
        stretches=tuple(tuple(tuple(by_place.get((x_mm, block), ())) for block in blocks) for x_mm in xs_mm),
        depot=(xs_mm.index(layout.depot.x_mm), layout.depot.cross_aisle),
    )


def _columns_x(layout: Layout, picked: set[int]) -> list[int]:
    """The aisles that a shortest walk may need: those with stops, and the depot's column.

    A walk through an empty aisle can be shifted sideways until it meets one of these, and one direction of the
    shift is never longer. Only past a depot that stands between aisles it can't, so its neighbours stay.
    """
    depot = layout.depot.x_mm
    aisles = [aisle.x_mm for aisle in layout.aisles]
    if depot in aisles:
        return sorted(picked | {depot})
    left = [x_mm for x_mm in aisles if min(picked) <= x_mm < depot][-1:]
    right = [x_mm for x_mm in aisles if depot < x_mm <= max(picked)][:1]
    return sorted({*picked, depot, *left, *right})


def _columns(layout: Layout, grid: Grid) -> list[Column]:
    """The moves of every stretch. A depot between two aisles stands in a column that can't be walked up or down."""
    aisles = {aisle.x_mm for aisle in layout.aisles}
    ends = list(zip(grid.ys_mm, grid.ys_mm[1:], strict=False))
    return [
        Column(
            x_mm,
            tuple(
                _moves(stops, low, high) if x_mm in aisles else _SHUT
                for stops, (low, high) in zip(column, ends, strict=True)
            ),
        )
        for x_mm, column in zip(grid.xs_mm, grid.stretches, strict=True)
    ]


def _moves(stops: tuple[Stop, ...], low_mm: int, high_mm: int) -> Moves:
    """What may be done with one stretch, and what it costs."""
    length = high_mm - low_mm
    if not stops:
        return ((NONE, 0), (SINGLE, length), (DOUBLE, 2 * length))
    ys_mm = [stop.y_mm for stop in stops]
    moves = [
        (SINGLE, length),
        (DOUBLE, 2 * length),
        (BELOW, 2 * (ys_mm[-1] - low_mm)),
        (ABOVE, 2 * (high_mm - ys_mm[0])),
    ]
    if len(ys_mm) > 1:
        gap = widest_gap(ys_mm)
        moves.append((SPLIT, 2 * (length - (ys_mm[gap] - ys_mm[gap - 1]))))
    return tuple(moves)
