"""Bombs that never arrived and processes that they killed are told."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, cast

import pytest

from tests.torture import poison, poison_verdict, rest, throwing
from tests.torture.house import House
from tests.torture.options import Options
from tests.torture.poison import SHORT, Course, Spent
from tests.torture.throwing import Bomb, Upload
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


class Rounds(Course):
    """Rounds that cost what they are told to; the spoilt ones so much more, in their turn."""

    def __init__(self, *losses: float) -> None:
        super().__init__(cast("House", None), SHORT, 1)
        self.names: list[str] = []
        self._losses = iter(losses)

    def round(self, name: str, drawn: Sequence[Bomb]) -> Spent:
        self.names.append(name)
        return Spent(10, 1.0 + next(self._losses) if name.startswith(poison_verdict.SPOILT) else 1.0)


def pairs(course: Rounds) -> tuple[list[Spent], list[Spent]]:
    table: list[Bomb] = [(("generic", "x"), b"")]
    return poison._pairs(course, Options(1), itertools.cycle(table))


def test_three_pairs_that_agree_by_chance_are_asked_again_and_a_real_loss_is_still_told() -> None:
    calm = Rounds(0.03, -0.02, 0.04)
    assert not poison.is_lost(*pairs(calm))
    assert len(calm.names) == 6
    # Alike to a thousandth, so that nothing seems to be noise.
    chance = Rounds(0.060, 0.061, 0.062, 0.01, -0.03, 0.02)
    assert poison.is_lost(*(spent[:3] for spent in pairs(chance)))
    assert len(set(chance.names)) == 12
    assert not poison.is_lost(*pairs(Rounds(0.060, 0.061, 0.062, 0.01, -0.03, 0.02)))
    real = pairs(Rounds(0.14, 0.15, 0.16, 0.12, 0.17, 0.10))
    assert poison.is_lost(*real)
    assert poison.lost(*real, SHORT, Outcome("t7", 1)) == ["good orders lose 14.0% to 1 % poison, at most 5 %"]


def test_twice_as_many_pairs_tell_a_smaller_loss() -> None:
    clean, six = [Spent(10, 1.0)] * 6, [Spent(10, 1.0 + loss) for loss in (0.07, 0.09, 0.11) * 2]
    assert poison.loss(clean, six).told_from < poison.loss(clean[:3], six[:3]).told_from
    assert poison.is_lost(clean, six)


def test_an_upload_is_late_when_nothing_but_the_product_explains_it() -> None:
    refused = Upload("zip", "clean-1", 422, 4.9)
    assert throwing.judge([refused, Upload("zip", "clean-2", 413, 9.0, 4.5)]) == []
    late = "upload zip was answered 422 after 5.1 s, 0.0 s of them without a processor"
    assert throwing.judge([refused, Upload("zip", "clean-2", 422, 5.1)]) == [late]
    assert len(throwing.judge([Upload("zip", "clean-2", 422, 9.0, 3.5)])) == 1
    # Told to come again in time, and refused then; but not for ever, and not late.
    busy = Upload("zip", "clean-3", 503, 0.4, said="busy")
    assert throwing.judge([busy, Upload("zip", "clean-3", 422, 0.4)]) == []
    assert throwing.judge([busy]) == ["upload zip was answered 503: busy"]
    assert len(throwing.judge([Upload("zip", "clean-3", 503, 5.4), Upload("zip", "clean-3", 422, 0.4)])) == 1
    assert throwing.judge([Upload("zip", "clean-4", 202, 0.1, said="taken")]) == ["upload zip was answered 202: taken"]


def test_who_comes_again_was_told_so_or_had_no_answer_for_want_of_a_processor() -> None:
    busy, refused = Upload("zip", "1", 503, 0.4), Upload("zip", "1", 422, 0.4)
    starved, silent, reset = (
        Upload("zip", "1", 0, took_s, queued_s) for took_s, queued_s in ((60.0, 57.0), (60.0, 0.3), (0.1, 0.0))
    )
    assert throwing.comes_again([busy])
    assert throwing.comes_again([starved])
    assert throwing.comes_again([starved, Upload("zip", "1", 409, 0.1)])
    assert not throwing.comes_again([busy, refused])
    assert not throwing.comes_again([Upload("zip", "1", 409, 0.1)])
    for fault in (silent, reset):
        assert not throwing.comes_again([fault])
        assert throwing.judge([fault])


def test_rest_is_what_was_seen_while_it_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched:
        """Looks three times, then the time is over."""

        def watch(self, until: Any, *, limit_s: float) -> bool:
            return any(until() for _ in range(3))

    monkeypatch.setattr(rest, "_LOOK_S", -1.0)
    made = cast("House", Watched())
    looks = iter([{"tell": 2}, {}, {"tell": 1}])
    monkeypatch.setattr(rest, "due", lambda _: next(looks))
    assert rest.come(made, limit_s=1) == {}
    monkeypatch.setattr(rest, "due", lambda _: {"tell": 1})
    assert rest.come(made, limit_s=1) == {"tell": 1}
