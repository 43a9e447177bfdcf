"""The benchmarks' check: what is slower than the baseline fails, what the machine's noise does is let through."""

from __future__ import annotations

import importlib
import itertools
import re

import pytest

from bench import __main__ as command
from bench import baseline, life, rounds, runner
from bench.table import BENCHMARKS, Goal
from tests.source_tree import sources

KNOWN = {"intake": {"ratio_to_floor": 10.0, "cpu_ms_per_order": 1.2}}


def checked(*measured: float) -> list[baseline.Verdict]:
    turns = iter(measured)
    return baseline.check(lambda name: {"ratio_to_floor": next(turns)}, ["intake"], KNOWN)


def test_a_ratio_25_percent_worse_in_both_measurements_fails():
    assert [verdict.is_worse for verdict in checked(12.5, 12.5)] == [True]
    assert [verdict.is_worse for verdict in checked(40.0, 13.0)] == [True]


def test_a_ratio_20_percent_worse_passes_and_is_not_measured_again():
    assert [verdict.is_worse for verdict in checked(12.0)] == [False]


def test_one_bad_measurement_is_measured_again_and_forgiven():
    verdicts = checked(19.0, 10.5)
    assert [(verdict.ratio, verdict.is_worse) for verdict in verdicts] == [(10.5, False)]


def test_each_ratio_counts_as_the_better_of_its_two_measurements():
    known = {"life": {"ratio_of_verify": 4.0, "ratio_of_pick": 8.0}}
    turns = iter([{"ratio_of_verify": 6.0, "ratio_of_pick": 8.0}, {"ratio_of_verify": 4.0, "ratio_of_pick": 12.0}])
    verdicts = baseline.check(lambda name: next(turns), ["life"], known)
    assert {verdict.figure: verdict.ratio for verdict in verdicts} == {"ratio_of_verify": 4.0, "ratio_of_pick": 8.0}


def test_a_ratio_that_is_no_longer_measured_fails():
    verdicts = baseline.compare("intake", {"cpu_ms_per_order": 0.1}, KNOWN)
    assert [(verdict.figure, verdict.is_worse) for verdict in verdicts] == [("ratio_to_floor (gone)", True)]


def test_a_ratio_new_to_the_baseline_is_said_and_does_not_fail():
    (verdict,) = baseline.compare("bulk", {"ratio_to_floor": 3.0}, KNOWN)
    assert not verdict.is_worse
    assert "not in the baseline" in verdict.line()


@pytest.mark.parametrize(("ratio", "code"), [(12.5, 1), (12.0, 0)])
def test_the_command_exits_with_1_only_when_a_ratio_is_25_percent_worse(monkeypatch, tmp_path, capsys, ratio, code):
    path = tmp_path / "baseline.json"
    baseline.write(KNOWN, path)
    monkeypatch.setattr(baseline, "read", lambda: KNOWN)
    monkeypatch.setattr(runner, "measure", lambda name, arguments: {"ratio_to_floor": ratio})
    assert command.main(["intake", "--check"]) == code
    assert f"{code} of 1 ratios" in capsys.readouterr().out


def test_a_baseline_written_is_read_back_with_the_machine_but_no_name_of_it(tmp_path):
    path = tmp_path / "baseline.json"
    baseline.write({"life": {"ratio_to_floor": 5.12345, "cpu_ms_per_order": 0.9, "p50_ms": 3.0}}, path)
    baseline.write(KNOWN, path)
    assert baseline.read(path) == {"life": {"ratio_to_floor": 5.1235, "cpu_ms_per_order": 0.9}, **KNOWN}
    assert "cores" in path.read_text()


def test_product_and_limit_are_taken_in_turns_and_their_ratio_does_not_feel_a_busy_machine():
    order: list[str] = []
    slow = itertools.count(1)

    def took(name: str, cost: float) -> float:
        order.append(name)
        # Every pair is taken on a machine three times as slow as the pair before.
        return cost * 3.0 ** ((next(slow) - 1) // 2)

    found = rounds.in_turns(lambda: took("product", 2.0), lambda: took("limit", 0.5), rounds=3)
    assert found.ratio == pytest.approx(4.0)
    assert order == ["product", "limit", "limit", "product", "product", "limit"]


def test_a_goal_says_by_how_much_it_is_missed():
    assert Goal("cpu_ms_per_order", most=1.4).miss_percent(2.1) == pytest.approx(50)
    assert Goal("orders_per_s", least=1200).miss_percent(900) == pytest.approx(25)
    assert Goal("orders_per_s", least=1200).miss_percent(1200) == 0


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_row_names_a_module_that_runs(name):
    module = importlib.import_module(BENCHMARKS[name].module)
    assert callable(module.run)


def test_what_others_use_of_the_life_is_there():
    used = {
        name
        for source in sources("bench", "tests/torture")
        for name in re.findall(r"\blife\.(_?[a-z]\w*)", source.text)
    }
    assert {name for name in used - {"run", "py"} if not hasattr(life, name)} == set()
