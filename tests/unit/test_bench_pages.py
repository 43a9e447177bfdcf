"""Kept figures become the page's table and its curves, and nothing else does."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest

from bench import curves, pages, scaling
from bench.table import BENCHMARKS


@pytest.fixture
def docs(tmp_path):
    (tmp_path / "pictures").mkdir()
    marked = f"{pages.BEGIN}\nwhat stood here\n{pages.END}\n\nafter\n"
    (tmp_path / "scaling.md").write_text(f"# Before\n\n{marked}")
    (tmp_path / "performance.md").write_text(
        f"# Before\n\n{pages.ABOUT_BEGIN}\nwhat stood here\n{pages.ABOUT_END}\n\n{marked}"
    )
    return tmp_path


def test_the_table_says_reached_missed_and_not_measured(docs):
    kept = docs / "figures.json"
    found = {"cpu_ms_per_order": 1.2, "orders_per_s": 600.0, "ratio_to_limit": 12.0, "load_average": 0.5}
    pages.keep("intake", found, command="python3 dev.py bench intake", path=kept)
    pages.write(pages.read(kept), docs)
    text = (docs / "performance.md").read_text()
    assert "what stood here" not in text
    assert text.startswith("# Before")
    assert text.endswith("after\n")
    assert "| intake | `cpu_ms_per_order` | <= 1.4 | **1.2** | reached |" in text
    assert "| intake | `orders_per_s` | >= 1200 | **600** | missed by 50 % |" in text
    assert "| growth | `life_points_worse_than_limit` | <= 5 | - | not measured |" in text
    figures = text[text.index(pages.BEGIN) :]
    assert figures.count("\n| ") == 1 + sum(len(row.goals) for row in BENCHMARKS.values())


def test_every_ratio_of_a_run_stands_in_the_table():
    found = {"orders_per_s": 600.0, "ratio_upload_to_limit": 5.31, "ratio_poll_to_limit": 3.5}
    text = pages.table({"bulk": {"command": "a", "measured": "b", "machine": "c", "figures": found}})
    assert "| missed by 88 % | 0.13 ms | upload 5.31, poll 3.5 |" in text


def test_the_page_says_of_every_benchmark_what_it_counts_and_its_limit():
    text = (curves.DOCS / "performance.md").read_text(encoding="utf-8")
    assert pages.about() in text, "python3 dev.py bench --write-docs"
    assert set(re.findall(r"^\| `(\w+)` \|", pages.about(), re.MULTILINE)) == set(BENCHMARKS)


def test_writing_twice_changes_nothing(docs):
    pages.write({}, docs)
    once = (docs / "performance.md").read_text()
    pages.write({}, docs)
    assert (docs / "performance.md").read_text() == once


def test_a_page_without_its_marks_is_refused(docs):
    (docs / "scaling.md").write_text("# nothing\n")
    with pytest.raises(SystemExit):
        pages.write({}, docs)


def test_what_a_day_needs_is_reckoned_from_the_measured_costs():
    costs = {
        "mixed_cpu_ms": 7.0,
        "intake_cpu_ms": 1.0,
        "life_cpu_ms": 3.0,
        "database_bytes": 20_000,
        "wal_bytes": 100_000,
        "commits": 0.5,
    }
    kept: dict = {}
    for field, value in {**costs, "network_bytes": 50_000}.items():
        benchmark, figure = scaling.SOURCES[field]
        kept.setdefault(benchmark, {"command": f"bench {benchmark}", "figures": {}})["figures"][figure] = value
    text = scaling.table(kept)
    # 100 million a day are 1,157 a second, 5,787 in the busiest hour; at 7 ms each 40.5 cores, 23.1 for intake and life alone.
    assert "| orders a second, busiest hour | mean x 5 | 57.9 | 5,787 |" in text
    assert "| cores busy in that hour | rate x CPU ms of everything | 0.405 | 40.5 |" in text
    assert "the least that could be | 0.231 | 23.1 |" in text
    assert "| 7 | `bench mixed`: cpu_ms_per_order |" in text
    assert "| WAL in that hour | rate x bytes of WAL | 5.79 MB/s | 579 MB/s |" in text
    assert "| growth of the database a year | a day x bytes x 365 | 7.3 TB | 730 TB |" in text


def test_a_cost_that_was_not_measured_is_named_and_nothing_is_reckoned():
    text = scaling.table({"intake": {"figures": {"cpu_ms_per_order": 1.0}}})
    assert "`footprint` database_bytes_per_order" in text
    assert "cores" not in text


def test_keeping_one_run_leaves_the_others(tmp_path):
    kept = tmp_path / "figures.json"
    pages.keep("life", {"orders_per_s": 1.0}, command="a", path=kept)
    pages.keep("intake", {"orders_per_s": 2.0}, command="b", path=kept)
    pages.keep("intake", {"orders_per_s": 3.0}, command="c", path=kept)
    assert {name: run["figures"]["orders_per_s"] for name, run in pages.read(kept).items()} == {
        "intake": 3.0,
        "life": 1.0,
    }
    assert json.loads(kept.read_text())["intake"]["command"] == "c"


def test_a_curve_is_drawn_from_the_figures_named_by_their_place(tmp_path):
    figures = {
        "life_cpu_ms_at_0": 1.0,
        "life_cpu_ms_at_1000000": 2.0,
        "life_cpu_ms_at_500000": 1.5,
        "limit_cpu_ms_at_0": 0.1,
    }
    (path,) = curves.draw_all({"growth": figures}, tmp_path)
    picture = ET.fromstring(path.read_text())
    dots = [(float(e.get("cx")), float(e.get("cy"))) for e in picture.iter("{http://www.w3.org/2000/svg}circle")]
    assert len(dots) == 4
    life = dots[:3]
    assert life == sorted(life)
    assert [y for _, y in life] == sorted((y for _, y in life), reverse=True)
    assert life[1][0] == pytest.approx((life[0][0] + life[2][0]) / 2, abs=0.1)


def test_the_curve_of_the_load_says_of_which_rate_its_percent_are(tmp_path):
    figures = {"full_orders_per_s": 1284.2, "p50_ms_at_10": 2.0, "p50_ms_at_100": 9.0}
    (path,) = curves.draw_all({"latency": figures}, tmp_path)
    assert "percent of 1,284 orders a second" in path.read_text()


def test_no_figures_no_curve(tmp_path):
    assert curves.draw_all({"growth": {"orders": 3.0}}, tmp_path) == []


@pytest.mark.parametrize("highest", [0.003, 0.9, 1.0, 7.3, 48.0, 999.0, 1_000_000.0])
def test_ticks_are_few_and_reach_the_highest(highest):
    found = curves.ticks(highest)
    assert found[0] == 0
    assert found[-1] >= highest
    assert 4 <= len(found) <= 11
