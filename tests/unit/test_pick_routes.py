"""The pick route is proved shortest on grids, walks what it says, and says so where it has no bound."""

from __future__ import annotations

import csv
import random
import re
import sys
import time
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.errors import InputInvalid
from oms.fulfilment.layout import Aisle, CrossAisle, Depot, Direction, FreeFloor, Layout, Stop, WalkWay, regular_grid
from oms.fulfilment.open_floor import _matrix, floor_of
from oms.fulfilment.routes import Route, plan_route

NO_LISTS = "NO PUBLISHED LISTS: proven optima were not compared (they lie beside the repository)"
PUBLISHED = {1: "optimal_one_block", 2: "optimal_two_block"}


PUBLISHED_LISTS = Path(__file__).resolve().parents[3] / "shared" / "benchmarks" / "warehouse" / "sprp"


def optima(column: str) -> list[tuple[str, int]]:
    """(file, proven optimum) of every published file; `column` is optimal_one_block or optimal_two_block."""
    with (PUBLISHED_LISTS / "optimal.csv").open() as rows:
        return [(row["file"], int(row[column])) for row in csv.DictReader(rows)]


def read_list(name: str, *, blocks: int) -> tuple[Layout, list[Stop]]:
    """One file in Hessler and Irnich's format. Cell 0 is at the TOP cross aisle."""
    text = (PUBLISHED_LISTS / name).read_text(encoding="latin-1")
    head = dict(re.findall(r"^(\w+) : (.+)$", text, re.MULTILINE))
    cells, pitch = int(head["NUM_CELLS"]), int(head["DISTANCE_AISLE_TO_AISLE"])
    cross = [0, cells + 1] if blocks == 1 else [0, cells // 2 + 1, cells + 2]
    at_top = head["DEPOT_LOCATION"].strip() == "top"
    layout = Layout(
        aisles=tuple(Aisle(n, n * pitch) for n in range(int(head["NUM_AISLES"]))),
        cross_aisles=tuple(CrossAisle(n, y) for n, y in enumerate(cross)),
        depot=Depot(int(head["DEPOT_AISLE"]) * pitch, blocks if at_top else 0),
    )
    places = re.findall(r"^ID (\d+) AISLE (\d+) CELL (\d+) ", text, re.MULTILINE)
    return layout, [_stop_at(sku, int(aisle), int(cell), cells, blocks) for sku, aisle, cell in places]


def _stop_at(sku: str, aisle: int, cell: int, cells: int, blocks: int) -> Stop:
    from_bottom = cells - cell  # cell 0 is the one nearest the top
    in_top_half = blocks == 2 and cell < cells // 2
    return Stop(bin=sku, aisle=aisle, y_mm=from_bottom + in_top_half, block=int(in_top_half))


def walked_mm(layout: Layout, route: Route, stops: list[Stop]) -> int:
    """Walk the route's points: on aisles and cross aisles only, past every stop, from the depot to the depot."""
    xs = {aisle.x_mm for aisle in layout.aisles}
    ys = {cross.y_mm for cross in layout.cross_aisles}
    home = (layout.depot.x_mm, layout.cross_aisles[layout.depot.cross_aisle].y_mm)
    points = [(point.x_mm, point.y_mm) for point in route.points]
    assert points[0] == points[-1] == home
    for (x1, y1), (x2, y2) in pairwise(points):
        assert (x1 == x2 and x1 in xs) or (y1 == y2 and y1 in ys)
    assert {(layout.aisles[stop.aisle].x_mm, stop.y_mm) for stop in stops} <= set(points)
    return sum(abs(x1 - x2) + abs(y1 - y2) for (x1, y1), (x2, y2) in pairwise(points))


def held_karp_mm(layout: Layout, stops: list[Stop]) -> int:
    """The optimum by trying every subset: slow, and shares nothing with the route's method but the floor."""
    floor = floor_of(layout, stops)
    lengths = _matrix(floor, [floor.depot, *(floor.bins[stop.bin] for stop in stops)])
    everything = frozenset(range(1, len(lengths)))

    @cache
    def best(last: int, left: frozenset[int]) -> int:
        if not left:
            return lengths[last][0]
        return min(lengths[last][place] + best(place, left - {place}) for place in left)

    return best(0, everything)


@st.composite
def floors(draw: st.DrawFn) -> tuple[Layout, list[Stop]]:
    blocks, aisle_count = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    xs = sorted(draw(st.sets(st.integers(0, 40), min_size=aisle_count, max_size=aisle_count)))
    ys = sorted(draw(st.sets(st.integers(0, 60), min_size=blocks + 1, max_size=blocks + 1)))
    layout = Layout(
        aisles=tuple(Aisle(n, x) for n, x in enumerate(xs)),
        cross_aisles=tuple(CrossAisle(n, y) for n, y in enumerate(ys)),
        depot=Depot(draw(st.integers(0, 40)), draw(st.integers(0, blocks))),
    )
    stops = []
    for number in range(draw(st.integers(1, 7))):
        block = draw(st.integers(0, blocks - 1))
        y = draw(st.integers(ys[block], ys[block + 1]))
        stops.append(Stop(f"B{number}", draw(st.integers(0, aisle_count - 1)), y, block))
    return layout, stops


@pytest.mark.parametrize("blocks", [1, 2])
def test_every_published_list_is_walked_in_its_proven_optimum(blocks: int) -> None:
    if not PUBLISHED_LISTS.is_dir():
        pytest.skip(NO_LISTS)
    for name, optimum in optima(PUBLISHED[blocks]):
        layout, stops = read_list(name, blocks=blocks)
        route = plan_route(layout, stops)
        assert (name, route.length_mm, route.optimum_mm) == (name, optimum, optimum)
        assert walked_mm(layout, route, stops) == optimum
        assert sorted(stop.bin for stop in route.stops) == sorted(stop.bin for stop in stops)


@settings(max_examples=150, deadline=None)
@given(floors())
def test_the_route_of_any_small_grid_is_the_shortest_of_all(floor: tuple[Layout, list[Stop]]) -> None:
    layout, stops = floor
    route = plan_route(layout, stops)
    assert route.length_mm == route.optimum_mm == held_karp_mm(layout, stops)
    assert walked_mm(layout, route, stops) == route.length_mm
    assert sorted(stop.bin for stop in route.stops) == sorted(stop.bin for stop in stops)
    assert route.s_shape_mm is not None
    assert route.s_shape_mm >= route.length_mm


@settings(max_examples=60, deadline=None)
@given(floors())
def test_stops_come_in_the_order_in_which_the_walk_passes_them(floor: tuple[Layout, list[Stop]]) -> None:
    layout, stops = floor
    route = plan_route(layout, stops)
    passed = iter([(point.x_mm, point.y_mm) for point in route.points])
    assert all(
        (layout.aisles[stop.aisle].x_mm, stop.y_mm) in passed or _same_place(stop, route) for stop in route.stops
    )


def _same_place(stop: Stop, route: Route) -> bool:
    """Two bins at one access point are passed once: the second needs no point of its own."""
    return sum((other.aisle, other.y_mm) == (stop.aisle, stop.y_mm) for other in route.stops) > 1


def test_the_s_shape_of_two_full_aisles_goes_up_one_and_down_the_other() -> None:
    layout = regular_grid(aisle_count=2, aisle_pitch_mm=3_000, block_length_mm=10_000)
    stops = [Stop("A-1", 0, 2_000), Stop("A-2", 0, 9_000), Stop("B-1", 1, 500)]
    assert plan_route(layout, stops).s_shape_mm == 26_000


def test_a_list_without_stops_needs_no_step() -> None:
    layout = regular_grid(aisle_count=2, aisle_pitch_mm=3_000, block_length_mm=10_000)
    assert plan_route(layout, []) == Route((), 0, optimum_mm=0, s_shape_mm=0)


@pytest.mark.parametrize("stop", [Stop("Z-9", 7, 100), Stop("Z-9", 0, 100, block=3), Stop("Z-9", 0, 10_001)])
def test_a_bin_outside_the_floor_is_refused_by_name(stop: Stop) -> None:
    layout = regular_grid(aisle_count=2, aisle_pitch_mm=3_000, block_length_mm=10_000)
    with pytest.raises(InputInvalid, match="bin Z-9"):
        plan_route(layout, [stop])


def test_a_grid_whose_aisles_do_not_rise_is_refused() -> None:
    with pytest.raises(InputInvalid) as refused:
        Layout((Aisle(0, 5), Aisle(1, 5)), (CrossAisle(0, 0), CrossAisle(1, 9)), Depot(0, 4))
    assert refused.value.fields == {"aisles": "coordinates must rise", "depot": "names no cross aisle"}


def test_one_way_aisles_are_walked_their_way_and_have_no_bound() -> None:
    layout = Layout(
        aisles=(Aisle(0, 0, Direction.UP), Aisle(1, 10, Direction.DOWN)),
        cross_aisles=(CrossAisle(0, 0), CrossAisle(1, 100)),
        depot=Depot(0),
    )
    route = plan_route(layout, [Stop("down", 1, 50), Stop("up", 0, 50)])
    assert [stop.bin for stop in route.stops] == ["up", "down"]
    assert (route.length_mm, route.optimum_mm) == (220, None)


def test_six_blocks_get_a_good_route_without_a_bound() -> None:
    layout = regular_grid(aisle_count=10, aisle_pitch_mm=3_000, block_count=6, block_length_mm=8_000)
    stops = random_stops(layout, count=40, seed=7)
    route = plan_route(layout, stops)
    assert route.optimum_mm is None
    assert route.s_shape_mm is not None
    assert route.length_mm < route.s_shape_mm
    assert sorted(stop.bin for stop in route.stops) == sorted(stop.bin for stop in stops)


def test_the_route_without_a_bound_stays_near_the_optimum() -> None:
    layout = regular_grid(aisle_count=12, aisle_pitch_mm=3_000, block_count=2, block_length_mm=20_000)
    exact = good = 0
    for seed in range(10):
        stops = random_stops(layout, count=30, seed=seed)
        exact += plan_route(layout, stops).length_mm
        good += plan_route(floor_of(layout, stops), stops).length_mm
    assert exact <= good <= exact * 1.06


def test_a_free_floor_is_walked_over_its_ways() -> None:
    ways = (WalkWay("door", "lift", 10), WalkWay("lift", "upstairs", 5), WalkWay("door", "hall", 3))
    floor = FreeFloor(ways=ways, depot="door", bins={"U1": "upstairs", "H1": "hall"})
    route = plan_route(floor, [Stop("U1", 0, 0), Stop("H1", 0, 0)])
    assert (route.length_mm, route.optimum_mm, route.s_shape_mm) == (36, None, None)


def test_a_bin_that_no_way_reaches_is_refused() -> None:
    floor = FreeFloor(ways=(WalkWay("door", "hall", 3),), depot="door", bins={"X": "island"})
    with pytest.raises(InputInvalid, match="no way from door to island"):
        plan_route(floor, [Stop("X", 0, 0)])


def random_stops(layout: Layout, *, count: int, seed: int) -> list[Stop]:
    dice = random.Random(seed)
    stops = []
    for number in range(count):
        block = dice.randrange(layout.block_count)
        low, high = layout.cross_aisles[block].y_mm, layout.cross_aisles[block + 1].y_mm
        stops.append(Stop(f"B{number}", dice.randrange(len(layout.aisles)), dice.randint(low, high), block))
    return stops


@pytest.mark.parametrize(("blocks", "aisles", "picks", "limit_ms"), [(1, 20, 60, 1), (2, 20, 60, 8)])
def test_planning_a_list_stays_within_its_time(blocks: int, aisles: int, picks: int, limit_ms: int) -> None:
    layout = regular_grid(aisle_count=aisles, aisle_pitch_mm=5_000, block_count=blocks, block_length_mm=45_000)
    lists = [random_stops(layout, count=picks, seed=seed) for seed in range(40)]
    plan_route(layout, lists[0])
    taken = sorted(min(_cpu_ms(layout, stops) for _ in range(3)) for stops in lists)
    traced = 5 if sys.gettrace() else 1  # coverage makes every line slower
    assert taken[int(len(taken) * 0.95)] < limit_ms * traced


def _cpu_ms(layout: Layout, stops: list[Stop]) -> float:
    started = time.process_time()
    plan_route(layout, stops)
    return (time.process_time() - started) * 1_000
