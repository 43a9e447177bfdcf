"""The benchmarks' check: what is slower than the baseline fails, what the machine's noise does is let through."""

from __future__ import annotations

import importlib
import itertools
import re
import sys
import types

import pytest

from bench import __main__ as command
from bench import baseline, life, rounds, runner
from bench.table import BENCHMARKS, Goal
from tests.source_tree import sources

KNOWN = {"intake": {"ratio_to_limit": 10.0, "cpu_ms_per_order": 1.2}}


def checked(*measured: float) -> list[baseline.Verdict]:
    turns = iter(measured)
    return baseline.check(lambda name: {"ratio_to_limit": next(turns)}, ["intake"], KNOWN)


def test_a_ratio_25_percent_worse_in_both_measurements_fails():
    assert [verdict.fails for verdict in checked(12.5, 12.5)] == [True]
    assert [verdict.fails for verdict in checked(40.0, 13.0)] == [True]


def test_a_ratio_20_percent_worse_passes_and_is_not_measured_again():
    assert [verdict.fails for verdict in checked(12.0)] == [False]


def test_one_bad_measurement_is_measured_again_and_forgiven():
    verdicts = checked(19.0, 10.5)
    assert [(verdict.measured, verdict.fails) for verdict in verdicts] == [(10.5, False)]


def test_each_ratio_counts_as_the_better_of_its_two_measurements():
    known = {"life": {"ratio_of_verify": 4.0, "ratio_of_pick": 8.0}}
    turns = iter([{"ratio_of_verify": 6.0, "ratio_of_pick": 8.0}, {"ratio_of_verify": 4.0, "ratio_of_pick": 12.0}])
    verdicts = baseline.check(lambda name: next(turns), ["life"], known)
    assert {verdict.figure: verdict.measured for verdict in verdicts} == {"ratio_of_verify": 4.0, "ratio_of_pick": 8.0}


def compared(name: str, figures: baseline.Figures, known: dict[str, baseline.Figures]) -> list[tuple[str, bool]]:
    verdicts = baseline.compare(name, BENCHMARKS[name], figures, known)
    assert all(("FAILED" in verdict.line()) == verdict.fails for verdict in verdicts)
    return [(verdict.figure, verdict.fails) for verdict in verdicts]


def test_a_ratio_that_is_no_longer_measured_fails():
    assert compared("intake", {"cpu_ms_per_order": 0.1}, KNOWN) == [("ratio_to_limit", True)]


def test_a_ratio_that_the_baseline_does_not_know_fails():
    assert compared("bulk", {"ratio_poll_to_limit": 3.0}, KNOWN) == [("ratio_poll_to_limit", True)]


@pytest.mark.parametrize("measured", [0.0, -0.5, float("nan"), float("inf")])
def test_a_ratio_of_nothing_fails_since_no_work_is_for_free(measured: float):
    assert [verdict.fails for verdict in checked(measured)] == [True]
    # The other measurement counts, and it is worse.
    assert [verdict.fails for verdict in checked(13.0, measured)] == [True]
    assert compared("intake", {"ratio_to_limit": measured}, KNOWN) == [("ratio_to_limit", True)]
    assert compared("intake", {"ratio_to_limit": 1.0}, {"intake": {"ratio_to_limit": measured}}) == [
        ("ratio_to_limit", True)
    ]


def test_a_benchmark_with_nothing_to_compare_fails():
    assert compared("life", {"cpu_ms_per_order": 1.0}, KNOWN) == [("(nothing to compare)", True)]


def test_memory_is_compared_by_its_mib():
    known = {"memory": {"pss_mib": 400.0}}
    assert compared("memory", {"pss_mib": 480.0, "settled_pss_mib": 900.0}, known) == [("pss_mib", False)]
    (verdict,) = baseline.compare("memory", BENCHMARKS["memory"], {"pss_mib": 500.0}, known)
    assert verdict.is_worse


