"""The life of orders by two processes side by side, as two workers and two stations of the floor share a house's work.

Each process takes the next batch of whatever stage has work, durable and with every rule, until every order is shipped. System
stages and labels are claimed as workers claim them; what the floor does is divided by orders and lists that are locked for the
batch, whose neighbours skip them (`bench/life.py`). One of the two signs the hand-over lists, a van after another.

The rate is orders over wall time of both. How often one process had to wait for a row that the other held is sampled
from PostgreSQL's own view of its sessions.
"""

from __future__ import annotations

import multiprocessing
import queue
import time
import uuid
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import text

from bench import cpu, life
from bench.goods import Company
from bench.ground import Ground
from oms import crypto, db, settings
from oms.db import Database
from oms.fulfilment import waves
from workers import bindings, drain, process

PROCESSES = 2
#: A van takes so many parcels; its list is signed when it is full, or when nothing else is to be done.
VAN = 400
_IDLE_S = 0.005
_SAMPLE_S = 0.05
_SYSTEM = ("verify", "wave")


@dataclass(frozen=True, slots=True)
class Share:
    """What one process is told: its place, where the house is, and how many orders will have been shipped at the end."""

    place: int
    environment: dict[str, str]
    warehouse_id: uuid.UUID
    shipped: int


@dataclass(frozen=True, slots=True)
class Worked:
    """When one process began and did its last work, by the machine's one clock; its CPU; its batches by stage."""

    began: float
    ended: float
    cpu_ms: float
    batches: dict[str, int]


@dataclass(slots=True)
class Waits:
    """Samples of the database's sessions: how many there were, and in how many somebody waited for a row."""

    samples: int = 0
    waiting: int = 0
    by_statement: dict[str, int] = field(default_factory=dict)

    def look(self, made: Ground) -> None:
        """Take one sample."""
        with made.database.transaction() as session:
            found = list(session.execute(_WAITING).scalars())
        self.samples += 1
        self.waiting += bool(found)
        for statement in found:
            self.by_statement[statement] = self.by_statement.get(statement, 0) + 1


_WAITING = text("SELECT left(query, 60) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
_DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
_SHIPPED = text("SELECT count(*) FROM orders WHERE fulfilment_status = 'shipped'")
_ON_LIST = text("""
    SELECT count(*) FROM parcel p JOIN hand_over_list l ON l.id = p.hand_over_list_id WHERE l.status = 'open'
""")


def run(made: Ground, seeded: Company, numbers: range) -> dict[str, float]:
    """Let two processes take the orders from accepted to shipped; rate, CPU ms an order, and how much they waited."""
    life.accept(made, seeded, numbers)
    before = _number(made, _DEADLOCKS)
    postgres = cpu.cpu_ms(made.roots)
    waits = Waits()
    worked = _work(made, seeded, _number(made, _SHIPPED) + len(numbers), waits)
    postgres = cpu.cpu_ms(made.roots) - postgres
    seconds = max(one.ended for one in worked) - min(one.began for one in worked)
    busy = sum(one.cpu_ms for one in worked)
    return {
        "orders_per_s": len(numbers) / seconds,
        "two_processes_cpu_ms": (busy + postgres) / len(numbers),
        "two_processes_cores_busy": (busy + postgres) / 1000 / seconds,
        "lock_wait_share": waits.waiting / max(1, waits.samples),
        "deadlocks": float(_number(made, _DEADLOCKS) - before),
    }


def _work(made: Ground, seeded: Company, shipped: int, waits: Waits) -> list[Worked]:
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[Worked] = context.Queue()
    ready = context.Barrier(PROCESSES)
    shares = [Share(place, made.environment, seeded.warehouse_id, shipped) for place in range(PROCESSES)]
    workers = [context.Process(target=_take_part, args=(share, ready, told), daemon=True) for share in shares]
    for worker in workers:
        worker.start()
    found: list[Worked] = []
    while len(found) < PROCESSES:
        try:
            found.append(told.get(timeout=_SAMPLE_S))
        except queue.Empty:
            waits.look(made)
            if any(worker.exitcode for worker in workers):
                raise SystemExit("a process of the pair ended with an error") from None
    for worker in workers:
        worker.join()
    return found


def _take_part(share: Share, ready: Barrier, told: multiprocessing.Queue[Worked]) -> None:
    """One of the processes, from its start to the last order."""
    deploy = settings.load(share.environment)
    crypto.install(crypto.key_ring(deploy.encryption_keys, deploy.index_key))
    made = Ground(
        Database(db.make_engine(deploy.database_url, role="worker", pool_size=2)), share.environment, Path("/"), 0
    )
    bindings.handlers("inside")
    process.warm()
    process.calm_collector()
    ready.wait()
    began = ended = time.perf_counter()
    used, batches = time.process_time(), dict[str, int]()
    while True:
        stages = _round(made, share)
        for name in stages:
            batches[name] = batches.get(name, 0) + 1
        if stages:
            ended = time.perf_counter()
        elif _number(made, _SHIPPED) >= share.shipped:
            break
        else:
            time.sleep(_IDLE_S)
    told.put(Worked(began, ended, (time.process_time() - used) * 1000, batches))
    made.database.engine.dispose()


def _round(made: Ground, share: Share) -> list[str]:
    """One batch of each stage that has work; which had any."""
    worker = life.worker_of(made)
    bound = bindings.handlers("inside")
    if share.place == 0:
        with made.database.transaction() as session:
            waves.plan_now(session, warehouse_id=share.warehouse_id)
    done = [kind for kind in _SYSTEM if drain.drain_kind(worker, kind, bound)]
    done += [name for name, stage in life.FLOOR.items() if stage(made)]
    if share.place == 0 and _number(made, _ON_LIST) >= (VAN if done else 1):
        life._hand_over(made)
        done.append("hand_over")
    return done


def _number(made: Ground, statement: object) -> int:
    with made.database.transaction() as session:
        return int(session.execute(statement).scalar_one())  # type: ignore[call-overload]
