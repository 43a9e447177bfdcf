"""THE table of benchmarks: what each measures, the goals it is held against, what is known of the limit of such work.

A new benchmark is a module of this package with `run(**short) -> dict[str, float]` and a row here. Names of figures:

* `orders_per_s`, `cpu_ms_per_order` (user + sys of all server processes with PostgreSQL), `p50_ms`, `p99_ms`, `peak_pss_mib` and
  at least one ratio; a benchmark that cannot have one of these says in its row which it tells instead, and why;
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


#: Orders a second asked of the intake, one a request; half load is half of it.
INTAKE_PER_S = 1200

#: What a benchmark promises; `ratio` stands for any figure whose name begins so.
PROMISED = ("orders_per_s", "p50_ms", "p99_ms", "cpu_ms_per_order", "peak_pss_mib", "ratio")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One row: `short` are the arguments of the form that `--check` runs; None keeps it out of `--check`.

    `limit` is measured in the same run, `known` is what was known of it before; `tells` are the figures that every run must
    have, `compared` those that a check compares beside the ratios.
    `only_by_name`: it takes an hour, or tens of gigabytes, so nobody runs it unasked.
    """

    module: str
    about: str
    limit: str
    known: str
    goals: tuple[Goal, ...]
    short: Mapping[str, float] | None = None
    long: Mapping[str, float] = field(default_factory=dict)
    tells: tuple[str, ...] = PROMISED
    compared: tuple[str, ...] = ()
    only_by_name: bool = False

    def untold(self, figures: Mapping[str, float]) -> list[str]:
        """What this run should have told and did not."""
        return [name for name in self.tells if not any(_is(name, figure) for figure in figures)]

    def comparable(self, figures: Mapping[str, float]) -> dict[str, float]:
        """Those of the figures that a check compares."""
        return {name: value for name, value in figures.items() if is_ratio(name) or name in self.compared}


def is_ratio(figure: str) -> bool:
    """Whether it is one to a limit measured in the same run."""
    return figure.startswith("ratio")


def _is(wanted: str, figure: str) -> bool:
    return is_ratio(figure) if wanted == "ratio" else figure == wanted


