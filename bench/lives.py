"""The life of orders in batches: what takes them from accepted to shipped through the services, as workers and warehouse do.

Every stage claims or takes a batch of at least 100 orders and commits it (`hands.py` has those of the warehouse); a `Meter` tells
which stage used how much CPU.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import cpu, hands
from bench.goods import Company, order_json
from bench.ground import Ground
from bench.hands import BATCH
from oms import db, settings
from oms.fulfilment import waves
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.journey.steps import Claimed, Done
from workers import bindings, drain
from workers.handlers import Handler, Inside, Work
from workers.process import Process


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
