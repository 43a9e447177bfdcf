"""The checker of histories must refuse what cannot be, or it proves nothing."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.torture.history_check import (
    APPEND,
    OK,
    READ,
    REFUSED,
    STATUS,
    STOCK,
    UNKNOWN,
    VERSION,
    Operation,
    anomalies,
)  # fmt: skip

MOVES = {
    "received": frozenset({"confirmed", "cancelled"}),
    "confirmed": frozenset({"shipped", "cancelled"}),
    "shipped": frozenset(),
    "cancelled": frozenset(),
}


def append(value: str, began: float, ended: float, told: str = OK) -> Operation:
    return Operation(1, APPEND, "ticket", began, ended, told, value)


def read(seen: list[str], began: float, ended: float) -> Operation:
    return Operation(2, READ, "ticket", began, ended, OK, "", seen)


def told(kind: str, seen: Any, began: float, ended: float, client: int = 1) -> Operation:
    return Operation(client, kind, "order", began, ended, OK, "", seen)


def wrong(*history: Operation) -> str:
    return " | ".join(anomalies(history, moves=MOVES))


def test_a_possible_history_is_let_pass():
    history = [
        append("a", 0, 2),
        append("b", 1, 3),
        read(["a"], 1, 2.5),
        read(["a", "b"], 4, 5),
        read(["a", "b"], 6, 7),
    ]
    assert wrong(*history) == ""


def test_an_acknowledged_write_that_a_later_read_misses_is_found():
    assert "does not show 'a'" in wrong(append("a", 0, 1), read([], 2, 3))


def test_a_write_still_under_way_may_be_missed():
    assert wrong(append("a", 0, 5), read([], 2, 3)) == ""


def test_a_write_whose_caller_was_never_told_may_stand_or_not_but_never_go():
    assert wrong(append("a", 0, 1, UNKNOWN), read([], 2, 3)) == ""
    assert wrong(append("a", 0, 1, UNKNOWN), read(["a"], 2, 3)) == ""
    assert "does not show 'a'" in wrong(append("a", 0, 1, UNKNOWN), read(["a"], 2, 3), read([], 4, 5))


def test_a_write_that_counts_twice_is_found():
    assert "twice" in wrong(append("a", 0, 1), read(["a", "a"], 2, 3))


def test_a_value_that_nobody_wrote_or_that_was_refused_is_found():
    assert "nobody wrote" in wrong(read(["ghost"], 2, 3))
    assert "refused" in wrong(append("a", 0, 1, REFUSED), read(["a"], 2, 3))


def test_a_value_from_the_future_is_found():
    assert "before it was written" in wrong(read(["a"], 0, 1), append("a", 2, 3))


def test_entries_that_change_places_are_found():
    history = [append("a", 0, 1), append("b", 0, 1), read(["a", "b"], 2, 3), read(["b", "a"], 4, 5)]
    assert "another order" in wrong(*history)


def test_a_status_that_goes_back_or_leaves_an_end_is_found():
    assert wrong(told(STATUS, "received", 0, 1), told(STATUS, "shipped", 2, 3)) == ""
    assert "was shipped" in wrong(told(STATUS, "shipped", 0, 1), told(STATUS, "confirmed", 2, 3))
    assert "was cancelled" in wrong(told(STATUS, "cancelled", 0, 1), told(STATUS, "shipped", 2, 3))


def test_reads_at_the_same_time_may_differ_either_way():
    assert wrong(told(STATUS, "shipped", 0, 3), told(STATUS, "confirmed", 1, 4, client=2)) == ""


def test_a_read_is_held_against_all_that_ended_before_it():
    one, two = told(STATUS, "shipped", 0, 3), told(STATUS, "confirmed", 1, 4, client=2)
    assert "was shipped" in wrong(one, two, told(STATUS, "confirmed", 5, 6))


def test_a_version_that_goes_back_is_found():
    assert wrong(told(VERSION, "2026-11-01", 0, 1), told(VERSION, "2026-11-02", 2, 3)) == ""
    assert "and then" in wrong(told(VERSION, "2026-11-02", 0, 1), told(VERSION, "2026-11-01", 2, 3))


@pytest.mark.parametrize(("on_hand", "reserved"), [(5, 6), (5, -1)])
def test_oversold_stock_is_found(on_hand: int, reserved: int):
    assert "reserved of" in wrong(told(STOCK, (on_hand, reserved), 0, 1))


def test_full_stock_is_let_pass():
    assert wrong(told(STOCK, (5, 5), 0, 1)) == ""


@pytest.mark.parametrize("seed", range(20))
def test_every_read_of_a_house_that_does_one_thing_after_another_passes_and_a_lost_one_does_not(seed: int):
    chance, stood, history, at = random.Random(seed), [], [], 0.0
    for number in range(200):
        at += 1
        began, ended = at - chance.random() * 3, at + chance.random() * 3
        if chance.random() < 0.4:
            stood.append(f"v{number}")
            history.append(append(f"v{number}", began, ended))
        else:
            history.append(read(list(stood), began, ended))
    assert wrong(*history) == ""
    lost = next(o for o in history if o.kind == APPEND)
    without = [
        Operation(o.client, o.kind, o.key, o.began, o.ended, o.told, o.value, [v for v in o.seen if v != lost.value])
        if o.kind == READ and o.began > lost.ended
        else o
        for o in history
    ]
    assert "does not show" in wrong(*without)
