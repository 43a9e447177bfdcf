"""The life of orders in batches: accepted -> shipped through the services, with steps, history, ledger and papers.

Every stage claims or takes a batch of at least 100 orders and commits it (`hands.py` has those of the warehouse). First one
process does what the workers and the warehouse do, in turns with the limit: counted is its CPU and that of PostgreSQL, by
stage. The limit is five bare stages in batches as large (`limit_stages.py`). Then two processes share such work, and the rate,
how long a batch takes (p50, p99) and the memory are theirs (`life_pair.py`): one waits while PostgreSQL works, so it never
keeps two cores busy.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import cpu, hands, life_pair, limit_stages
from bench.goods import Company, company, order_json
from bench.ground import Ground, ground
from bench.hands import BATCH
from bench.rounds import Paired, in_turns
from oms import db, settings
from oms.fulfilment import waves
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.journey.steps import Claimed, Done
from workers import bindings, drain, process
from workers.handlers import Handler, Inside, Work
from workers.process import Process

ROUNDS = 4
STAGES = (
    "verify", "confirm", "allocate", "release", "wave", "steps", "pick", "check", "close_boxes", "label", "hand_over",
)  # fmt: skip


@dataclass(slots=True)
class Meter:
    """CPU ms by stage: of this process, and of PostgreSQL."""

    made: Ground
    python: dict[str, float] = field(default_factory=dict)
    postgres: dict[str, float] = field(default_factory=dict)
    reading_s: float = 0.0
    wall_s: float = 0.0

    @property
    def cpu_ms(self) -> float:
        return sum(self._counted())

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what is done inside to the stage; a stage inside another is not counted twice."""
        known = self._counted()
        start = self._clocks()
        yield
        used = [now - then for now, then in zip(self._clocks(), start, strict=True)]
        inner = [now - then for now, then in zip(self._counted(), known, strict=True)]
        self.python[name] = self.python.get(name, 0.0) + used[0] - inner[0]
        self.postgres[name] = self.postgres.get(name, 0.0) + used[1] - inner[1]

    def _counted(self) -> tuple[float, float]:
        return sum(self.python.values()), sum(self.postgres.values())

    def _clocks(self) -> tuple[float, float]:
        """CPU ms of Python and of PostgreSQL so far; what reading /proc costs is not Python's."""
        before = time.process_time()
        postgres = cpu.cpu_ms(self.made.roots)
        self.reading_s += time.process_time() - before
        return (time.process_time() - self.reading_s) * 1000, postgres

    def timed(self, kind: str, handler: Handler) -> Handler:
        """The handler with its work counted as the stage `kind`."""
        assert isinstance(handler, Inside)
        onward = handler.onward
        return Inside(self._timed(kind, handler.work), onward and replace(onward, work=self._timed(kind, onward.work)))

    def _timed(self, kind: str, work: Work) -> Work:
        def timed(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
            with self.stage(kind):
                return work(session, claimed, now)

        return timed


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


def live(made: Ground, seeded: Company, numbers: range) -> Meter:
    """Accept the orders (not counted), then every stage (counted)."""
    accept(made, seeded, numbers)
    meter = Meter(made)
    began = time.perf_counter()
    by_claim(made, "verify", meter)
    with made.database.transaction() as session:
        waves.plan_now(session, warehouse_id=seeded.warehouse_id)
    by_claim(made, "wave", meter)
    for name, work in hands.WORKS.items():
        with meter.stage(name):
            while work(made):
                pass
    with meter.stage("hand_over"):
        hands.hand_over(made)
    meter.wall_s = time.perf_counter() - began
    return meter


def accept(made: Ground, seeded: Company, numbers: range) -> None:
    """Let the orders come in and become orders that wait for `verify`."""
    for start in range(0, len(numbers), BATCH):
        _receive(made, seeded, numbers[start : start + BATCH])
    by_claim(made, "accept", Meter(made))


def _receive(made: Ground, seeded: Company, numbers: range) -> None:
    bodies = [json.dumps(order_json(n, seeded.sku_codes)).encode() for n in numbers]
    messages = [NewMessage(f"evt-{n}", "webhook", body) for n, body in zip(numbers, bodies, strict=True)]
    with made.database.transaction() as session:
        inbox.receive(session, channel_id=seeded.channel_id, received=messages, now=db.now(session))


def by_claim(made: Ground, kind: str, meter: Meter) -> None:
    """Work like a worker of the inside queue until nothing of the kind is due, with what it does at once after it.

    The handlers count as stages by their names; claiming, carrying on, ending and committing are the stage `steps`.
    """
    worker = worker_of(made)
    bound = {name: meter.timed(name, handler) for name, handler in bindings.handlers("inside").items()}
    with meter.stage("steps"):
        while drain.drain_kind(worker, kind, bound):
            pass


def worker_of(made: Ground) -> Process:
    """This process as one of the workers."""
    return Process(settings.load(made.environment), made.database, "bench")


def require_shipped(made: Ground, wanted: int) -> None:
    """End the benchmark when not all orders came to their end."""
    with made.database.transaction() as session:
        found = session.execute(text("SELECT count(*) FROM orders WHERE fulfilment_status = 'shipped'")).scalar_one()
        if found != wanted:
            states = session.execute(text("SELECT status, fulfilment_status, count(*) FROM orders GROUP BY 1, 2"))
            raise SystemExit(f"{found} of {wanted} orders are shipped: {[tuple(row) for row in states]}")
