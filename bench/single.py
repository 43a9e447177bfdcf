"""The life of one order at a time, one call a step: what a shop with one picker does, without HTTP.

Each call is a transaction of its own, as the worker, the page or the API opens it: the worker's four system stages in one
claim, the list planned at once, a scan for each line at the bin and at the packing table, the box, the label by the
outside worker (its call answered at once: no carrier and no HTTP), both signatures on a list of one parcel. Counted
is the CPU of this process and of PostgreSQL, and this process's memory after each turn; the limit is five bare transactions an order, taken in turns with it.
"""

from __future__ import annotations

import os
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

from bench import clients, cpu, hands, lives
from bench.goods import Company, company
from bench.ground import Ground, ground
from bench.limit_stages import OneByOne
from bench.peak import Sampler
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
LIMIT_ORDERS = 500


@dataclass(slots=True)
class Picker:
    """One house with one picker and packer; `stage_ms` is wall time of this process by stage."""

    made: Ground
    seeded: Company
    worker: Process
    bound: dict[str, Handler]
    staff_id: uuid.UUID
    order_s: list[float] = field(default_factory=list)
    stage_ms: dict[str, float] = field(default_factory=dict)
    next_number: int = 0
    memory: Sampler = field(default_factory=lambda: Sampler({"process": [os.getpid()]}))

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
        picker = opened(made)
        _turn(picker, orders)
        picker.order_s.clear()
        picker.stage_ms.clear()
        limit = OneByOne(made)
        limit.cpu_ms(100)
        found = in_turns(lambda: _turn(picker, orders), lambda: limit.cpu_ms(LIMIT_ORDERS), rounds=rounds)
        limit.close()
        lives.require_shipped(made, picker.next_number)
        count = len(picker.order_s)
        figures = {
            "cpu_ms_per_order": found.product,
            "orders_per_s": count / sum(picker.order_s),
            "p50_ms": clients.percentile_ms(picker.order_s, 0.5),
            "p99_ms": clients.percentile_ms(picker.order_s, 0.99),
            "peak_pss_mib": picker.memory.peak_mib,
            "limit_stages_ms": found.limit,
            "ratio_to_limit": found.ratio,
        }
        return figures | {f"{name}_wall_ms": picker.stage_ms[name] / count for name in STAGES}


def opened(made: Ground) -> Picker:
    """A house on `made` in which nothing has come in yet."""
    with made.database.transaction() as session:
        seeded = company(session)
    worker = lives.worker_of(made)
    bound: dict[str, Handler] = dict(bindings.handlers("inside"))
    bound["book"] = replace(booking.BOOK, call=_answer, look_up=None)
    return Picker(made, seeded, worker, bound, db.new_id())


def _answer(asking: Asking) -> Label:
    """What the carrier would answer under the parcel's reference."""
    reference = asking.booking.parcel.reference
    return hands.label_of(uuid.uuid5(uuid.NAMESPACE_OID, reference))


def _turn(picker: Picker, orders: int) -> float:
    """CPU ms an order over `orders` orders, each taken from accepted to shipped before the next one begins."""
    numbers = range(picker.next_number, picker.next_number + orders)
    picker.next_number += orders
    lives.accept(picker.made, picker.seeded, numbers)
    postgres, python = cpu.cpu_ms(picker.made.roots), time.process_time()
    for _ in numbers:
        started = time.perf_counter()
        one(picker)
        picker.order_s.append(time.perf_counter() - started)
    used = (time.process_time() - python) * 1000 + cpu.cpu_ms(picker.made.roots) - postgres
    # Between the turns, since looking is work of this very process.
    picker.memory.look()
    return used / orders


def one(picker: Picker) -> None:
    """Take the order that waits from accepted to shipped."""
    with picker.stage("system"):
        with picker.made.database.transaction() as session:
            claimed = steps.claim(session, kind="verify", limit=1, lease_s=60, worker=picker.worker.name)
        inside.work(picker.worker, picker.bound, claimed)
    with picker.stage("wave"):
        picker.call(lambda session, now: waves.plan_now(session, warehouse_id=picker.seeded.warehouse_id))
        drain.drain_kind(picker.worker, "wave", picker.bound)
    with picker.stage("pick"):
        fulfilment_id, stops = _pick(picker, claimed[0].subject_id)
    with picker.stage("check"):
        for sku, qty in stops:
            _check(picker, PackScan(str(db.new_id()), fulfilment_id, sku, qty))
    with picker.stage("close_box"):
        picker.call(lambda session, now: _close(session, fulfilment_id, now, picker.staff_id))
    with picker.stage("label"):
        drain.drain_kind(picker.worker, "book", picker.bound)
    with picker.stage("hand_over"):
        _hand_over(picker, fulfilment_id)


def _pick(picker: Picker, order_id: uuid.UUID) -> tuple[uuid.UUID, list[tuple[str, Decimal]]]:
    """Read the list, then scan each stop once; return the fulfilment and what was picked of each SKU."""

    def shown(session: Session, now: datetime) -> tuple[uuid.UUID, Sequence[Any]]:
        [fulfilment] = queries.of_order(session, order_id=order_id)
        return fulfilment.wave_id, queries.stops(session, wave_id=fulfilment.wave_id)

    wave_id, stops = picker.call(shown)
    for stop in stops:
        scanned = PickScan(str(db.new_id()), wave_id, stop.bin, stop.sku, stop.qty)
        answer = picker.call(partial(_scan_pick, scanned=scanned, staff_id=picker.staff_id))
        assert answer.answer == "ok", answer
    return stops[0].fulfilment_id, [(stop.sku, stop.qty) for stop in stops]


def _scan_pick(session: Session, now: datetime, *, scanned: PickScan, staff_id: uuid.UUID) -> picking.Answer:
    return picking.scan(session, scanned=scanned, actor=ACTOR, staff_id=staff_id, now=now)


def _check(picker: Picker, scanned: PackScan) -> None:
    answer = picker.call(
        lambda session, now: packing.scan(session, scanned=scanned, actor=ACTOR, staff_id=picker.staff_id, now=now)
    )
    assert answer.answer == "ok", answer


def _close(session: Session, fulfilment_id: uuid.UUID, now: datetime, staff_id: uuid.UUID) -> None:
    boxes = [Box("M", hands.BOX_WEIGHT_G)]
    parcels.close_boxes(session, fulfilment_id=fulfilment_id, boxes=boxes, actor=ACTOR, staff_id=staff_id, now=now)


_LIST = text("SELECT hand_over_list_id FROM parcel WHERE fulfilment_id = :fulfilment")


def _hand_over(picker: Picker, fulfilment_id: uuid.UUID) -> None:
    """Both sign the list that the parcel is on."""
    list_id = picker.call(lambda session, now: session.execute(_LIST, {"fulfilment": fulfilment_id}).scalar_one())
    for side in handover.SIDES:
        picker.call(partial(_sign, list_id=list_id, side=side))


def _sign(session: Session, now: datetime, *, list_id: uuid.UUID, side: str) -> None:
    handover.sign(session, list_id=list_id, side=side, signer="Cleo", actor=ACTOR, now=now)
