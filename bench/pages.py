"""Kept figures, and the page that shows them: `dev.py bench NAME --keep` keeps a run, `dev.py bench --write-docs` writes the page.

bench/figures.json holds the last kept run of each benchmark with its command, day and load; the tables of docs/performance.md and
docs/scaling.md and the curves are made of it and of nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import baseline, curves, revision, scaling
from bench.table import BENCHMARKS, Benchmark, Goal, is_ratio

KEPT = Path(__file__).with_name("figures.json")
BEGIN, END = "<!-- figures: written by `dev.py bench --write-docs` -->", "<!-- end of figures -->"
ABOUT_BEGIN, ABOUT_END = "<!-- benchmarks: written by `dev.py bench --write-docs` -->", "<!-- end of benchmarks -->"

Kept = Mapping[str, Mapping[str, Any]]


def read(path: Path = KEPT) -> dict[str, dict[str, Any]]:
    """What was kept, by benchmark."""
    kept: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    return kept


def keep(name: str, figures: Mapping[str, float], *, command: str, path: Path = KEPT) -> None:
    """Keep this run as the benchmark's last; other benchmarks' stay."""
    kept = read(path)
    kept[name] = {
        "command": command,
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "commit": revision.commit(),
        "machine": baseline.machine(),
        "figures": {figure: _rounded(value) for figure, value in figures.items()},
    }
    path.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n")


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def write(kept: Kept, folder: Path = curves.DOCS) -> int:
    """Put the tables into both pages between their marks and draw the curves; SystemExit when marks are not there."""
    _fill(folder / "performance.md", about(), ABOUT_BEGIN, ABOUT_END)
    _fill(folder / "performance.md", table(kept))
    _fill(folder / "scaling.md", scaling.table(kept))
    curves.draw_all({name: run["figures"] for name, run in kept.items()}, folder / "pictures")
    return 0


def _fill(page: Path, words: str, begin: str = BEGIN, end: str = END) -> None:
    text = page.read_text(encoding="utf-8")
    marked = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(marked.findall(text)) != 1:
        raise SystemExit(f"{page.name} must hold {begin} and {end} once")
    page.write_text(marked.sub(lambda _: f"{begin}\n{words}\n{end}", text), encoding="utf-8")


def about() -> str:
    """One row for each benchmark: what it counts, what its limit is, what a check compares."""
    head = ["| benchmark | what is counted | limit, in the same run | `--check` compares |", "|---|---|---|---|"]
    return "\n".join(
        [*head, *(f"| `{name}` | {row.about} | {row.limit} | {_compared(row)} |" for name, row in BENCHMARKS.items())]
    )


def _compared(row: Benchmark) -> str:
    if row.short is None:
        return "-"
    return ", ".join(
        [*(["its ratios"] if "ratio" in "".join(row.tells) else []), *(f"`{name}`" for name in row.compared)]
    )


def table(kept: Kept) -> str:
    """One row for each goal of each benchmark, measured or not; below it each benchmark's command and day."""
    head = [
        "| benchmark | figure | goal | measured | | limit known before | ratio to the limit, same run |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [_row(name, row, goal, kept.get(name)) for name, row in BENCHMARKS.items() for goal in row.goals]
    runs = [
        f"* `{name}`: `{run['command']}`, {run['measured']} UTC{_at(run)}, load average "
        f"{run['figures'].get('load_average', 0):.1f}, {run['machine']}"
        for name, run in kept.items()
        if name in BENCHMARKS
    ]
    return "\n".join([*head, *rows, "", *runs])


def _at(run: Mapping[str, Any]) -> str:
    return f" at {run['commit'][:7]}" if "commit" in run else ""


def _row(name: str, row: Benchmark, goal: Goal, run: Mapping[str, Any] | None) -> str:
    figures: Mapping[str, float] = run["figures"] if run else {}
    words = ["-", "not measured"]
    if goal.figure in figures:
        value = figures[goal.figure]
        verdict = "reached" if goal.is_reached(value) else f"missed by {goal.miss_percent(value):.0f} %"
        words = [f"**{value:.4g}**", verdict]
    ratio = ", ".join(_ratio(figure, value) for figure, value in figures.items() if is_ratio(figure))
    return f"| {name} | `{goal.figure}` | {goal.text()} | {' | '.join(words)} | {row.known} | {ratio or '-'} |"


def _ratio(figure: str, value: float) -> str:
    """`ratio_poll_to_limit` is told as "poll 3.5", `ratio_to_limit` as the number alone."""
    part = figure.removeprefix("ratio").removesuffix("_to_limit").strip("_").replace("_", " ")
    return f"{part} {value:.3g}".strip()
