"""The life of one order at a time, one call a step: what a shop with one picker does, without HTTP.

Each call is a transaction of its own, as the worker, the page or the API opens it: the worker's four system stages in one
claim, the list planned at once, a scan for each line at the bin and at the packing table, the box, the label by the
outside worker (its call answered at once: no carrier and no HTTP), both signatures on a list of one parcel. Counted
is the CPU of this process and of PostgreSQL; the limit is five bare transactions an order, taken in turns with it.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import cpu, life
from bench.floor_single import Stages
from bench.goods import Company, company
from bench.ground import Ground, ground
from bench.rounds import in_turns
from connectors.carriage import Label
from oms import db
from oms.fulfilment import packing, picking, queries, waves
from oms.fulfilment.boxing import Box
from oms.fulfilment.packing import PackScan
from oms.fulfilment.picking import PickScan
from oms.journey import steps
from oms.shipping import handover, parcels
from workers import bindings, booking, drain, inside, process
from workers.booking import Asking
from workers.handlers import Handler
from workers.process import Process

STAGES = ("system", "wave", "pick", "check", "close_box", "label", "hand_over")
ACTOR = "staff:bench"


@dataclass(slots=True)
class Floor:
    """One house with one picker and packer; `stage_ms` is wall time of this process by stage."""

    made: Ground
    seeded: Company
    worker: Process
    bound: dict[str, Handler]
    staff_id: uuid.UUID
    order_ms: list[float] = field(default_factory=list)
    stage_ms: dict[str, float] = field(default_factory=dict)
    next_number: int = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the wall time of what is done inside to the stage."""
        started = time.perf_counter()
        yield
        self.stage_ms[name] = self.stage_ms.get(name, 0.0) + (time.perf_counter() - started) * 1000

    def call(self, work: Callable[[Session, datetime], Any]) -> Any:
        """One call of a person: a transaction of its own."""
        with self.made.database.transaction() as session:
            return work(session, db.now(session))


def run(*, orders: int = 40, rounds: int = 5) -> dict[str, float]:
    """Take `rounds` turns of `orders` orders each; return the figures."""
    with ground() as made:
        process.calm_collector()
        floor = opened(made)
        _turn(floor, orders)
        floor.order_ms.clear()
        floor.stage_ms.clear()
        limit = Stages(made)
        limit.cpu_ms(100)
        found = in_turns(lambda: _turn(floor, orders), lambda: limit.cpu_ms(200), rounds=rounds)
        limit.close()
        life.require_shipped(made, floor.next_number)
        count = len(floor.order_ms)
        ordered = sorted(floor.order_ms)
        figures = {
            "cpu_ms_per_order": found.product,
            "orders_per_s": count / (sum(ordered) / 1000),
            "p50_ms": statistics.median(ordered),
            "p99_ms": ordered[min(count - 1, int(count * 0.99))],
            "limit_stages_ms": found.limit,
            "ratio_to_stages": found.ratio,
        }
        return figures | {f"{name}_wall_ms": floor.stage_ms[name] / count for name in STAGES}


def opened(made: Ground) -> Floor:
    """A house on `made` in which nothing has come in yet."""
    with made.database.transaction() as session:
        seeded = company(session)
    worker = life.worker_of(made)
    bound: dict[str, Handler] = dict(bindings.handlers("inside"))
    bound["book"] = replace(booking.BOOK, call=_answer, look_up=None)
    return Floor(made, seeded, worker, bound, db.new_id())


def _answer(asking: Asking) -> Label:
    """What the carrier would answer under the parcel's reference."""
    reference = asking.booking.parcel.reference
    return life.label_of(uuid.uuid5(uuid.NAMESPACE_OID, reference))


