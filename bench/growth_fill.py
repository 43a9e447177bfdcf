"""Fill a database with copies of the orders that stand in it, so that a million of them takes minutes.

The orders to copy went through the product's own services before, so a copy has their shapes: the same rows, ids of
the same kind and order, the same gaps between its moments. A generation is one copy of them all, moved back in time as
a whole; generations are spread evenly over 24 months. Ids, keys and numbers are made anew, and customers are dealt
out unevenly, as in life: few buy often, most once or twice, and some names are borne by many.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from bench import growth_customers, growth_tables
from bench.ground import Ground
from bench.growth_tables import Copied

SPAN = timedelta(days=730)
#: Orders that are not at their end are copied only into the last days: nobody has open orders of two years ago.
OPEN_SPAN = timedelta(days=14)

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Filled:
    """How many orders were there, how many came to them, and how long it took."""

    copied: int
    added: int
    rows: int
    seconds: float


def fill(made: Ground, *, orders: int, with_history: bool) -> Filled:
    """Add at least `orders` copies of the orders in the database, in whole generations.

    With history: everything an order leaves behind (lines, steps, history, stock moves, parcels, messages), of orders
    that have left the house only; the stock stays as it was, since an opening move brings what the copies took. The
    bytes of papers are left out, and the history is not sealed. Without: orders, lines, holds and findings, of orders in
    every state. A repeat adds more; ids and numbers do not clash, since each call counts on from the last generation.
    """
    started = time.monotonic()
    with psycopg.connect(made.environment["OMS_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SELECT setseed(0.5)")
        tables = growth_tables.prepare(connection, with_history=with_history)
        copied = _count(connection, "growth_order")
        generations = math.ceil(orders / _ended(connection))
        first = growth_tables.first_generation(connection)
        growth_customers.prepare(connection, customers=max(1000, orders // 8))
        before = _count(connection, "orders")
        indexes = _drop_indexes(connection, tables) if orders > 20 * copied else []
        rows = sum(
            _copy(connection, tables, first + n, SPAN * (generations - n - 0.5) / generations)
            for n in range(generations)
        )
        if with_history:
            growth_tables.balance_stock(connection, first=first, generations=generations)
        growth_tables.keep_terms(connection)
        for statement in indexes:
            connection.execute(statement)
        growth_tables.clear(connection, tables)
        for table in tables:
            connection.execute(sql.SQL("VACUUM (ANALYZE, PARALLEL 0) {}").format(sql.Identifier(table.name)))
        connection.execute("CHECKPOINT")
        added = _count(connection, "orders") - before
    return Filled(copied, added, rows, time.monotonic() - started)


def _copy(connection: Connection, tables: Sequence[Copied], generation: int, age: timedelta) -> int:
    """One generation, moved back by `age`; return how many rows that were."""
    shift_ms = -int(age.total_seconds() * 1000)
    values = {
        "ms": shift_ms,
        "shift": timedelta(milliseconds=shift_ms),
        "generation": generation,
        "tail": f"{generation:06x}",
        "open": age <= OPEN_SPAN,
    }
    with connection.transaction():
        return sum(connection.execute(table.copy, values, prepare=True).rowcount for table in tables)


def _drop_indexes(connection: Connection, tables: Sequence[Copied]) -> list[sql.SQL]:
    """Drop what is quicker built at the end; return the statements that build it again. Keys stay."""
    found = connection.execute(
        """SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
           WHERE i.indrelid = ANY(CAST(%s AS regclass[])) AND NOT i.indisunique""",
        [[table.name for table in tables]],
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [sql.SQL(definition) for _, definition in found]


def _ended(connection: Connection) -> int:
    """How many orders every generation has, also those of long ago: the ones that are at their end."""
    row = connection.execute("SELECT count(*) FROM growth_of_orders WHERE growth_final").fetchone()
    assert row is not None
    return int(row[0])


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])