def test_without_a_baseline_the_check_is_red(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(baseline, "BASELINE", tmp_path / "none.json")
    monkeypatch.setattr(runner, "measure", lambda name, arguments: {"ratio_to_limit": 1.0, "pss_mib": 1.0})
    assert command.main(["--check"]) == 1
    assert "0 of" not in capsys.readouterr().out.splitlines()[-1].split(";")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("lists --check", "lists is not checked"),
        ("lists --update-baseline", "lists is not checked"),
        ("intake --check --set orders=5", "--check takes no --set"),
        ("--check --json", "--check takes no --json"),
        ("--check --runs 3 --keep", "--check takes no --keep, --runs"),
        ("--check --update-baseline", "--check takes no --update-baseline"),
        ("--write-docs intake", "--write-docs takes no intake"),
        ("--list --check", "--list takes no --check"),
        ("--set orders=5", "--set needs the name"),
        ("intake --update-baseline --set orders=5", "neither --set nor --short"),
        ("intake --set orders", "'orders' is no NAME=NUMBER"),
        ("intake --set orders=many", "'orders=many' is no NAME=NUMBER"),
        ("intake --set orders=inf", "'orders=inf' is no NAME=NUMBER"),
        ("intake --runs 0", "0 runs give no figure"),
    ],
)
def test_what_would_be_left_aside_is_refused_in_words(monkeypatch, capsys, words, told):
    monkeypatch.setattr(runner, "measure", lambda *given, **named: pytest.fail("it was measured"))
    with pytest.raises(SystemExit) as ended:
        command.main(words.split())
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_an_argument_that_a_benchmark_does_not_take_is_named_with_those_that_it_takes(monkeypatch):
    module = types.SimpleNamespace(run=lambda *, orders=1, seconds=2: {})
    monkeypatch.setitem(sys.modules, "bench.life", module)
    with pytest.raises(SystemExit, match="takes no ordres; it takes orders, seconds"):
        runner.call(BENCHMARKS["life"], {"ordres": 5})


@pytest.mark.parametrize(
    ("words", "other"), [("intake --set orders=1e2", True), ("intake --short", True), ("intake", False)]
)
def test_a_goal_held_against_another_size_says_so(monkeypatch, capsys, words, other):
    asked = []

    def measure(name, arguments, runs):
        asked.append(dict(arguments))
        return {"orders_per_s": 5000.0}

    monkeypatch.setattr(runner, "measure", measure)
    assert command.main(words.split()) == 0
    assert ("at another size" in capsys.readouterr().out) == other
    assert asked != [{"orders": 1e2}] or isinstance(asked[0]["orders"], int)


def test_all_that_ends_soon_and_has_something_to_compare_is_checked():
    # The long ones take too long; the curve of the time to the 202, bytes of an order and the cost of a call have no goal.
    left_out = {"mixed", "growth", "soak", "lists", "latency", "footprint", "calls"}
    assert {name for name, row in BENCHMARKS.items() if row.short is None} == left_out


def test_a_benchmark_that_does_not_tell_what_it_promised_ends_with_an_error(monkeypatch):
    told = {"orders_per_s": 1.0, "p50_ms": 1.0, "cpu_ms_per_order": 1.0, "peak_pss_mib": 1.0, "ratio_a_to_limit": 1.0}
    module = types.SimpleNamespace(run=lambda **arguments: told)
    monkeypatch.setitem(sys.modules, "bench.life", module)
    with pytest.raises(SystemExit, match="did not tell p99_ms"):
        runner.call(BENCHMARKS["life"], {})
    told["p99_ms"] = 2.0
    assert runner.call(BENCHMARKS["life"], {}) == told


@pytest.mark.parametrize(("ratio", "code"), [(12.5, 1), (12.0, 0)])
def test_the_command_exits_with_1_only_when_a_ratio_is_25_percent_worse(monkeypatch, tmp_path, capsys, ratio, code):
    path = tmp_path / "baseline.json"
    baseline.write(KNOWN, path)
    monkeypatch.setattr(baseline, "read", lambda: KNOWN)
    monkeypatch.setattr(runner, "measure", lambda name, arguments: {"ratio_to_limit": ratio})
    assert command.main(["intake", "--check"]) == code
    assert f"{code} of 1 are" in capsys.readouterr().out


def test_a_baseline_written_is_read_back_with_the_machine_but_no_name_of_it(tmp_path):
    path = tmp_path / "baseline.json"
    baseline.write({"life": {"ratio_to_limit": 5.12345, "cpu_ms_per_order": 0.9, "p50_ms": 3.0}}, path)
    baseline.write(KNOWN, path)
    assert baseline.read(path) == {"life": {"ratio_to_limit": 5.1235, "cpu_ms_per_order": 0.9}, **KNOWN}
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
    used = {name for source in sources("bench", "tests") for name in re.findall(r"\blife\.(_?[a-z]\w*)", source.text)}
    assert {name for name in used - {"run", "py"} if not hasattr(life, name)} == set()


def test_a_limit_counts_the_servers_and_never_the_running_product():
    limits = {source.path: source.text for source in sources("bench") if "/limit" in source.path}
    assert limits
    assert {path for path, text in limits.items() if ".roots" in text} == set()


def test_no_module_of_the_benchmarks_uses_what_another_keeps_to_itself():
    modules = "|".join(source.path.split("/")[-1].removesuffix(".py") for source in sources("bench"))
    private = re.compile(rf"\b(?:{modules})\._[a-z]\w*")
    assert {source.path: found for source in sources("bench") if (found := private.findall(source.text))} == {}
