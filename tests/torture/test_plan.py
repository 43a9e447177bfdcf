"""Whatever the seed, a run deals each kind of delivery; where chance already did, nothing is added."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from tests.torture import plan
from tests.torture.plan import CANCELLATION, CHANGE, CONFLICT, DUPLICATE, ORDER, POISON

KINDS = {ORDER, DUPLICATE, CONFLICT, CHANGE, CANCELLATION, POISON}


@pytest.mark.parametrize("orders", [5, 40, 100])
def test_no_seed_leaves_a_kind_out(orders: int) -> None:
    for seed in range(40):
        shots = plan.make(seed, orders=orders, seconds=1)
        assert {shot.kind for shot in shots} == KINDS, seed
        # What is said of an order comes under one id of its own each: no two wishes meet under one.
        wishes = [shot.event_id for shot in shots if shot.kind in (CHANGE, CANCELLATION)]
        assert max(Counter(wishes).values()) == 1
        bodies = {shot.event_id: shot.body for shot in shots if shot.kind == ORDER}
        assert all(shot.body != bodies[shot.event_id] for shot in shots if shot.kind == CONFLICT)
        assert all(json.loads(shot.body)["kind"] == "cancellation" for shot in shots if shot.kind == CANCELLATION)


def test_a_single_order_is_no_reason_to_fail() -> None:
    assert ORDER in {shot.kind for shot in plan.make(1, orders=1, seconds=1)}


def test_a_run_that_deals_all_by_itself_sends_what_it_always_sent() -> None:
    shots, chance = plan.make(1, orders=500, seconds=60), random.Random(1)
    before = chance.getstate()
    assert plan._missing(chance, shots) == []
    assert chance.getstate() == before