def _turn(floor: Floor, orders: int) -> float:
    """CPU ms an order over `orders` orders, each taken from accepted to shipped before the next one begins."""
    numbers = range(floor.next_number, floor.next_number + orders)
    floor.next_number += orders
    life.accept(floor.made, floor.seeded, numbers)
    postgres, python = cpu.cpu_ms(floor.made.roots), time.process_time()
    for _ in numbers:
        started = time.perf_counter()
        one(floor)
        floor.order_ms.append((time.perf_counter() - started) * 1000)
    used = (time.process_time() - python) * 1000
    return (used + cpu.cpu_ms(floor.made.roots) - postgres) / orders


def one(floor: Floor) -> None:
    """Take the order that waits from accepted to shipped."""
    with floor.stage("system"):
        with floor.made.database.transaction() as session:
            claimed = steps.claim(session, kind="verify", limit=1, lease_s=60, worker=floor.worker.name)
        inside.work(floor.worker, floor.bound, claimed)
    with floor.stage("wave"):
        floor.call(lambda session, now: waves.plan_now(session, warehouse_id=floor.seeded.warehouse_id))
        drain.drain_kind(floor.worker, "wave", floor.bound)
    with floor.stage("pick"):
        fulfilment_id, stops = _pick(floor, claimed[0].subject_id)
    with floor.stage("check"):
        for sku, qty in stops:
            _check(floor, PackScan(str(db.new_id()), fulfilment_id, sku, qty))
    with floor.stage("close_box"):
        floor.call(lambda session, now: _close(session, fulfilment_id, now, floor.staff_id))
    with floor.stage("label"):
        drain.drain_kind(floor.worker, "book", floor.bound)
    with floor.stage("hand_over"):
        _hand_over(floor, fulfilment_id)


def _pick(floor: Floor, order_id: uuid.UUID) -> tuple[uuid.UUID, list[tuple[str, Decimal]]]:
    """Read the list, then scan each stop once; return the fulfilment and what was picked of each SKU."""

    def shown(session: Session, now: datetime) -> tuple[uuid.UUID, Sequence[Any]]:
        [fulfilment] = queries.of_order(session, order_id=order_id)
        return fulfilment.wave_id, queries.stops(session, wave_id=fulfilment.wave_id)

    wave_id, stops = floor.call(shown)
    for stop in stops:
        scanned = PickScan(str(db.new_id()), wave_id, stop.bin, stop.sku, stop.qty)
        answer = floor.call(partial(_scan_pick, scanned=scanned, staff_id=floor.staff_id))
        assert answer.answer == "ok", answer
    return stops[0].fulfilment_id, [(stop.sku, stop.qty) for stop in stops]


def _scan_pick(session: Session, now: datetime, *, scanned: PickScan, staff_id: uuid.UUID) -> picking.Answer:
    return picking.scan(session, scanned=scanned, actor=ACTOR, staff_id=staff_id, now=now)


def _check(floor: Floor, scanned: PackScan) -> None:
    answer = floor.call(
        lambda session, now: packing.scan(session, scanned=scanned, actor=ACTOR, staff_id=floor.staff_id, now=now)
    )
    assert answer.answer == "ok", answer


def _close(session: Session, fulfilment_id: uuid.UUID, now: datetime, staff_id: uuid.UUID) -> None:
    boxes = [Box("M", life.BOX_WEIGHT_G)]
    parcels.close_boxes(session, fulfilment_id=fulfilment_id, boxes=boxes, actor=ACTOR, staff_id=staff_id, now=now)


_LIST = text("SELECT hand_over_list_id FROM parcel WHERE fulfilment_id = :fulfilment")


def _hand_over(floor: Floor, fulfilment_id: uuid.UUID) -> None:
    """Both sign the list that the parcel is on."""
    list_id = floor.call(lambda session, now: session.execute(_LIST, {"fulfilment": fulfilment_id}).scalar_one())
    for side in handover.SIDES:
        floor.call(partial(_sign, list_id=list_id, side=side))


def _sign(session: Session, now: datetime, *, list_id: uuid.UUID, side: str) -> None:
    handover.sign(session, list_id=list_id, side=side, signer="Cleo", actor=ACTOR, now=now)
