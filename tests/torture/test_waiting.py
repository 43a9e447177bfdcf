"""A call that waits is told from one that computes, here or in PostgreSQL, and from one that has no processor."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import pytest
from sqlalchemy import text

from tests.conftest import CleanDatabase
from tests.torture.waiting import Spent, Stopwatch, backends_of, too_long

_BUSY = "SELECT count(*) FROM generate_series(1, 2000000) a WHERE md5(a::text) = 'x'"


@pytest.fixture
def ask(clean_database: CleanDatabase) -> Callable[[str], Spent]:
    database = clean_database.database
    with database.transaction() as session:
        backend, name = session.execute(text("SELECT pg_backend_pid(), current_database()")).one()
    postmaster = psutil.Process(backend).ppid()
    watch = Stopwatch(lambda: backends_of(postmaster, name))

    def ask(statement: str) -> Spent:
        with database.transaction() as session:
            return watch.measured(lambda: session.execute(text(statement)))[1]

    return ask


def test_sleeping_in_the_database_is_waiting_and_computing_there_is_not(ask: Callable[[str], Spent]) -> None:
    slept, busy = ask("SELECT pg_sleep(0.4)"), ask(_BUSY)
    assert slept.waited_s > 0.3
    assert slept.database_s < 0.1
    assert busy.database_s > 0.2
    assert busy.waited_s < 0.2


def test_computing_here_is_not_waiting() -> None:
    _, spent = Stopwatch().measured(lambda: _compute(0.3))
    assert spent.cpu_s + spent.queued_s > 0.25
    assert spent.waited_s < 0.1


@pytest.mark.parametrize(
    ("words", "waits"), [("sum(range(20_000_000))", False), ("__import__('time').sleep(0.6)", True)]
)
def test_a_child_that_computes_is_no_waiting_and_one_that_sleeps_is(words: str, waits: bool) -> None:
    _, spent = Stopwatch().measured(lambda: subprocess.run([sys.executable, "-c", words], check=True))
    assert (spent.waited_s > 0.4) is waits
    assert (spent.cpu_s + spent.queued_s > spent.clock_s / 2) is not waits


def _compute(seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pass


def test_two_seconds_of_anything_are_told() -> None:
    assert too_long(Spent(1.9, 0.1)) is None
    assert too_long(Spent(2.5, 2.1, 0.1)) == "2.1 s of CPU"
    assert too_long(Spent(3.0, 0.1, 2.5)) == "2.5 s of PostgreSQL's CPU"
    assert too_long(Spent(10.0, 0.1, 0.1)) == "waited 9.8 s"
    # Nine seconds without a processor are the machine's, not the call's.
    assert too_long(Spent(10.0, 0.5, 0.5, 8.5)) is None
