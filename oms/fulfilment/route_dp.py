"""The exact pick route on a grid: one frontier DP for any number of cross aisles.

Ratliff and Rosenthal (1983) for one block, Roodbergen and de Koster (2001) for two, in one form: columns are
added from left to right, and all that matters of what lies left is, for each cross aisle, whether its node is
untouched, of even or of odd degree, and which nodes hang together. Moves depend on that state only, so they are
made once for each number of cross aisles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

#: One number a cross aisle: 0 is untouched, else 2 x component + (1 if the degree is odd).
State = tuple[int, ...]

# What can be done with the stretch of an aisle between two cross aisles.
NONE, SINGLE, DOUBLE, BELOW, ABOVE, SPLIT = range(6)

#: Moves of one stretch: (action, its length in mm).
Moves = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Column:
    """One aisle of the floor for the DP: `stretches` from low y to high, each with its possible moves."""

    x_mm: int
    stretches: tuple[Moves, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The optimum: for each column the action of each stretch and the copies of each way to the next column."""

    length_mm: int
    actions: tuple[tuple[int, ...], ...]
    copies: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Frontier:
    """All states for one number of cross aisles and where each move leads; states are numbered."""

    states: tuple[State, ...]
    stretch_moves: tuple[tuple[tuple[int, ...], ...], ...]
    touch_moves: tuple[tuple[int, ...], ...]
    onward: tuple[tuple[tuple[int, int], ...], ...]
    closed: tuple[bool, ...]


@cache
def frontier(cross_aisles: int) -> Frontier:
    """Make (once for each number of cross aisles) every reachable state and move: 6, 24, 112, 568 for 2 to 5."""
    start: State = (0,) * cross_aisles
    numbers: dict[State, int] = {start: 0}
    states = [start]
    for state in states:  # grows while it is walked
        for after in _all_moves(state):
            if after not in numbers:
                numbers[after] = len(states)
                states.append(after)
    return Frontier(
        states=tuple(states),
        stretch_moves=tuple(
            tuple(tuple(numbers[_stretch(state, low, action)] for action in range(6)) for state in states)
            for low in range(cross_aisles - 1)
        ),
        touch_moves=tuple(
            tuple(numbers[_canonical(_touched(state, node))] for state in states) for node in range(cross_aisles)
        ),
        onward=tuple(tuple((numbers[after], sum(copies_of(after))) for after in _onward(state)) for state in states),
        closed=tuple(_is_closed(state) for state in states),
    )


def shortest(columns: Sequence[Column], *, depot_column: int, depot_node: int) -> Plan:
    """Return the shortest closed walk that makes a move in every stretch and touches the depot's node."""
    moves = frontier(len(columns[0].stretches) + 1)
    front: dict[int, int] = {0: 0}
    trail: list[dict[int, int]] = []
    for number, column in enumerate(columns):
        if number:
            front = _walk_on(front, moves.onward, column.x_mm - columns[number - 1].x_mm, trail)
        if number == depot_column:
            front = _touch_depot(front, moves.touch_moves[depot_node], trail)
        for low, stretch in enumerate(column.stretches):
            front = _walk_stretch(front, moves.stretch_moves[low], stretch, trail)
    length_mm, last = min((length, state) for state, length in front.items() if moves.closed[state])
    return _read_back(moves, columns, depot_column, trail, (length_mm, last))


def copies_of(state: State) -> tuple[int, ...]:
    """How often each way into this state's column is walked: never, once (odd) or there and back (even)."""
    return tuple((2 - (mark & 1)) if mark else 0 for mark in state)


def _walk_stretch(
    front: dict[int, int], table: tuple[tuple[int, ...], ...], moves: Moves, trail: list[dict[int, int]]
) -> dict[int, int]:
    best: dict[int, int] = {}
    came: dict[int, int] = {}
    for state, length in front.items():
        row = table[state]
        for action, extra in moves:
            after = row[action]
            total = length + extra
            if after not in best or total < best[after]:
                best[after] = total
                came[after] = state << 3 | action
    trail.append(came)
    return best


