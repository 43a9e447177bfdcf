"""The committed baseline: each checked ratio, CPU ms beside it; and the comparison that fails a check.

A ratio that is 25 % worse than the baseline's fails, after it was measured once more: a busy neighbour must not
fail it, a slower product must. What cannot be compared fails too: a ratio that the baseline does not know, one that is no
longer measured, and a benchmark without any; else a lost baseline would let everything through.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.table import BENCHMARKS, Benchmark

BASELINE = Path(__file__).with_name("baseline.json")
#: So much worse than the baseline's a ratio may not be.
WORSE = 1.25
#: Figures kept beside the ratios, for the reader.
BESIDE = (
    "cpu_ms_per_order", "cpu_ms_per_page", "cpu_ms_per_order_and_stage", "months_cpu_ms", "orders_per_s", "load_average",
)  # fmt: skip

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure against its baseline: `measured` is None when the run has it no more, `baseline` when that does not know it."""

    benchmark: str
    figure: str
    measured: float | None
    baseline: float | None

    @property
    def change(self) -> float | None:
        """1.0 for the same; None when there is nothing to compare with."""
        if self.measured is None or self.baseline is None or not (_is_cost(self.measured) and _is_cost(self.baseline)):
            return None
        return self.measured / self.baseline

    @property
    def is_worse(self) -> bool:
        return self.change is not None and self.change >= WORSE - 1e-9

    @property
    def fails(self) -> bool:
        return self.change is None or self.is_worse

    def line(self) -> str:
        name = f"{self.benchmark} {self.figure}"
        if self.measured is None:
            return f"  {name:<44}FAILED    no longer measured"
        if not _is_cost(self.measured):
            return f"  {name:<44}{self.measured:>9.2f}   FAILED    measured nothing: no work is for free"
        if self.change is None:
            return (
                f"  {name:<44}{self.measured:>9.2f}   FAILED    not in the baseline: `dev.py bench --update-baseline`"
            )
        word = "WORSE" if self.is_worse else "ok"
        change = (self.change - 1) * 100
        return f"  {name:<44}{self.measured:>9.2f}   baseline {self.baseline:>9.2f}   {change:>+6.1f} %   {word}"


def _is_cost(value: float) -> bool:
    """What is nothing, less than nothing or no number was not measured: the work was not done, or its processes were gone."""
    return math.isfinite(value) and value > 0


def compare(name: str, row: Benchmark, figures: Figures, baseline: Mapping[str, Figures]) -> list[Verdict]:
    """Each compared figure of one benchmark with its baseline, those that only one of them has too."""
    known, found = row.comparable(baseline.get(name, {})), row.comparable(figures)
    names = [*found, *(figure for figure in known if figure not in found)]
    return [Verdict(name, figure, found.get(figure), known.get(figure)) for figure in names or ["(nothing to compare)"]]


def check(measure: Callable[[str], Figures], names: list[str], baseline: Mapping[str, Figures]) -> list[Verdict]:
    """Measure each; what is worse is measured once more, and each of its figures counts as the better of the two."""
    verdicts: list[Verdict] = []
    for name in names:
        row = BENCHMARKS[name]
        first = compare(name, row, measure(name), baseline)
        if any(verdict.is_worse for verdict in first):
            first = _better(first, compare(name, row, measure(name), baseline))
        verdicts += first
    return verdicts


def _better(first: list[Verdict], again: list[Verdict]) -> list[Verdict]:
    by_figure = {verdict.figure: verdict for verdict in again}
    return [min(verdict, by_figure.get(verdict.figure, verdict), key=_measured) for verdict in first]


def _measured(verdict: Verdict) -> float:
    return math.inf if verdict.measured is None or not _is_cost(verdict.measured) else verdict.measured


def read(path: Path = BASELINE) -> dict[str, Figures]:
    """The baseline's figures by benchmark; nothing when there is none yet."""
    if not path.exists():
        return {}
    kept: dict[str, Figures] = json.loads(path.read_text())["benchmarks"]
    return kept


def write(found: Mapping[str, Figures], path: Path = BASELINE) -> None:
    """Keep the ratios of these benchmarks, CPU ms beside them; those of others stay."""
    kept = dict(read(path))
    for name, figures in found.items():
        beside = {figure: figures[figure] for figure in BESIDE if figure in figures}
        compared = BENCHMARKS[name].comparable(figures)
        kept[name] = {figure: round(value, 4) for figure, value in (compared | beside).items()}
    text = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "benchmarks": dict(sorted(kept.items()))}
    path.write_text(json.dumps(text, indent=2) + "\n")


def machine() -> str:
    """What kind of machine this is; no name of it."""
    cpu = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next((int(line.split()[1]) // 1024**2 for line in _lines("/proc/meminfo") if line.startswith("MemT")), 0)
    return f"{os.cpu_count()} cores ({cpu}), {memory} GiB, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
