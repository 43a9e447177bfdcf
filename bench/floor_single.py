"""The machine's limit for one order and one call a step: bare psycopg, five stages of an order, each a transaction of its own.

A stage claims the order (SKIP LOCKED), sets its status, writes an event and an outbox row, ends its queue row and opens the
next, as in the project's performance notes; nothing is judged, scanned, booked or encrypted.
"""

from __future__ import annotations

import time

import psycopg

from bench import cpu
from bench.ground import Ground

STAGES = ("confirm", "reserve", "pick", "pack", "ship")

_TABLES = """
    CREATE TABLE single_order (id bigint PRIMARY KEY, status text NOT NULL, sku int NOT NULL) WITH (fillfactor = 50);
    CREATE TABLE single_stock (sku int PRIMARY KEY, free int NOT NULL) WITH (fillfactor = 50);
    CREATE TABLE single_queue (id bigserial PRIMARY KEY, order_id bigint NOT NULL, kind text NOT NULL, done boolean NOT NULL);
    CREATE INDEX single_queue_due ON single_queue (kind, id) WHERE NOT done;
    CREATE TABLE single_event (id bigserial PRIMARY KEY, order_id bigint NOT NULL, kind text, at timestamptz);
    CREATE INDEX single_event_order ON single_event (order_id);
    CREATE TABLE single_outbox (id bigserial PRIMARY KEY, order_id bigint NOT NULL, kind text);
    INSERT INTO single_stock SELECT n, 100000000 FROM generate_series(0, 199) AS n;
"""
_DROP = "DROP TABLE single_outbox, single_event, single_queue, single_stock, single_order"

_CLAIM = """
    SELECT id, order_id FROM single_queue WHERE kind = %s AND NOT done ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1
"""


class Stages:
    """The tables and the connection of the limit; `cpu_ms` is one turn of it."""

    def __init__(self, made: Ground) -> None:
        self._made = made
        self._connection = psycopg.connect(made.environment["OMS_DATABASE_URL"])
        self._connection.execute(_TABLES)
        self._connection.commit()
        self._next = 0

    def close(self) -> None:
        self._connection.execute(_DROP)
        self._connection.commit()
        self._connection.close()

    def cpu_ms(self, orders: int) -> float:
        """CPU ms an order of this process and PostgreSQL, over `orders` orders that are new each time."""
        for _ in range(orders):
            self._next += 1
            self._new(self._next)
        self._connection.commit()
        postgres, python = cpu.cpu_ms(self._made.roots), time.process_time()
        for _ in range(orders):
            for place, stage in enumerate(STAGES):
                self._stage(stage, STAGES[place + 1] if place + 1 < len(STAGES) else None)
        used = (time.process_time() - python) * 1000
        return (used + cpu.cpu_ms(self._made.roots) - postgres) / orders

    def _new(self, number: int) -> None:
        self._connection.execute("INSERT INTO single_order VALUES (%s, 'new', %s)", [number, number % 200])
        self._connection.execute(
            "INSERT INTO single_queue (order_id, kind, done) VALUES (%s, %s, FALSE)", [number, STAGES[0]]
        )

    def _stage(self, stage: str, following: str | None) -> None:
        run = self._connection.execute
        row = run(_CLAIM, [stage]).fetchone()
        assert row is not None
        queued, order = row
        sku = run("UPDATE single_order SET status = %s WHERE id = %s RETURNING sku", [stage, order]).fetchone()
        if stage == "reserve":
            run("UPDATE single_stock SET free = free - 1 WHERE sku = %s AND free > 0", sku)
        run("INSERT INTO single_event (order_id, kind, at) VALUES (%s, %s, clock_timestamp())", [order, stage])
        run("INSERT INTO single_outbox (order_id, kind) VALUES (%s, %s)", [order, stage])
        run("UPDATE single_queue SET done = TRUE WHERE id = %s", [queued])
        if following:
            run("INSERT INTO single_queue (order_id, kind, done) VALUES (%s, %s, FALSE)", [order, following])
        self._connection.commit()