def _walk_on(
    front: dict[int, int], table: tuple[tuple[tuple[int, int], ...], ...], step_mm: int, trail: list[dict[int, int]]
) -> dict[int, int]:
    best: dict[int, int] = {}
    came: dict[int, int] = {}
    for state, length in front.items():
        for after, copies in table[state]:
            total = length + copies * step_mm
            if after not in best or total < best[after]:
                best[after] = total
                came[after] = state
    trail.append(came)
    return best


def _touch_depot(front: dict[int, int], table: tuple[int, ...], trail: list[dict[int, int]]) -> dict[int, int]:
    best: dict[int, int] = {}
    came: dict[int, int] = {}
    for state, length in front.items():
        after = table[state]
        if after not in best or length < best[after]:
            best[after] = length
            came[after] = state
    trail.append(came)
    return best


def _read_back(
    moves: Frontier,
    columns: Sequence[Column],
    depot_column: int,
    trail: list[dict[int, int]],
    end: tuple[int, int],
) -> Plan:
    length_mm, state = end
    actions: list[tuple[int, ...]] = []
    copies: list[tuple[int, ...]] = []
    for number in range(len(columns) - 1, -1, -1):
        taken: list[int] = []
        for _ in columns[number].stretches:
            came = trail.pop()[state]
            state, action = came >> 3, came & 7
            taken.append(action)
        actions.append(tuple(reversed(taken)))
        if number == depot_column:
            state = trail.pop()[state]
        if number:
            copies.append(copies_of(moves.states[state]))
            state = trail.pop()[state]
    return Plan(length_mm=length_mm, actions=tuple(reversed(actions)), copies=tuple(reversed(copies)))


def _all_moves(state: State) -> Iterable[State]:
    for low in range(len(state) - 1):
        yield from (_stretch(state, low, action) for action in range(6))
    yield from (_canonical(_touched(state, node)) for node in range(len(state)))
    yield from _onward(state)


def _canonical(state: State) -> State:
    names: dict[int, int] = {}
    return tuple((names.setdefault(mark >> 1, len(names) + 1) << 1 | mark & 1) if mark else 0 for mark in state)


def _touched(state: State, node: int) -> State:
    if state[node]:
        return state
    fresh = (max(state) >> 1) + 1
    return (*state[:node], fresh << 1, *state[node + 1 :])


def _joined(state: State, low: int, flip: int) -> State:
    state = _touched(_touched(state, low), low + 1)
    keep, gone = state[low] >> 1, state[low + 1] >> 1
    merged = [(keep << 1 | mark & 1) if mark >> 1 == gone else mark for mark in state]
    merged[low] ^= flip
    merged[low + 1] ^= flip
    return tuple(merged)


_STRETCH: dict[int, Callable[[State, int], State]] = {
    NONE: lambda state, low: state,
    SINGLE: lambda state, low: _joined(state, low, 1),
    DOUBLE: lambda state, low: _joined(state, low, 0),
    BELOW: _touched,
    ABOVE: lambda state, low: _touched(state, low + 1),
    SPLIT: lambda state, low: _touched(_touched(state, low), low + 1),
}


def _stretch(state: State, low: int, action: int) -> State:
    return _canonical(_STRETCH[action](state, low))


def _onward(state: State) -> Iterable[State]:
    """States of the next column: an odd node sends one copy, an even one none or two; no component may die."""
    choices = [(mark,) if mark & 1 else ((0, mark) if mark else (0,)) for mark in state]
    alive = {mark >> 1 for mark in state if mark}
    for marks in product(*choices):
        if {mark >> 1 for mark in marks if mark} == alive:
            yield _canonical(marks)


def _is_closed(state: State) -> bool:
    marks = {mark for mark in state if mark}
    return marks == {2}
