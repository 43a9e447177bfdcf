"""Bombs that never arrived and processes that they killed are told."""

from __future__ import annotations

from tests.torture import poison_verdict
from tests.torture.verdict import Outcome


def test_a_bomb_that_never_arrived_is_told_whatever_arrived_in_other_rounds() -> None:
    thrown = {"generic": 20, "email": 9, "sheet": 10}
    assert poison_verdict.missing(thrown, {"webhook": 20, "mail": 9, "upload": 10}) == []
    told = poison_verdict.missing(thrown, {"webhook": 21, "mail": 8})
    assert told == [
        "9 bombs were thrown by mail, 8 arrived",
        "20 bombs were thrown by webhook, 21 arrived",
        "10 bombs were thrown by upload, 0 arrived",
    ]


def test_a_process_that_a_bomb_killed_is_told_though_another_one_took_its_place() -> None:
    before = {"web worker": [11, 12], "worker inside": [20]}
    assert poison_verdict.replaced(before, {"web worker": [12, 11], "worker inside": [20]}) == []
    told = poison_verdict.replaced(before, {"web worker": [11, 13], "worker inside": [20]})
    assert told == [
        "web worker: [12] ended under the bombs",
        "web worker: [13] was not there before the bombs",
    ]
    assert poison_verdict.replaced(before, {"web worker": [11, 12]}) == ["worker inside: [20] ended under the bombs"]


def test_good_orders_that_wait_behind_poison_are_told_though_it_costs_no_processor() -> None:
    clean = [(f"evt-T7-{number}-clean-0", 1.0) for number in range(50)]
    outcome = Outcome("t7", 1)
    assert poison_verdict.delayed([*clean, ("evt-T7-1-spoilt-0", 30.9)], outcome) == []
    assert outcome.figures["good orders stand p99 s, clean and with poison"] == [1.0, 30.9]
    assert poison_verdict.delayed([*clean, ("evt-T7-1-spoilt-0", 31.1)], outcome) == [
        "good orders stood p99 31.1 s among poison, 1.0 s without"
    ]
    assert len(poison_verdict.delayed([*clean, ("evt-T7-1-spoilt-0", None)], outcome)) == 1
    assert len(poison_verdict.delayed(clean, outcome)) == 1