BENCHMARKS: dict[str, Benchmark] = {
    "intake": Benchmark(
        "bench.intake",
        "one order a request: signature, bytes stored, step `accept`, 202 after commit; then ring, claim, translation, the Order "
        "with lines, customer, history, step `verify`, in batches; p50 and p99 of the 202, also at half the rate",
        "a bare WSGI server: HMAC, JSON, one set-based statement a request, 202 after commit; in turns",
        "0.75-0.97 ms for the request alone",
        (
            Goal("cpu_ms_per_order", most=1.4),
            Goal("orders_per_s", least=INTAKE_PER_S),
            Goal("p99_at_half_load_ms", most=25),
        ),
        short={"orders": 4000},
    ),
    "bulk": Benchmark(
        "bench.bulk",
        "a hundred orders at a time, all rules, until they stand: by signed webhook, by a distributor's upload, by a poll; the dearest "
        "way and the slowest count; p50 and p99 of a hundred orders",
        "the bare server with a hundred orders a request; in turns with each way",
        "0.13 ms",
        (Goal("cpu_ms_per_order", most=0.35), Goal("orders_per_s", least=5000)),
        short={"orders": 6000},
    ),
    "life": Benchmark(
        "bench.life",
        "accepted -> shipped in batches of 200: verify, confirm, allocate, release, wave, paper lists back, check, boxes, labels "
        "recorded, both signatures, with steps, history, stock ledger; without the carrier's call and the printing of the signed "
        "list; rate, p50 and p99 of a batch through one stage, and memory are those of two processes side by side",
        "bare psycopg, five stages (confirm, reserve, pick, pack, ship) in batches of 200, one set-based statement and transaction "
        "each: claim, status, event, outbox row, next step; in turns",
        "0.19 ms in batches of 100",
        (Goal("cpu_ms_per_order", most=1.2), Goal("orders_per_s", least=1500)),
        short={"orders": 1600},
    ),
    "single": Benchmark(
        "bench.single",
        "the life of one order at a time, one call a step and scan by scan, each its own transaction, without HTTP; p50 and p99 of an "
        "order; memory of the one process",
        "bare psycopg, the five stages of one order, each its own transaction, a statement for each thing; in turns",
        "2.1 ms",
        (Goal("cpu_ms_per_order", most=8), Goal("orders_per_s", least=250)),
        short={"orders": 25, "rounds": 3},
    ),
    "jobs": Benchmark(
        "bench.jobs",
        "what a job costs beside the work, for each order and stage: ring, RQ's job, looking for due steps, claiming",
        "one bare stage of those of `life`, before the worker was started and after it has ended",
        "3.3-3.9 ms for an RQ job, divided by its orders",
        (Goal("cpu_ms_per_order_and_stage", most=0.02),),
        # A part of other benchmarks' work, so it has no rate and no time of an answer.
        tells=("cpu_ms_per_order_and_stage", "ratio_to_limit"),
        short={"orders": 1000},
    ),
    "lists": Benchmark(
        "bench.lists",
        "a page of orders as query, API answer and HTML: every filter, at the front, in the middle and deep, over copies of orders "
        "that went their whole way, without history; the dearest filter counts",
        "the bare statement of a page, by key; in turns",
        "1.1 ms in SQL",
        (Goal("cpu_ms_per_page", most=8), Goal("api_p95_ms", most=10), Goal("html_p95_ms", most=10)),
        # Pages of one process, one after another.
        tells=("cpu_ms_per_page", "html_p50_ms", "html_p95_ms", "html_p99_ms", "ratio_to_limit"),
        long={"orders": 1_000_000},
        only_by_name=True,
    ),
    "kpi": Benchmark(
        "bench.kpi",
        "24 months of KPI as the sums of 5 million orders have them: the facts of some thousand orders are folded, and the numbers in "
        "their sums multiplied, of which there are as many; what folding an order costs",
        "the bare query of the sums; in turns",
        "14 ms",
        (Goal("months_ms", most=20),),
        # One reading after another in one process.
        tells=("months_cpu_ms", "p50_ms", "p99_ms", "ratio_to_limit"),
        short={"orders": 7000},
    ),
    "memory": Benchmark(
        "bench.memory",
        "PSS of 2 web processes, 3 workers (one a queue) and the sweep, all at work, without PostgreSQL and Redis",
        "as many bare processes with the same libraries, which do nothing",
        "78 MiB (2 web), 46 MiB (2 RQ workers)",
        (Goal("pss_mib", most=250),),
        tells=("pss_mib", "settled_pss_mib", "ratio_to_limit"),
        # MiB do not depend on how busy the machine is, so they are compared as they are.
        compared=("pss_mib",),
        short={"orders": 1000},
    ),
    "calls": Benchmark(
        "bench.calls",
        "a transaction that only asks what time it is, as a page or a worker opens it, and each further question in it",
        "the bare driver's transaction with the same question; in turns",
        "none",
        (),
        tells=("cpu_ms_per_call", "cpu_ms_per_statement", "ratio_to_driver"),
    ),
    "latency": Benchmark(
        "bench.latency",
        "p50 and p99 of the 202 at a tenth to all of the highest rate of intake, for the curve",
        "none: what the clients see",
        "20-57 ms at full load with 16-32 clients",
        (),
        tells=("full_orders_per_s", "p50_ms_at_100", "p99_ms_at_100"),
    ),
    "mixed": Benchmark(
        "bench.mixed",
        "intake, the whole life and people turning list pages, together, at a pace kept by the clock; the highest at which neither the "
        "orders in the house nor the due steps nor the age of the oldest grow, and what changes is in the figures within three minutes",
        "the bare server of `intake` and the five bare stages of `life` together, on a ground of their own before and after; pages and "
        "KPIs are not in it",
        "none",
        (Goal("orders_per_s", least=700),),
        only_by_name=True,
    ),
    "growth": Benchmark(
        "bench.growth",
        "intake, and life in batches, with a million complete orders in the database against empty",
        "bare psycopg, 100 orders in one set-based statement, with tables grown as much, in turns",
        "94 % of empty at 0.7 million",
        (Goal("intake_points_worse_than_limit", most=5), Goal("life_points_worse_than_limit", most=5)),
        # Costs at several sizes, by their size.
        tells=("intake_points_worse_than_limit", "life_points_worse_than_limit", "limit_kept_percent"),
        only_by_name=True,
    ),
    "footprint": Benchmark(
        "bench.footprint",
        "bytes of WAL, commits and bytes in the database of one order, for `docs/scaling.md`",
        "none: nobody is asked to leave less",
        "none",
        (),
        tells=("wal_bytes_per_order", "commits_per_order", "database_bytes_per_order"),
    ),
    "soak": Benchmark(
        "bench.soak",
        "memory of web, workers, sweep and warehouse over a million orders: the last tenth against the one after the warm-up",
        "flat",
        "none",
        (Goal("growth_percent", most=3),),
        tells=("pss_mib_after_warm_up", "pss_mib_at_end", "growth_percent"),
        only_by_name=True,
    ),
}
