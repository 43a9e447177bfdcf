"""The house of the sweep: one application, its workers' own code and its callers, in one process that is made to fail."""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from oms import db
from oms.journey import flow, steps
from oms.journey.steps import NewStep
from oms.settings import Settings
from tests.connectors.sandbox_peers import Peer, wait_until
from tests.torture.sweep_people import Caller, Journal
from workers import doorbell, drain, process, run
from workers import sweep as clockwork
from workers.process import Process

SHOP, SHOP_TOKEN = "shop", "a-token"
SHOP_SECRET = "whsec_c2FuZGJveC1zaG9wLXNlY3JldC0wMTIz"
ROUNDS = 60
PAUSE_S = 0.03

_TIME_PASSES = text("""
    UPDATE step SET run_after = clock_timestamp()
    WHERE state = 'open' AND performer = 'system' AND (attempt > 0 OR error IS NOT NULL) AND run_after > clock_timestamp()
""")

_LEFT = text("""
    SELECT kind, error FROM step WHERE state IN ('open', 'claimed', 'parked') AND kind = ANY(:kinds)
       AND (attempt > 0 OR error IS NOT NULL OR run_after <= clock_timestamp())
""")


class WorkerEnded(Exception):
    """A worker process that ends with an error, as `workers.run` would restart it."""


class Stuck(AssertionError):
    """Work that nobody does, however often it is rung for."""


@dataclass(frozen=True)
class Seed:
    """What the house began with; plain values, which outlive any process."""

    warehouse: str
    carrier: str
    carrier_id: str
    keys: dict[str, dict[str, str]]


@dataclass
class SweepHouse:
    """`patient`: the process that goes on after the fault; it works until nothing is left to do."""

    app: Flask
    settings: Settings
    journal: Journal
    seed: Seed
    placed: dict[str, Any]
    peers: dict[str, Peer]
    patient: bool = False
    worked: set[str] = field(default_factory=set)
    _process: process.Process | None = None
    #: A worker's engine with its compiled statements and no connection, made before the fork.
    kept_process: ClassVar[process.Process | None] = None

    # -------------------------------------------------------------- who acts

    def _caller(self, role: str) -> Caller:
        return Caller(self.app, self.journal, self.seed.keys[role])

    @property
    def picker(self) -> Caller:
        return self._caller("warehouse")

    @property
    def packer(self) -> Caller:
        return self._caller("warehouse.2")

    hand = packer

    @property
    def clerk(self) -> Caller:
        return self._caller("shipping_clerk")

    @property
    def service(self) -> Caller:
        return self._caller("customer_service")

    @property
    def inspector(self) -> Caller:
        return self._caller("quality_inspector")

    @property
    def cashier(self) -> Caller:
        return self._caller("finance")

    # -------------------------------------------------------------- what the world knows

    @property
    def placed_body(self) -> bytes:
        return str(self.placed["body"]).encode()

    def order_number(self) -> str:
        """Our number, which stands on the customer's confirmation."""
        if "number" not in self.journal.told:
            [order] = self.service.items("/orders")
            self.journal.tell("number", order["number"])
        return str(self.journal.told["number"])

    @property
    def scans(self) -> list[dict[str, Any]]:
        """The carrier's scans of the one parcel, as its driver's device made them."""
        return list(json.loads((self.peers["carrier"].state / "scans.json").read_text(encoding="utf-8")))

    def wait_for_delivery(self) -> None:
        """The parcel is at the door; its scans are noted for the webhook that tells of the first."""
        carrier = self.peers["carrier"]
        wait_until(lambda: carrier.call("GET", "/v1/stats")["delivered"] == 1, "the parcel is delivered")
        with self.process.database.transaction() as session:
            waybill = session.execute(text("SELECT waybill_number FROM parcel")).scalar_one()
        shipment = carrier.call("GET", f"/v1/tracking?numbers={waybill}")
        (carrier.state / "scans.json").write_text(json.dumps(shipment["events"]), encoding="utf-8")

    # -------------------------------------------------------------- work

    @property
    def process(self) -> process.Process:
        """This process as a worker."""
        if self._process is None:
            # Nobody else rings here, so no drain looks once more; then no ring may be left out as one that looking again makes up for.
            drain.LOOK_AGAIN_S, doorbell.PAUSE_S = 0.0, 0.001
            self._process = self._as_kept() or process.start(self.settings, doorbell.ring)
        return self._process

    def _as_kept(self) -> Process | None:
        if self.kept_process is None:
            return None
        own = replace(self.kept_process, name=process.name_of(os.getpid()))
        process._CURRENT[:] = [own]
        return own

    def work(self, *queues: str) -> None:
        """Answer the doorbell of these queues; the patient one until nothing is due anywhere."""
        if self.patient:
            self.settle()
            return
        for queue in queues:
            self._burst(queue)
            self.worked.add(queue)

    def left_over(self) -> list[str]:
        """The steps of the queues worked on that are not done: a ring was lost, or an attempt failed."""
        kinds = [kind for queue in self.worked for kind in flow.kinds_of(queue)]
        with self.process.database.transaction() as session:
            return [f"{row.kind}: {row.error}" for row in session.execute(_LEFT, {"kinds": kinds})]

    def _burst(self, queue: str) -> None:
        own = self.process
        doorbell.ring([queue])
        try:
            run.worker_of(queue, own.settings).work(burst=True, logging_level="CRITICAL")
        except RedisError as error:
            raise WorkerEnded(type(error).__name__) from error

    def settle(self) -> None:
        """What a restarted house does: the sweep rings for what is due, the workers come, waiting times pass."""
        bell = doorbell.Doorbell(self.settings.redis_url)
        for _ in range(ROUNDS):
            with self.process.database.transaction() as session:
                session.execute(_TIME_PASSES)
            late = [queue for queue in flow.QUEUES if clockwork.latest(self.process, queue) is not None]
            if not late:
                return
            bell.ring(late)
            for queue in late:
                self._burst(queue)
            time.sleep(PAUSE_S)
        raise Stuck(f"work is left over after {ROUNDS} rounds: {late}")

    def take_over(self, dead: int) -> None:
        """What the parent of the workers does when a child dies: its claims are free at once."""
        with self.process.database.transaction() as session:
            steps.abandon(session, worker=process.name_of(dead))

    def open_once(self, kind: str, subject: str) -> None:
        """The clock opens a periodic step."""
        try:
            with self.process.database.transaction() as session:
                new = NewStep(kind, uuid.UUID(subject), key=f"{subject}:sweep")
                steps.open_steps(session, [new], now=db.now(session))
        except SQLAlchemyError as error:
            raise WorkerEnded(type(error).__name__) from error

    def sweep(self) -> None:
        """One round of the clockwork, then the reports that it opened."""
        clockwork.sweep(self.process, doorbell.Doorbell(self.settings.redis_url), set())
        self.work(*flow.QUEUES)


def environment(database_url: str, redis_url: str, smtp_port: int) -> dict[str, str]:
    """The settings of the house's processes."""
    return {
        "OMS_DATABASE_URL": database_url,
        "OMS_REDIS_URL": redis_url,
        "OMS_SECRET_KEY": "sweep-only-signing-key-0123456789abcdef",
        "OMS_ENCRYPTION_KEYS": "1:" + "5a" * 32,
        "OMS_INDEX_KEY": "sweep-only-index-key-0123456789abcdef",
        "OMS_ENVIRONMENT": "test",
        "OMS_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
    }
