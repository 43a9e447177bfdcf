"""The machine's limit of an order's life: bare psycopg, five stages, confirm, reserve, pick, pack and ship, each a transaction.

A stage claims orders (SKIP LOCKED), sets their status, writes an event and an outbox row, ends the queue's row and opens the
next, as in the project's performance notes; `reserve` takes the stock besides. Nothing is judged, scanned, booked or encrypted.

`InBatches` does a stage of a whole batch in one set-based statement, as the life in batches is to be held against;
`OneByOne` takes one order and sends a statement for each thing, as one person who scans.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any

import psycopg

from bench import cpu
from bench.ground import Ground

STAGES = ("confirm", "reserve", "pick", "pack", "ship")
#: Orders of a transaction, as the product's own stages take them.
BATCH = 200
#: CPU time comes in ticks of 10 ms: so many orders use some seconds of it, also when they are taken in several turns.
ORDERS = 40_000

_TABLES = """
    CREATE TABLE limit_life (id bigint PRIMARY KEY, status text NOT NULL, sku int NOT NULL) WITH (fillfactor = 50);
    CREATE TABLE limit_life_stock (sku int PRIMARY KEY, free int NOT NULL) WITH (fillfactor = 50);
    CREATE TABLE limit_life_queue (id bigserial PRIMARY KEY, order_id bigint NOT NULL, kind text NOT NULL, done boolean NOT NULL);
    CREATE INDEX limit_life_queue_due ON limit_life_queue (kind, id) WHERE NOT done;
    CREATE TABLE limit_life_event (id bigserial PRIMARY KEY, order_id bigint NOT NULL, kind text, at timestamptz);
    CREATE INDEX limit_life_event_order ON limit_life_event (order_id);
    CREATE TABLE limit_life_outbox (id bigserial PRIMARY KEY, order_id bigint NOT NULL, kind text);
    INSERT INTO limit_life_stock SELECT n, 100000000 FROM generate_series(0, 199) AS n;
"""
_NAMES = ("limit_life", "limit_life_queue", "limit_life_event", "limit_life_outbox", "limit_life_stock")

# LIMIT is written out: as a parameter, a prepared statement's plan would count on a tenth of the table.
_CLAIM = """
    SELECT id, order_id FROM limit_life_queue WHERE kind = %s AND NOT done ORDER BY id FOR UPDATE SKIP LOCKED LIMIT {}
