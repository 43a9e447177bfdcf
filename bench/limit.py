"""The machine's limit, measured in the same run: bare psycopg, 100 orders a transaction, one set-based statement.

An order here is a row, three lines, one queue row and its stock, as in the project's performance notes; nothing
is translated, judged, recorded or encrypted.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from bench import cpu
from bench.ground import Ground

BATCH, SKUS, LINES = 100, 200, 3
#: CPU time comes in ticks of 10 ms: so many orders use more than a second of it, so that a tick is less than 1 %.
ORDERS = 30_000

Connection = psycopg.Connection[tuple[Any, ...]]

_TABLES = """
    CREATE TABLE limit_stock (sku int PRIMARY KEY, free int NOT NULL) WITH (fillfactor = 50);
    CREATE TABLE limit_order (id bigint PRIMARY KEY, external uuid UNIQUE, status text, total numeric, at timestamptz,
                              customer bytea, address bytea);
    CREATE TABLE limit_line (order_id bigint REFERENCES limit_order, position int, sku int REFERENCES limit_stock, qty int,
                             PRIMARY KEY (order_id, position));
    CREATE TABLE limit_queue (id bigint PRIMARY KEY, order_id bigint, kind text, due timestamptz);
    CREATE INDEX limit_order_status ON limit_order (status, id);
    CREATE INDEX limit_queue_due ON limit_queue (kind, due);
    CREATE SEQUENCE limit_id;
"""
_DROP = "DROP TABLE limit_queue, limit_line, limit_order, limit_stock; DROP SEQUENCE limit_id"

INSERT = """
    WITH o AS (INSERT INTO limit_order SELECT nextval('limit_id'), x, 'new', 60, now(), c, c
               FROM unnest(%(external)s::uuid[], %(customer)s::bytea[]) AS u(x, c)
               ON CONFLICT (external) DO NOTHING RETURNING id, external),
    l AS (INSERT INTO limit_line SELECT o.id, u.p, u.sku, 2
          FROM unnest(%(of)s::uuid[], %(place)s::int[], %(sku)s::int[]) AS u(x, p, sku) JOIN o ON o.external = u.x
          RETURNING sku),
    q AS (INSERT INTO limit_queue SELECT nextval('limit_id'), id, 'verify', now() FROM o),
    s AS (SELECT f.sku, t.n FROM limit_stock f JOIN (SELECT sku, count(*) * 2 AS n FROM l GROUP BY sku) t USING (sku)
          ORDER BY f.sku FOR NO KEY UPDATE OF f)
    UPDATE limit_stock SET free = free - s.n FROM s WHERE limit_stock.sku = s.sku
"""


class Limit:
    """The limit's own tables, standing in the database, so that they can grow as the product's do."""

    def __init__(self, made: Ground, connection: Connection) -> None:
        self.made, self.connection = made, connection
        connection.execute(_TABLES)
        connection.execute("INSERT INTO limit_stock SELECT n, 100000000 FROM generate_series(0, %s) AS n", [SKUS - 1])
        _insert(connection, 500)

    def cpu_ms(self, orders: int = ORDERS) -> float:
        """CPU ms an order, of this process and the servers, of so many orders more; the product's own processes do not count."""
        python, servers = time.process_time(), cpu.cpu_ms(self.made.servers)
        _insert(self.connection, orders)
        return ((time.process_time() - python) * 1000 + cpu.cpu_ms(self.made.servers) - servers) / orders

    def grow(self, orders: int) -> None:
        """Let so many orders, their lines and queue rows stand in it besides, as quickly as it goes."""
        self.connection.execute("SET synchronous_commit = off")
        for start in range(0, orders, _GROWN_AT_ONCE):
            self.connection.execute(_GROW, {"count": min(_GROWN_AT_ONCE, orders - start), "skus": SKUS, "lines": LINES})
        for table in ("limit_order", "limit_line", "limit_queue"):
            self.connection.execute(f"VACUUM (ANALYZE, PARALLEL 0) {table}")
        self.connection.execute("CHECKPOINT")
        self.connection.execute("SET synchronous_commit = on")


_GROWN_AT_ONCE = 50_000

_GROW = """
    WITH o AS (INSERT INTO limit_order SELECT nextval('limit_id'), gen_random_uuid(), 'done', 60, now(),
                                              repeat('x', 120)::bytea, repeat('x', 120)::bytea
               FROM generate_series(1, %(count)s) RETURNING id),
    l AS (INSERT INTO limit_line SELECT o.id, p, floor(random() * %(skus)s), 2 FROM o, generate_series(0, %(lines)s - 1) AS p)
    INSERT INTO limit_queue SELECT nextval('limit_id'), id, 'verify', now() FROM o
"""


@contextmanager
def standing(made: Ground) -> Iterator[Limit]:
    """The limit's tables, dropped at the end."""
    with psycopg.connect(made.environment["OMS_DATABASE_URL"], autocommit=True) as connection:
        try:
            yield Limit(made, connection)
        finally:
            connection.execute(_DROP)


def insert_cpu_ms(made: Ground, *, orders: int = ORDERS) -> float:
    """CPU ms an order on empty tables, of this process and the servers."""
    with standing(made) as limit:
        return limit.cpu_ms(orders)


def _insert(connection: Connection, orders: int) -> None:
    for _ in range(orders // BATCH):
        ids = [uuid.uuid4() for _ in range(BATCH)]
        connection.execute(
            INSERT,
            {
                "external": ids,
                "customer": [b"x" * 120] * BATCH,
                "of": [i for i in ids for _ in range(LINES)],
                "place": list(range(LINES)) * BATCH,
                "sku": [random.randrange(SKUS) for _ in range(LINES * BATCH)],
            },
        )
