"""The life of orders in batches: accepted -> shipped through the services, with steps, history, ledger and papers.

Every stage claims or takes a batch of at least 100 orders and commits it. The carrier's own HTTP call is not in it;
recording its labels is. First one process does what the workers and the floor do: counted is its CPU and that of
PostgreSQL, by stage. Then two processes share such work, and the rate is theirs (`life_pair.py`): one waits while PostgreSQL
works, so it never keeps two cores busy.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import cpu, floor, life_pair
from bench.goods import Company, company, order_json
from bench.ground import Ground, ground
from connectors.carriage import Label
from oms import db, settings
from oms.fulfilment import checking, paper, waves
from oms.fulfilment.boxing import Box
from oms.fulfilment.packing import PackScan
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.journey import steps
from oms.journey.steps import Claimed, Done
from oms.shipping import booking, handover, parcels
from oms.shipping.parcels import Closing
from workers import bindings, drain, process
from workers.handlers import Handler, Inside, Work
from workers.process import Process

LIMIT_CPU_MS = 3.0
BATCH = 200
#: Three lines of two pieces, 300 g each, in a carton of 200 g.
BOX_WEIGHT_G = 2000
STAGES = (
    "verify", "confirm", "allocate", "release", "wave", "steps", "pick", "check", "close_boxes", "label", "hand_over",
)  # fmt: skip

#: Whoever takes a batch holds its lists, or its orders; another process of the floor passes over them.
_TAKEN = "FOR NO KEY UPDATE OF {} SKIP LOCKED"


@dataclass(slots=True)
class Meter:
    """CPU ms by stage: of this process, and of PostgreSQL."""

    made: Ground
    python: dict[str, float] = field(default_factory=dict)
    postgres: dict[str, float] = field(default_factory=dict)
    reading_s: float = 0.0

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


def run(*, orders: int = 2000) -> dict[str, float]:
    """Drive `orders` orders to shipped; return the figures, those of each stage too."""
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        bindings.handlers("inside")
        process.calm_collector()  # as the workers do
        _live(made, seeded, range(1_000_000, 1_000_200))
        limit_ms = floor.insert_cpu_ms(made)
        started = time.perf_counter()
        meter = _live(made, seeded, range(orders))
        wall = time.perf_counter() - started
        limit_ms = (limit_ms + floor.insert_cpu_ms(made)) / 2
        figures = _figures(meter, orders, wall, limit_ms)
        figures |= life_pair.run(made, seeded, range(2_000_000, 2_000_000 + orders))
        require_shipped(made, orders * 2 + 200)
        return figures


def _figures(meter: Meter, orders: int, wall: float, limit_ms: float) -> dict[str, float]:
    of = {name: (meter.python[name] / orders, meter.postgres[name] / orders) for name in STAGES}
    python, postgres = sum(p for p, _ in of.values()), sum(p for _, p in of.values())
    figures = {
        "one_process_orders_per_s": orders / wall,
        "cpu_ms_per_order": python + postgres,
        "of_it_python_ms": python,
        "of_it_postgres_ms": postgres,
        "floor_insert_ms": limit_ms,
        "ratio_to_floor": (python + postgres) / limit_ms,
    }
    for name, (p, pg) in of.items():
        figures |= {f"{name}_python_ms": p, f"{name}_postgres_ms": pg}
    return figures


def _live(made: Ground, seeded: Company, numbers: range) -> Meter:
    """Accept the orders (not counted), then every stage (counted)."""
    accept(made, seeded, numbers)
    meter = Meter(made)
    by_claim(made, "verify", meter)
    with made.database.transaction() as session:
        waves.plan_now(session, warehouse_id=seeded.warehouse_id)
    by_claim(made, "wave", meter)
    for name, work in FLOOR.items():
        with meter.stage(name):
            while work(made):
                pass
    with meter.stage("hand_over"):
        _hand_over(made)
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


def _rows(session: Session, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session.execute(text(sql))]


def _pick(made: Ground) -> int:
    """Pick lists on paper come back, several at a time, so that a transaction holds about a batch of orders."""
    with made.database.transaction() as session:
        found = session.execute(
            text(
                f"SELECT w.id FROM wave w WHERE w.status = 'released' ORDER BY w.id LIMIT :lists {_TAKEN.format('w')}"
            ),
            {"lists": max(1, BATCH // _orders_a_list(session))},
        )
        lists = list(found.scalars())
        if lists:
            paper.confirm(session, wave_ids=lists, actor="staff:bench", now=db.now(session))
        return len(lists)


def _orders_a_list(session: Session) -> int:
    # Of one list that is out: over all that ever were, the question itself would grow with the database.
    counted = text(
        "SELECT count(*) FROM fulfilment WHERE wave_id = (SELECT id FROM wave WHERE status = 'released' LIMIT 1)"
    )
    return int(session.execute(counted).scalar() or 1)


_OF_ORDERS = f"""
    SELECT f.id FROM fulfilment f JOIN orders o ON o.id = f.order_id WHERE f.status = '{{status}}'
    ORDER BY f.id LIMIT {BATCH} {_TAKEN.format("o, f")}
