"""THE table of benchmarks: what each measures, the goals it is held against, the floor known for such work.

A new benchmark is a module of this package with `run(**short) -> dict[str, float]` and a row here. Names of figures:

* `cpu_ms_per_order` (or `cpu_ms_per_page`): user + sys of all server processes with PostgreSQL, `orders_per_s`, `p50_ms`,
  `p99_ms`, `peak_pss_mib`;
* every figure whose name begins with `ratio` is one to a limit that was measured in the same run, higher is worse; these
  are what `--check` compares. `bench/rounds.py` takes product and limit in turns, so that both feel the same neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach: at most `most`, or at least `least`."""

    figure: str
    most: float | None = None
    least: float | None = None

    def is_reached(self, value: float) -> bool:
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    def miss_percent(self, value: float) -> float:
        """By how many percent of the goal the value is on the wrong side; 0 when it is reached."""
        if self.is_reached(value):
            return 0.0
        wanted = self.most if self.most is not None else self.least
        assert wanted is not None
        return abs(value - wanted) / wanted * 100

    def text(self) -> str:
        return f"<= {self.most:g}" if self.most is not None else f">= {self.least:g}"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One row: `short` are the arguments of the form that `--check` runs; None keeps it out of `--check`.

    `only_by_name`: it takes an hour, or tens of gigabytes, so nobody runs it unasked.
    """

    module: str
    about: str
    limit: str
    floor: str
    goals: tuple[Goal, ...]
    short: Mapping[str, float] | None = None
    long: Mapping[str, float] = field(default_factory=dict)
    only_by_name: bool = False


BENCHMARKS: dict[str, Benchmark] = {
    "intake": Benchmark(
        "bench.intake",
        "one order a request: signature, bytes stored, step, 202 after commit; translated and written in batches",
        "a bare WSGI server: HMAC, JSON, one set-based statement a request, 202 after commit",
        "0.75-0.97 ms for the request alone",
        (
            Goal("cpu_ms_per_order", most=1.4),
            Goal("orders_per_s", least=1200),
            Goal("p99_at_half_load_ms", most=25),
        ),
        short={"orders": 2000},
    ),
    "bulk": Benchmark(
        "bench.bulk",
        "a hundred orders at a time, all rules, until they stand: by signed webhook, by a distributor's upload, by a poll",
        "the bare server with a hundred orders a request",
        "0.13 ms",
        (Goal("cpu_ms_per_order", most=0.35), Goal("orders_per_s", least=5000)),
        short={"orders": 3000},
    ),
    "life": Benchmark(
        "bench.life",
        "accepted -> shipped through the services in batches, with history, steps, stock ledger, papers",
        "bare psycopg, 100 orders in one set-based statement",
        "0.19 ms for five bare stages",
        (Goal("cpu_ms_per_order", most=1.2), Goal("orders_per_s", least=1500)),
        short={"orders": 1000},
    ),
    "single": Benchmark(
        "bench.single",
        "the life of one order at a time, one call a step and scan by scan, each its own transaction, without HTTP",
        "bare psycopg, five stages of one order, each its own transaction",
        "2.1 ms",
        (Goal("cpu_ms_per_order", most=8), Goal("orders_per_s", least=250)),
    ),
    "jobs": Benchmark(
        "bench.jobs",
        "what a job costs beside the work, for each order and stage: ring, RQ's job, looking for due steps, claiming",
        "bare psycopg, 100 orders in one set-based statement",
        "3.3-3.9 ms for an RQ job, divided by its orders",
        (Goal("cpu_ms_per_order_and_stage", most=0.02),),
        short={"orders": 1000},
    ),
    "lists": Benchmark(
        "bench.lists",
        "a page of orders: every filter, at the front, in the middle and deep, over a million orders without history",
        "the bare statement of a page, by key",
        "1.1 ms in SQL",
        (Goal("cpu_ms_per_page", most=8), Goal("api_p95_ms", most=10), Goal("html_p95_ms", most=10)),
        long={"orders": 1_000_000},
        only_by_name=True,
    ),
    "kpi": Benchmark(
        "bench.kpi",
        "24 months of KPI over the facts of 5 million orders, read from their sums; what folding an order costs",
        "the bare query of the sums",
        "14 ms",
        (Goal("months_ms", most=20),),
        only_by_name=True,
    ),
    "memory": Benchmark(
        "bench.memory",
        "2 web processes, 3 workers (one a queue) and the sweep at work, without PostgreSQL and Redis",
        "none: a bare Python with SQLAlchemy, psycopg, Flask and RQ needs 78 MiB for two web processes, 46 for two workers",
        "78 MiB (2 web), 46 MiB (2 RQ workers)",
        (Goal("pss_mib", most=250),),
    ),
    "latency": Benchmark(
        "bench.latency",
        "time to the 202 at a tenth to all of the highest rate of intake, for the curve",
        "none: what the clients see",
        "20-57 ms at full load with 16-32 clients",
        (),
    ),
    "mixed": Benchmark(
        "bench.mixed",
        "intake, full life and list pages together at the highest pace that the backlog does not grow under",
        "bare psycopg, 100 orders in one set-based statement",
        "none",
        (Goal("orders_per_s", least=700),),
        only_by_name=True,
    ),
    "growth": Benchmark(
        "bench.growth",
        "intake and life with a million complete orders in the database against empty",
        "the same with the bare limit's tables grown as much, in the same run",
        "94 % of empty at 0.7 million",
        (Goal("intake_points_worse_than_limit", most=5), Goal("life_points_worse_than_limit", most=5)),
        only_by_name=True,
    ),
    "footprint": Benchmark(
        "bench.footprint",
        "bytes of WAL, commits and bytes in the database of one order, for docs/scaling.md",
        "none",
        "none",
        (),
    ),
    "soak": Benchmark(
        "bench.soak",
        "memory of web, workers, sweep and floor after a million orders against after the warm-up",
        "flat",
        "none",
        (Goal("growth_percent", most=3),),
        only_by_name=True,
    ),
}
