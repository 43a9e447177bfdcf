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
from tests.torture import waiting
from tests.torture.waiting import Queued, Spent, Stopwatch, backends_of, queued, too_long

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


def wrong(measure: Callable[[], Spent], sound: Callable[[Spent], bool]) -> list[Spent]:
    """What was measured, unless one of three is sound: what a hypervisor takes away counts as waiting."""
    measured: list[Spent] = []
    while len(measured) < 3:
        measured.append(measure())
        if sound(measured[-1]):
            return []
    return measured


def test_sleeping_in_the_database_is_waiting_and_computing_there_is_not(ask: Callable[[str], Spent]) -> None:
    assert wrong(lambda: ask("SELECT pg_sleep(0.4)"), lambda s: s.waited_s > 0.3 and s.database_s < 0.1) == []
    assert wrong(lambda: ask(_BUSY), lambda s: s.database_s > 0.2 and s.waited_s < 0.2) == []


def test_computing_here_is_not_waiting() -> None:
    assert wrong(lambda: _measured(lambda: _compute(0.3)), lambda s: _ran_s(s) > 0.25 and s.waited_s < 0.1) == []


def test_a_child_that_computes_is_no_waiting() -> None:
    computes = _child("sum(range(20_000_000))")
    assert wrong(computes, lambda s: s.waited_s < 0.4 and _ran_s(s) > s.clock_s / 2) == []


def test_a_child_that_sleeps_is_waiting() -> None:
    sleeps = _child("__import__('time').sleep(3)")  # far longer than an interpreter takes to start
    assert wrong(sleeps, lambda s: s.waited_s > 2.8 and _ran_s(s) < s.clock_s / 2) == []


def _child(words: str) -> Callable[[], Spent]:
    return lambda: _measured(lambda: subprocess.run([sys.executable, "-c", words], check=True))


def _measured(call: Callable[[], object]) -> Spent:
    return Stopwatch().measured(call)[1]


def _ran_s(spent: Spent) -> float:
    """Seconds on a processor or queued for one."""
    return spent.cpu_s + spent.queued_s


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


def test_only_what_the_longest_queue_of_each_kind_took_explains_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    stood = {1: [(11, 100.0), (12, 50.0)], 2: [(21, 7.0)]}
    monkeypatch.setattr(waiting, "_queued", lambda process: iter(stood.get(process, [])))
    web, found = [1], Queued({"web": lambda: web, "postgresql": lambda: [2]})
    found.look()
    assert found.seconds == 0.0  # whatever they had queued before
    stood[1], stood[2] = [(11, 100.5), (12, 52.0)], [(21, 7.25)]
    found.look()
    assert found.seconds == 2.25
    # A child that began meanwhile has queued since it began, and is remembered when it has ended.
    web.append(3)
    stood[3] = [(31, 4.0)]
    found.look()
    web.remove(3)
    found.look()
    assert found.seconds == 4.25


def test_a_process_that_sleeps_is_queued_for_nothing() -> None:
    words = "print(flush=True); __import__('time').sleep(60)"
    with subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE) as sleeper:
        try:
            assert sleeper.stdout
            sleeper.stdout.readline()  # what it took to begin is over
            with queued({"sleeper": lambda: [sleeper.pid], "ended": lambda: [2**22 + 1]}) as found:
                time.sleep(1.0)
            assert found.seconds < 0.9
        finally:
            sleeper.kill()
