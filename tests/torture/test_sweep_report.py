"""A place that was named and not harmed counts as not reached, and a leg without any place proves nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.torture import failpoints, sweep_report, sweep_verdict
from tests.torture.failpoints import KILL_AFTER, LOST, Point
from tests.torture.sweep_forks import Ended
from tests.torture.sweep_lane import Baseline, Lane, Run
from tests.torture.sweep_legs import LEGS
from tests.torture.sweep_plan import EACH, WHOLE, Fault
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


def test_a_mail_that_came_more_often_than_one_fault_explains_is_told() -> None:
    assert sweep_verdict.arrivals({"a", "b"}, ["a", "b", "b"]) == []
    assert sweep_verdict.arrivals({"a"}, ["a", "a", "a"]) == ["a came 3 times"]
    assert sweep_verdict.arrivals({"a"}, ["b"]) == ["a mail that nobody wrote: b", "a mail that never came: a"]