"""


class _Stages(ABC):
    """The tables and the connection of a limit; `cpu_ms` is one turn of it."""

    def __init__(self, made: Ground) -> None:
        self._made = made
        self._connection = psycopg.connect(made.environment["OMS_DATABASE_URL"])
        self._connection.execute(_TABLES)
        self._connection.commit()
        self._next = 0

    def close(self) -> None:
        """Take the tables away."""
        self._connection.rollback()
        self._connection.execute(f"DROP TABLE {', '.join(_NAMES)}")
        self._connection.commit()
        self._connection.close()

    def cpu_ms(self, orders: int) -> float:
        """CPU ms an order of this process and the servers, over `orders` orders that are new each time."""
        self._bring(orders)
        servers, python = cpu.cpu_ms(self._made.servers), time.process_time()
        self._live(orders)
        used = (time.process_time() - python) * 1000
        used += cpu.cpu_ms(self._made.servers) - servers
        self._require_all_done()
        return used / orders

    @abstractmethod
    def _live(self, orders: int) -> None:
        """Take all that wait through the five stages."""

    def _bring(self, orders: int) -> None:
        """New orders that wait for their first stage, in tables that the server has counted."""
        run, numbers = self._connection.execute, [self._next + 1, self._next + orders]
        self._next += orders
        run(
            "INSERT INTO limit_life SELECT n, 'new', n %% 200 FROM generate_series(%s::bigint, %s::bigint) AS n",
            numbers,
        )
        waiting = "SELECT n, 'confirm', FALSE FROM generate_series(%s::bigint, %s::bigint) AS n"
        run(f"INSERT INTO limit_life_queue (order_id, kind, done) {waiting}", numbers)
        self._connection.commit()
        self._connection.autocommit = True
        for name in _NAMES:
            run(f"VACUUM (ANALYZE) {name}")
        self._connection.autocommit = False

    def _require_all_done(self) -> None:
        """A limit that left something out would be too low."""
        [count] = self._connection.execute("SELECT count(*) FROM limit_life_event").fetchone() or [0]
        self._connection.commit()
        if count != self._next * len(STAGES):
            raise SystemExit(f"{count} stages of {self._next} orders were done")


class InBatches(_Stages):
    """A stage of at most `BATCH` orders is one statement and one transaction."""

    def _live(self, orders: int) -> None:
        for stage, following in zip(STAGES, (*STAGES[1:], None), strict=True):
            statement = _batch(stage, following)
            for _ in range(-(-orders // BATCH)):
                self._connection.execute(statement)
                self._connection.commit()


def _batch(stage: str, following: str | None) -> str:
    """The statement of a stage; the stock is locked in order, so that two who take it do not wait for each other in a ring."""
    parts = [
        f"claimed AS ({_CLAIM.format(BATCH) % repr(stage)})",
        f"moved AS (UPDATE limit_life o SET status = '{stage}' FROM claimed WHERE o.id = claimed.order_id RETURNING o.sku)",
        "event AS (INSERT INTO limit_life_event (order_id, kind, at) "
        f"SELECT order_id, '{stage}', clock_timestamp() FROM claimed)",
        f"outbox AS (INSERT INTO limit_life_outbox (order_id, kind) SELECT order_id, '{stage}' FROM claimed)",
    ]
    if following:
        parts.append(
            "opened AS (INSERT INTO limit_life_queue (order_id, kind, done) "
            f"SELECT order_id, '{following}', FALSE FROM claimed)"
        )
    if stage == "reserve":
        parts += [
            "wanted AS (SELECT sku, count(*) AS qty FROM moved GROUP BY sku)",
            "held AS (SELECT s.sku, w.qty FROM limit_life_stock s JOIN wanted w USING (sku) ORDER BY s.sku FOR NO KEY UPDATE OF s)",
            "taken AS (UPDATE limit_life_stock s SET free = free - held.qty FROM held WHERE s.sku = held.sku)",
        ]
    ended = "UPDATE limit_life_queue q SET done = TRUE FROM claimed WHERE q.id = claimed.id"
    return f"WITH {', '.join(parts)} {ended}"


class OneByOne(_Stages):
    """A stage of one order is a transaction of its own, with a statement for each thing."""

    def _live(self, orders: int) -> None:
        for _ in range(orders):
            for stage, following in zip(STAGES, (*STAGES[1:], None), strict=True):
                self._stage(stage, following)

    def _stage(self, stage: str, following: str | None) -> None:
        run = self._connection.execute
        row = run(_CLAIM.format(1), [stage]).fetchone()
        assert row is not None
        queued, order = row
        sku: Any = run("UPDATE limit_life SET status = %s WHERE id = %s RETURNING sku", [stage, order]).fetchone()
        if stage == "reserve":
            run("UPDATE limit_life_stock SET free = free - 1 WHERE sku = %s AND free > 0", sku)
        run("INSERT INTO limit_life_event (order_id, kind, at) VALUES (%s, %s, clock_timestamp())", [order, stage])
        run("INSERT INTO limit_life_outbox (order_id, kind) VALUES (%s, %s)", [order, stage])
        run("UPDATE limit_life_queue SET done = TRUE WHERE id = %s", [queued])
        if following:
            run("INSERT INTO limit_life_queue (order_id, kind, done) VALUES (%s, %s, FALSE)", [order, following])
        self._connection.commit()


def in_batches_cpu_ms(made: Ground, orders: int = ORDERS) -> float:
    """CPU ms an order of the five stages in batches, warmed up."""
    limit = InBatches(made)
    limit.cpu_ms(BATCH * 5)
    used = limit.cpu_ms(orders)
    limit.close()
    return used


def one_stage_cpu_ms(made: Ground, orders: int = ORDERS) -> float:
    """CPU ms an order of one stage of the five."""
    return in_batches_cpu_ms(made, orders) / len(STAGES)
