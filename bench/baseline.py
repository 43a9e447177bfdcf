"""The committed baseline: each checked ratio, CPU ms beside it; and the comparison that fails a check.

A ratio that is 25 % worse than the baseline's fails, after it was measured once more: a busy neighbour must not
fail it, a slower product must.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

BASELINE = Path(__file__).with_name("baseline.json")
#: So much worse than the baseline's a ratio may not be.
WORSE = 1.25
#: Figures kept beside the ratios, for the reader.
BESIDE = ("cpu_ms_per_order", "cpu_ms_per_page", "cpu_ms_per_order_and_stage", "orders_per_s", "load_average")

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One ratio against its baseline; `change` is 1.0 for the same, None when the baseline does not know it."""

    benchmark: str
    figure: str
    ratio: float
    baseline: float | None

    @property
    def change(self) -> float | None:
        return self.ratio / self.baseline if self.baseline else None

    @property
    def is_worse(self) -> bool:
        return self.change is not None and self.change >= WORSE - 1e-9

    def line(self) -> str:
        name = f"{self.benchmark} {self.figure}"
        if self.change is None:
            return f"  {name:<44}{self.ratio:>9.2f}   not in the baseline: `dev.py bench --update-baseline`"
        word = "WORSE" if self.is_worse else "ok"
        return f"  {name:<44}{self.ratio:>9.2f}   baseline {self.baseline:>9.2f}   {(self.change - 1) * 100:>+6.1f} %   {word}"


def ratios(figures: Figures) -> dict[str, float]:
    """Those that a check compares."""
    return {name: value for name, value in figures.items() if name.startswith("ratio")}


def compare(benchmark: str, figures: Figures, baseline: Mapping[str, Figures]) -> list[Verdict]:
    """Each ratio of one benchmark with its baseline; one that the baseline has and the run lacks counts as worse."""
    known, found = ratios(baseline.get(benchmark, {})), ratios(figures)
    missing = [Verdict(benchmark, f"{name} (gone)", float("inf"), known[name]) for name in known.keys() - found.keys()]
    return [Verdict(benchmark, name, value, known.get(name)) for name, value in found.items()] + missing


def check(measure: Callable[[str], Figures], names: list[str], baseline: Mapping[str, Figures]) -> list[Verdict]:
    """Measure each; what is worse is measured once more, and each of its ratios counts as the better of the two."""
    verdicts: list[Verdict] = []
    for name in names:
        first = compare(name, measure(name), baseline)
        if any(verdict.is_worse for verdict in first):
            first = _better(first, compare(name, measure(name), baseline))
        verdicts += first
    return verdicts


def _better(first: list[Verdict], again: list[Verdict]) -> list[Verdict]:
    by_figure = {verdict.figure: verdict for verdict in again}
    return [min(v, by_figure.get(v.figure, v), key=lambda verdict: verdict.ratio) for v in first]


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
        kept[name] = {figure: round(value, 4) for figure, value in (ratios(figures) | beside).items()}
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
