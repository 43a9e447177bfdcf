"""The life of orders in batches: accepted -> shipped through the services, with steps, history, ledger and papers.

First one process does what the workers and the warehouse do (`lives.py`), in turns with the limit: counted is its CPU and that
of PostgreSQL, by stage. The limit is five bare stages in batches as large (`limit_stages.py`). Then two processes share such
work, and the rate, how long a batch takes (p50, p99) and the memory are theirs (`life_pair.py`): one waits while PostgreSQL
works, so it never keeps two cores busy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bench import life_pair, limit_stages
from bench.goods import Company, company
from bench.ground import Ground, ground
from bench.hands import BATCH
from bench.lives import live, require_shipped
from bench.rounds import Paired, in_turns
from workers import bindings, process

ROUNDS = 4
STAGES = (
    "verify", "confirm", "allocate", "release", "wave", "steps", "pick", "check", "close_boxes", "label", "hand_over",
)  # fmt: skip


def run(*, orders: int = 2400, limit_orders: int = limit_stages.ORDERS) -> dict[str, float]:
    """Drive `orders` orders to shipped, in turns with the limit; return the figures, those of each stage too."""
    each = max(BATCH, orders // ROUNDS // BATCH * BATCH)
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        bindings.handlers("inside")
        process.calm_collector()  # as the workers do
        live(made, seeded, range(1_000_000, 1_000_000 + BATCH))
        limit, lives = limit_stages.InBatches(made), Lives(made, seeded)
        limit.cpu_ms(BATCH * 5)
        paired = in_turns(lambda: lives.take(each), lambda: limit.cpu_ms(limit_orders // ROUNDS), rounds=ROUNDS)
        limit.close()
        figures = _figures(lives, paired)
        figures |= life_pair.run(made, seeded, range(2_000_000, 2_000_000 + lives.taken))
        require_shipped(made, lives.taken * 2 + BATCH)
        return figures


@dataclass(slots=True)
class Lives:
    """One process that does everything; each call of `take` brings the next orders."""

    made: Ground
    seeded: Company
    taken: int = 0
    wall_s: float = 0.0
    python: Counter[str] = field(default_factory=Counter)
    postgres: Counter[str] = field(default_factory=Counter)

    def take(self, orders: int) -> float:
        """Take so many from accepted to shipped; CPU ms an order."""
        meter = live(self.made, self.seeded, range(self.taken, self.taken + orders))
        self.taken += orders
        self.wall_s += meter.wall_s
        self.python.update(meter.python)
        self.postgres.update(meter.postgres)
        return meter.cpu_ms / orders


def _figures(lives: Lives, paired: Paired) -> dict[str, float]:
    python, postgres = lives.python.total() / lives.taken, lives.postgres.total() / lives.taken
    figures = {
        "one_process_orders_per_s": lives.taken / lives.wall_s,
        "cpu_ms_per_order": python + postgres,
        "of_it_python_ms": python,
        "of_it_postgres_ms": postgres,
        "limit_stages_ms": paired.limit,
        "ratio_to_limit": paired.ratio,
    }
    for name in STAGES:
        figures |= {f"{name}_python_ms": lives.python[name] / lives.taken}
        figures |= {f"{name}_postgres_ms": lives.postgres[name] / lives.taken}
    return figures