"""
_TO_CLOSE = text(_OF_ORDERS.format(status="packing"))
_TO_CHECK = text(f"""
    WITH f AS MATERIALIZED ({_OF_ORDERS.format(status="picked")})
    SELECT f.id, s.code, fl.qty_picked FROM f
    JOIN fulfilment_line fl ON fl.fulfilment_id = f.id JOIN sku s ON s.id = fl.sku_id ORDER BY f.id, fl.id
""")


def _check(made: Ground) -> int:
    """Every piece passes a scanning tunnel."""
    with made.database.transaction() as session:
        rows = session.execute(_TO_CHECK).all()
        scans = [PackScan(str(db.new_id()), row.id, row.code, row.qty_picked) for row in rows]
        if scans:
            answers = checking.check(session, scans=scans, actor="staff:bench", now=db.now(session))
            assert set(answers) == {"ok"}, set(answers)
        return len(scans)


def _close(made: Ground) -> int:
    with made.database.transaction() as session:
        found = session.execute(_TO_CLOSE).scalars()
        closings = [Closing(fulfilment_id, [Box("M", BOX_WEIGHT_G)]) for fulfilment_id in found]
        if closings:
            parcels.close_many(session, closings=closings, actor="staff:bench", staff_id=None, now=db.now(session))
        return len(closings)


#: About as large as a carrier's label is.
_PDF, _ZPL = b"%PDF-1.4\n" + b"0" * 4000, b"^XA" + b"0" * 500 + b"^XZ"


def _label(made: Ground) -> int:
    with made.database.transaction() as session:
        claimed = steps.claim(session, kind="book", limit=BATCH, lease_s=60, worker="bench")
    if claimed:
        with made.database.transaction() as session:
            now = db.now(session)
            labelled = [(step, label_of(step.subject_id)) for step in claimed]
            done = booking.record_labels(session, labelled=labelled, now=now)
            steps.finish(session, done, by="system", now=now)
    return len(claimed)


def label_of(parcel_id: uuid.UUID) -> Label:
    """A label as a carrier answers it, in size and kind."""
    waybill = f"W{parcel_id.hex.upper()}"
    return Label(waybill, "economy", Decimal("9.50"), "CNY", _PDF + parcel_id.bytes, _ZPL + parcel_id.bytes)


#: Stage -> what takes its next batch, in the order of an order's life; each returns how much there was.
FLOOR: dict[str, Callable[[Ground], int]] = {"pick": _pick, "check": _check, "close_boxes": _close, "label": _label}


def _hand_over(made: Ground) -> None:
    """Both sign each open list: the goods leave the stock, the orders are shipped."""
    with made.database.transaction() as session:
        lists = list(session.execute(text("SELECT id FROM hand_over_list WHERE status = 'open' ORDER BY id")).scalars())
    sign: Callable[..., handover.Signed] = handover.sign
    for list_id in lists:
        for side in handover.SIDES:
            with made.database.transaction() as session:
                sign(session, list_id=list_id, side=side, signer="Cleo", actor="staff:bench", now=db.now(session))


def require_shipped(made: Ground, wanted: int) -> None:
    """End the benchmark when not all orders came to their end."""
    with made.database.transaction() as session:
        found = session.execute(text("SELECT count(*) FROM orders WHERE fulfilment_status = 'shipped'")).scalar_one()
        if found != wanted:
            states = _rows(session, "SELECT status, fulfilment_status, count(*) FROM orders GROUP BY 1, 2")
            raise SystemExit(f"{found} of {wanted} orders are shipped: {states}")
