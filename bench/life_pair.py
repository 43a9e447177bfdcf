"""The life of orders by two processes side by side, as two workers and two stations of the warehouse share its work.

Each process takes the next batch of whatever stage has work, durable and with every rule, until every order is shipped. System
stages and labels are claimed as workers claim them; what the warehouse does is divided by orders and lists that are locked for
the batch, whose neighbours skip them (`bench/hands.py`). One of the two signs the hand-over lists, a van after another.

The rate is orders over wall time of both; p50 and p99 are the times of one batch of at most 200 orders through one stage. How often one process had to wait for a row that the other held is sampled
from PostgreSQL's own view of its sessions.
"""

from __future__ import annotations

import multiprocessing
import queue
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import text

from bench import clients, cpu, hands, lives
from bench.goods import Company
from bench.ground import Ground
from bench.peak import Sampler
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
    """When one process began and did its last work, by the machine's one clock; its CPU; how long each batch took."""

    began: float
    ended: float
    cpu_ms: float
    batches_s: list[float]


@dataclass(slots=True)
class Waits:
    """Samples of the database's sessions: how many there were, and in how many somebody waited for a row; the processes' memory."""

    samples: int = 0
    waiting: int = 0
    peak_pss_mib: float = 0.0

    def look(self, made: Ground) -> None:
        """Take one sample."""
        with made.database.transaction() as session:
            waiting = session.execute(_WAITING).scalar_one()
        self.samples += 1
        self.waiting += waiting > 0


_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
_DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
_SHIPPED = text("SELECT count(*) FROM orders WHERE fulfilment_status = 'shipped'")
_ON_LIST = text("""
    SELECT count(*) FROM parcel p JOIN hand_over_list l ON l.id = p.hand_over_list_id WHERE l.status = 'open'
""")


def run(made: Ground, seeded: Company, numbers: range) -> dict[str, float]:
    """Let two processes take the orders from accepted to shipped; rate, CPU ms an order, and how much they waited."""
    lives.accept(made, seeded, numbers)
    before = _number(made, _DEADLOCKS)
    postgres = cpu.cpu_ms(made.roots)
    waits = Waits()
    worked = _work(made, seeded, _number(made, _SHIPPED) + len(numbers), waits)
    postgres = cpu.cpu_ms(made.roots) - postgres
    seconds = max(one.ended for one in worked) - min(one.began for one in worked)
    busy = sum(one.cpu_ms for one in worked)
    batches = [taken for one in worked for taken in one.batches_s]
    return {
        "orders_per_s": len(numbers) / seconds,
        "p50_ms": clients.percentile_ms(batches, 0.5),
        "p99_ms": clients.percentile_ms(batches, 0.99),
        "peak_pss_mib": waits.peak_pss_mib,
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
    sampler = Sampler({"processes": [worker.pid for worker in workers if worker.pid]})
    with sampler.watching():
        found = [_told(told, made, waits, workers) for _ in workers]
    waits.peak_pss_mib = sampler.peak_mib
    for worker in workers:
        worker.join()
    return found


def _told(told: multiprocessing.Queue[Worked], made: Ground, waits: Waits, workers: Sequence[BaseProcess]) -> Worked:
    """What the next of them that is ready tells; until then the sessions are looked at."""
    while True:
        try:
            return told.get(timeout=_SAMPLE_S)
        except queue.Empty:
            waits.look(made)
            if any(worker.exitcode for worker in workers):
                raise SystemExit("a process of the pair ended with an error") from None


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
    used, batches_s = time.process_time(), list[float]()
    while True:
        taken = _round(made, share)
        if taken:
            batches_s += taken
            ended = time.perf_counter()
        elif _number(made, _SHIPPED) >= share.shipped:
            break
        else:
            time.sleep(_IDLE_S)
    told.put(Worked(began, ended, (time.process_time() - used) * 1000, batches_s))
    made.database.engine.dispose()


def _round(made: Ground, share: Share) -> list[float]:
    """One batch of each stage that has work; how long each took, in seconds."""
    worker = lives.worker_of(made)
    bound = bindings.handlers("inside")
    if share.place == 0:
        with made.database.transaction() as session:
            waves.plan_now(session, warehouse_id=share.warehouse_id)
    works = [partial(drain.drain_kind, worker, kind, bound) for kind in _SYSTEM]
    works += [partial(work, made) for work in hands.WORKS.values()]
    taken = [seconds for work in works for seconds in _timed(work)]
    if share.place == 0 and _number(made, _ON_LIST) >= (VAN if taken else 1):
        began = time.perf_counter()
        hands.hand_over(made)
        taken.append(time.perf_counter() - began)
    return taken


def _timed(work: Callable[[], int]) -> list[float]:
    """The seconds it took; nothing when there was nothing to do."""
    began = time.perf_counter()
    worked = work()
    return [time.perf_counter() - began] if worked else []


def _number(made: Ground, statement: object) -> int:
    with made.database.transaction() as session:
        return int(session.execute(statement).scalar_one())  # type: ignore[call-overload]
