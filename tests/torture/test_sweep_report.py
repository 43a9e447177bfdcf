"""A place that was named and not harmed counts as not reached, and a leg without any place proves nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from types import SimpleNamespace
from typing import Any

import pytest

from tests.torture import failpoints, sweep, sweep_report, sweep_verdict
from tests.torture.failpoints import KILL_AFTER, LOST, Point
from tests.torture.sweep_forks import Ended
from tests.torture.sweep_lane import Baseline, Lane, Run
from tests.torture.sweep_legs import LEGS
from tests.torture.sweep_plan import EACH, FULL, WHOLE, Fault
from tests.torture.sweep_state import Snapshot

SELECT = Point("sql SELECT 1", 1)


def judged(mode: str, *, killed: bool) -> Run:
    lane: Any = object.__new__(Lane)
    lane.journal = SimpleNamespace(read=lambda: SimpleNamespace(notes=[{"fired": True}]))
    base = Baseline(LEGS[0], Snapshot({}, None, None), [SELECT], {}, [])  # type: ignore[arg-type]
    ended = Ended(2, False, False, {"faults": [], "again": 0, "end": {}, "tries": []}, None)
    run = Run(LEGS[0].name, SELECT.label, SELECT.place, mode)
    lane._judge(run, base, Ended(1, killed, False, None, None), ended)
    return run


def test_a_kill_that_killed_nobody_reached_nothing() -> None:
    assert judged(KILL_AFTER, killed=True).fired
    assert not judged(KILL_AFTER, killed=False).fired
    assert judged(LOST, killed=False).fired


def test_who_is_to_be_killed_after_a_statement_is_so_when_the_server_refused_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    died: list[bool] = []
    monkeypatch.setattr(failpoints, "die", lambda: died.append(True))
    for mode in (LOST, None, KILL_AFTER):
        failpoints._refused(SimpleNamespace(execution_context=SimpleNamespace(failpoint=mode)))
    failpoints._refused(SimpleNamespace(execution_context=None))
    assert died == [True]


def report(points: dict[str, list[Point]]) -> list[str]:
    fault = Fault("webhook", SELECT, LOST)
    run = Run("webhook", SELECT.label, SELECT.place, LOST, fired=True)
    found = sweep_report.report(
        [run], [fault], list(points.items()), level=EACH, part=WHOLE, seed=1, seconds=1.0, controls={}, lanes_ended=[0]
    )
    return list(found["red"])


def test_a_leg_that_did_nothing_is_told() -> None:
    assert report({"webhook": [SELECT]}) == []
    assert report({"webhook": [SELECT], "confirm": []}) == ["the leg confirm did nothing that could fail"]


def test_faults_that_never_happened_are_counted_and_too_many_of_a_whole_sweep_are_told() -> None:
    def told(idle: int) -> dict[str, Any]:
        runs = [Run("webhook", SELECT.label, place, LOST, fired=place >= idle) for place in range(200)]
        faults = [Fault("webhook", Point(SELECT.label, place), LOST) for place in range(200)]
        return sweep_report.report(
            runs,
            faults,
            [("webhook", [SELECT])],
            level=FULL,
            part=WHOLE,
            seed=1,
            seconds=1.0,
            controls={},
            lanes_ended=[0],
        )

    assert (told(2)["happened"], told(2)["red"]) == (198, [])
    assert told(3)["red"] == ["3 of 200 faults never happened: their operations were not reached again"]
    assert "200 faults in 1.0 s, of which 197 happened" in sweep_report.words(told(3))


REPLAYED = ["webhook", "sql SELECT 1", "1", LOST]


@pytest.mark.parametrize(
    ("at", "word", "said"),
    [
        (0, "webhok", "no leg is called 'webhok'; these are: webhook, "),
        (1, "SELECT 1", "no operation begins with 'SELECT'"),
        (2, "first", "'first' is no place"),
        (2, "0", "'0' is no place"),
        (3, "killed", "sql does not fail in the way 'killed'"),
    ],
)
def test_a_fault_that_cannot_be_is_not_replayed(
    at: int, word: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep.replayed(ArgumentParser(), REPLAYED) == Fault("webhook", SELECT, LOST)
    with pytest.raises(SystemExit):
        sweep.replayed(ArgumentParser(), [*REPLAYED[:at], word, *REPLAYED[at + 1 :]])
    assert said in capsys.readouterr().err


def test_a_mail_that_came_more_often_than_one_fault_explains_is_told() -> None:
    assert sweep_verdict.arrivals({"a", "b"}, ["a", "b", "b"]) == []
    assert sweep_verdict.arrivals({"a"}, ["a", "a", "a"]) == ["a came 3 times"]
    assert sweep_verdict.arrivals({"a"}, ["b"]) == ["a mail that nobody wrote: b", "a mail that never came: a"]
