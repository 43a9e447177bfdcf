"""What a verdict prints plays the same run again, and a size that a level cannot use is refused."""

from __future__ import annotations

import pytest

from bench import revision
from tests.torture import __main__, poison, random_kill
from tests.torture.options import Options
from tests.torture.outcome import Outcome, fault_log


def test_the_command_names_all_that_was_asked_for():
    assert Options(7).command("t1") == "python3 dev.py torture --level t1 --seed 7"
    asked = Options(7, long=True, keep=True, orders=1500, seconds=12.5)
    words = "python3 dev.py torture --level t1 --seed 7 --long --keep --orders 1500 --seconds 12.5"
    assert asked.command("t1") == words
    assert Outcome("t1", 7, ["red"], asked=asked).as_text().endswith(f"replay: {words}")
    assert Outcome("t1", 7, long=True).replay == "python3 dev.py torture --level t1 --seed 7 --long"


def test_the_command_is_understood_as_it_was_meant():
    asked = Options(7, long=True, keep=True, orders=1500, seconds=3600.0)
    given = __main__._arguments(asked.words("t1"))
    assert Options(given.seed, given.long, given.keep, given.orders, given.seconds, asked.began) == asked


@pytest.mark.parametrize("level", ["t0", "t2", "t8", "t10", "controls", "ci"])
def test_a_size_that_a_level_cannot_use_is_refused(level, capsys):
    with pytest.raises(SystemExit):
        __main__._arguments(["--level", level, "--orders", "5"])
    assert "--orders is nothing that" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["t7", "--seconds", "5"], ["fuzz", "--orders", "5"], ["t1", "--orders", "0"]])
def test_a_size_that_is_none_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        __main__._arguments(["--level", *words])
    assert "error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("size", "left"),
    [
        ({}, (5, 1000)),
        ({"seconds": 300.0}, (2, 500)),
        ({"orders": 1000}, (0, 100)),
        ({"seconds": 1200.0, "orders": 20_000}, (5, 1000)),
    ],
)
def test_of_a_smaller_form_its_share_of_faults_is_asked_and_of_a_larger_one_all(size, left):
    form = Options(7, **size).scaled(random_kill.LONG)
    assert (form.least, form.faults) == left
    assert (form.orders, form.seconds) == (size.get("orders", 10_000), size.get("seconds", 600))


def test_a_form_that_has_no_length_of_its_own_is_scaled_too():
    assert Options(7, orders=40).scaled(poison.SHORT).orders == 40


def test_a_report_that_cannot_be_written_is_refused_before_the_run(tmp_path, capsys):
    for place in (tmp_path / "none" / "report.json", tmp_path):
        with pytest.raises(SystemExit):
            __main__._arguments(["--level", "t1", "--report", str(place)])
        assert f"--report {place}: there is no folder" in capsys.readouterr().err
    assert __main__._arguments(["--level", "t1", "--report", str(tmp_path / "report.json")]).report


def test_a_report_names_commit_and_faults_with_their_times(monkeypatch):
    report = Outcome(
        "t1", 7, faults=fault_log([(12.0, "flush redis"), (10.0, "SIGKILL sweep"), (10.55, "flush redis")])
    )
    assert report.as_json()["faults"] == {"SIGKILL sweep": "0.0", "flush redis": "0.6 2.0"}
    assert len(report.as_json()["commit"].removesuffix("-dirty")) in (40, len("unknown"))
    monkeypatch.setenv("PATH", "")
    assert revision.commit() == "unknown"
