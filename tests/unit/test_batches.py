"""How many steps a worker takes at once: of most kinds what the flow says, of messages what is done quickly."""

from __future__ import annotations

import pytest

from oms.journey import flow
from workers.batches import GROWING, LONG_S, Batches

MOST = flow.FLOW["accept"].batch


@pytest.fixture
def batches():
    return Batches()


def after(batches, *told):
    for steps, seconds in told:
        batches.took("accept", steps=steps, seconds=seconds)
    return batches.limit("accept")


def test_of_most_kinds_a_claim_takes_what_the_flow_says(batches):
    for kind, row in flow.FLOW.items():
        batches.took(kind, steps=1, seconds=100.0)
        assert kind in GROWING or batches.limit(kind) == row.batch


def test_full_quick_batches_grow_to_the_flow_s_own(batches):
    limits = [after(batches, (batches.limit("accept"), 0.01)) for _ in range(8)]
    assert limits == [16, 32, 64, 128, MOST, MOST, MOST, MOST]


def test_a_batch_that_took_long_is_halved_down_to_one_step(batches):
    limits = [after(batches, (batches.limit("accept"), LONG_S + 0.1)) for _ in range(5)]
    assert limits == [4, 2, 1, 1, 1]


@pytest.mark.parametrize("told", [(1, 0.01), (7, 0.01), (8, LONG_S * 0.6)])
def test_a_batch_that_was_not_full_or_not_quick_changes_nothing(batches, told):
    assert after(batches, told) == GROWING["accept"]


def test_what_was_slow_once_grows_again(batches):
    assert after(batches, (8, 5.0), (4, 0.1), (8, 0.1)) == 16
