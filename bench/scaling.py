"""What so many orders a day need, reckoned from kept figures: the table of docs/scaling.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DAY_S = 86_400
#: The busiest hour against the day's mean: a shop sleeps at night and has an evening.
PEAK = 5
#: Cores are bought so that the busiest hour keeps half of them busy.
BUSY = 0.5
PAGE = 8192

PER_DAY = {"one million a day": 1_000_000, "one hundred million a day": 100_000_000}


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one order, measured: which run and figure each comes from stands in `SOURCES`.

    Intake and life are what must be done for an order; mixed is what a house spends on it that folds KPIs, seals its history, shows
    pages and tidies up meanwhile. So cores are reckoned by mixed.
    """

    mixed_cpu_ms: float
    intake_cpu_ms: float
    life_cpu_ms: float
    database_bytes: float
    wal_bytes: float
    commits: float
    network_bytes: float

    @property
    def least_cpu_ms(self) -> float:
        return self.intake_cpu_ms + self.life_cpu_ms


#: field -> (benchmark, figure)
SOURCES = {
    "mixed_cpu_ms": ("mixed", "cpu_ms_per_order"),
    "intake_cpu_ms": ("intake", "cpu_ms_per_order"),
    "life_cpu_ms": ("life", "cpu_ms_per_order"),
    "database_bytes": ("footprint", "database_bytes_per_order"),
    "wal_bytes": ("footprint", "wal_bytes_per_order"),
    "commits": ("footprint", "commits_per_order"),
    "network_bytes": ("hosts", "network_bytes_per_order"),
}


def costs(kept: Mapping[str, Mapping[str, Any]]) -> Costs | None:
    """The measured costs; None while one of them was not kept."""
    found: dict[str, float] = {}
    for field, (benchmark, figure) in SOURCES.items():
        value = kept.get(benchmark, {}).get("figures", {}).get(figure)
        if value is None:
            return None
        found[field] = float(value)
    return Costs(**found)


def table(kept: Mapping[str, Mapping[str, Any]]) -> str:
    """The costs and what follows from them, each row with its arithmetic."""
    one = costs(kept)
    if one is None:
        missing = [f"`{b}` {f}" for b, f in SOURCES.values() if f not in kept.get(b, {}).get("figures", {})]
        return f"Not all costs were kept yet; missing: {', '.join(missing)}."
    lines = ["| one order costs | measured | by |", "|---|---|---|"]
    lines += [
        f"| {_WORDS[field]} | {_shown(getattr(one, field))} | `{kept[benchmark]['command']}`: {figure} |"
        for field, (benchmark, figure) in SOURCES.items()
    ]
    lines += ["", f"| it takes | how it is reckoned | {' | '.join(PER_DAY)} |", "|---|---|---|---|"]
    needs = [_needs(one, per_day) for per_day in PER_DAY.values()]
    lines += [f"| {what} | {how} | {' | '.join(need[what] for need in needs)} |" for what, how in _HOW.items()]
    return "\n".join(lines)


_WORDS = {
    "mixed_cpu_ms": "CPU ms of everything together: intake, life, KPIs, sealing, pages, tidying up",
    "intake_cpu_ms": "of it intake, measured alone",
    "life_cpu_ms": "of it from accepted to shipped, in batches, measured alone",
    "database_bytes": "bytes in the database with indexes, history and steps, without papers",
    "wal_bytes": "bytes of WAL, received to shipped",
    "commits": "commits, received to shipped, in batches of 200",
    "network_bytes": "bytes over the cables of web and worker hosts, both ways",
}
_HOW = {
    "orders a second, mean": "a day / 86,400",
    "orders a second, busiest hour": f"mean x {PEAK}",
    "cores busy in that hour": "rate x CPU ms of everything",
    "cores that intake and life alone keep busy": "rate x (intake + life), the least that could be",
    "cores to buy": f"busy / {BUSY:g}",
    "WAL in that hour": "rate x bytes of WAL",
    "WAL a day, to keep for restoring": "a day x bytes of WAL",
    "growth of the database a year": "a day x bytes x 365",
    "commits a second in that hour": "rate x (1 for intake one by one + commits of the life)",
    "pages written a second": f"rate x (WAL + database bytes) / {PAGE}, at least",
    "network in that hour": "rate x bytes x 8",
}


def _needs(one: Costs, per_day: int) -> dict[str, str]:
    mean = per_day / DAY_S
    peak = mean * PEAK
    busy = peak * one.mixed_cpu_ms / 1000
    return {
        "orders a second, mean": _shown(mean),
        "orders a second, busiest hour": _shown(peak),
        "cores busy in that hour": _shown(busy),
        "cores that intake and life alone keep busy": _shown(peak * one.least_cpu_ms / 1000),
        "cores to buy": _shown(busy / BUSY),
        "WAL in that hour": f"{_shown(peak * one.wal_bytes / 1e6)} MB/s",
        "WAL a day, to keep for restoring": f"{_shown(per_day * one.wal_bytes / 1e9)} GB",
        "growth of the database a year": f"{_shown(per_day * one.database_bytes * 365 / 1e12)} TB",
        "commits a second in that hour": _shown(peak * (1 + one.commits)),
        "pages written a second": _shown(peak * (one.wal_bytes + one.database_bytes) / PAGE),
        "network in that hour": f"{_shown(peak * one.network_bytes * 8 / 1e6)} Mbit/s",
    }


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
