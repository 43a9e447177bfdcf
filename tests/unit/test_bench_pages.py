"""Kept figures become the page's table and its curves, and nothing else does."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from bench import curves, pages
from bench.table import BENCHMARKS


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "performance.md"
    path.write_text(f"# Before\n\n{pages.BEGIN}\nold\n{pages.END}\n\nafter\n")
    return path


def test_the_table_says_reached_missed_and_not_measured(tmp_path, page):
    kept = tmp_path / "figures.json"
    found = {"cpu_ms_per_order": 1.2, "orders_per_s": 600.0, "ratio_to_floor": 12.0, "load_average": 0.5}
    pages.keep("intake", found, command="python3 dev.py bench intake", path=kept)
    pages.write(pages.read(kept), page, tmp_path)
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("# Before")
    assert text.endswith("after\n")
    assert "| intake | `cpu_ms_per_order` | <= 1.4 | **1.2** | reached |" in text
    assert "| intake | `orders_per_s` | >= 1200 | **600** | missed by 50 % |" in text
    assert "| growth | `life_points_worse_than_limit` | <= 5 | - | not measured |" in text
    assert text.count("\n| ") == 1 + sum(len(row.goals) for row in BENCHMARKS.values())


def test_writing_twice_changes_nothing(tmp_path, page):
    pages.write({}, page, tmp_path)
    once = page.read_text()
    pages.write({}, page, tmp_path)
    assert page.read_text() == once


def test_a_page_without_its_marks_is_refused(tmp_path):
    path = tmp_path / "performance.md"
    path.write_text("# nothing\n")
    with pytest.raises(SystemExit):
        pages.write({}, path, tmp_path)


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


def test_no_figures_no_curve(tmp_path):
    assert curves.draw_all({"growth": {"orders": 3.0}}, tmp_path) == []


@pytest.mark.parametrize("highest", [0.003, 0.9, 1.0, 7.3, 48.0, 999.0, 1_000_000.0])
def test_ticks_are_few_and_reach_the_highest(highest):
    found = curves.ticks(highest)
    assert found[0] == 0
    assert found[-1] >= highest
    assert 4 <= len(found) <= 11
