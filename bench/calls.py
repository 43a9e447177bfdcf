"""What one call of a person costs before it does anything: a transaction that only asks what time it is.

By the bare driver, and as a page or a worker opens it (`Database.transaction`); and each further question in the same
transaction. CPU of this process and of PostgreSQL. Says how far one order, one call a step (`bench single`) can come down
while each call is a transaction of its own and each statement a round trip.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
from sqlalchemy import text

from bench import cpu
from bench.ground import Ground, ground
from bench.rounds import in_turns
from oms import db
from workers import process

#: Transactions of one turn: CPU time comes in ticks of 10 ms.
CALLS = 3000
#: Questions that the longer transaction asks besides the time.
MORE = 10
_ASKED = text("SELECT 1")


def run(*, calls: int = CALLS, rounds: int = 5) -> dict[str, float]:
    """CPU ms of a transaction with one question by the driver and by a session, and of each further question."""
    with ground() as made, psycopg.connect(made.environment["OMS_DATABASE_URL"]) as connection:
        process.calm_collector()
        by_session = _turn(made, calls, lambda: _by_session(made, 0))
        by_driver = _turn(made, calls, lambda: _by_driver(connection))
        # A few statements to prepare, on both sides.
        by_session(), by_driver()
        found = in_turns(by_session, by_driver, rounds=rounds)
        longer = in_turns(_turn(made, calls, lambda: _by_session(made, MORE)), by_session, rounds=rounds)
        return {
            "cpu_ms_per_call": found.product,
            "driver_ms_per_call": found.limit,
            "cpu_ms_per_statement": (longer.product - longer.limit) / MORE,
            "ratio_to_driver": found.ratio,
        }


def _turn(made: Ground, calls: int, call: Callable[[], None]) -> Callable[[], float]:
    """A turn of so many calls, which tells CPU ms of each."""

    def turn() -> float:
        postgres, python = cpu.cpu_ms(made.servers), time.process_time()
        for _ in range(calls):
            call()
        return ((time.process_time() - python) * 1000 + cpu.cpu_ms(made.servers) - postgres) / calls

    return turn


def _by_session(made: Ground, more: int) -> None:
    with made.database.transaction() as session:
        db.now(session)
        for _ in range(more):
            session.execute(_ASKED).scalar_one()


def _by_driver(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    connection.execute(f"SELECT {db.BUSINESS_TIME}".encode()).fetchone()
    connection.commit()
