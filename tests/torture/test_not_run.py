"""A level that its machine could not run has not passed: it is told apart, and where everything must be there it is red."""

from __future__ import annotations

import pytest

from tests.torture import __main__ as torture
from tests.torture.verdict import Outcome


def outcome(level: str, *, why: str = "", wrong: str = "") -> Outcome:
    made = Outcome(level, 1, [wrong] if wrong else [])
    if why:
        made.cannot_run(why)
    return made


def test_what_did_not_run_is_no_pass_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    found = outcome("t4", why="nobody may mount")
    assert (found.ok, found.verdict, found.wrong) == (False, "not run", [])
    assert "t4: not run" in found.as_text()
    assert "nobody may mount" in found.as_text()


def test_in_ci_it_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert outcome("t4", why="nobody may mount").verdict == "RED"


def test_the_summary_counts_it_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    found = [outcome("t1"), outcome("t4", why="nobody may mount"), outcome("t7", wrong="an order is lost")]
    told = torture._summary([one.as_json() for one in found])
    assert "1 of 3 levels passed, RED: t7, not run: t4" in told
    assert "t4 did not run: nobody may mount" in told
