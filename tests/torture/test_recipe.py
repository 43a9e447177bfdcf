"""Leases that ran out while the database was away may be taken up first; all else that the recipe finds is told at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from tests.torture import recipe
from tests.torture.recipe import Done

FINE, AWAY = Done(0), Done(2, "", "no connection")
LEASES = Done(1, "I10  no_lease_forgotten: 7: accept since 12:00\nI10  no_lease_forgotten: 8: verify since 12:01\n")
STOCK = Done(1, LEASES.found + "I1   balances_are_their_movements: TEA-1: 3 and 4\n")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "_PAUSE_S", 0.0)


def one_after_the_other(answers: Sequence[Done]) -> Callable[[], Done]:
    left = list(answers)
    return lambda: left.pop(0)


def test_leases_that_ran_out_while_the_database_was_away_are_asked_for_again() -> None:
    far = time.monotonic() + 3600
    assert recipe.settled(one_after_the_other([LEASES, LEASES, FINE]), until=far) == FINE
    assert recipe.settled(one_after_the_other([LEASES, STOCK]), until=far) == STOCK


@pytest.mark.parametrize("found", [FINE, AWAY, STOCK])
def test_what_is_no_lease_is_the_last_word_at_once(found: Done) -> None:
    assert recipe.settled(one_after_the_other([found]), until=time.monotonic() + 3600) == found


def test_leases_that_nobody_takes_up_in_time_are_told() -> None:
    assert recipe.settled(one_after_the_other([LEASES]), until=time.monotonic()) == LEASES
    ends = time.monotonic() + 0.05
    assert recipe.settled(lambda: LEASES, until=ends) == LEASES
    assert time.monotonic() >= ends
