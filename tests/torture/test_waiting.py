"""A call that waits is told from one that computes, and from one that has no processor."""

from __future__ import annotations

import time

from sqlalchemy import text

from tests.conftest import CleanDatabase
from tests.torture.waiting import Machine, Spent, too_long


def test_waiting_for_the_database_is_waiting_and_computing_is_not(clean_database: CleanDatabase) -> None:
    machine = Machine()
    with clean_database.database.transaction() as session:
        _, slept = machine.measured(lambda: session.execute(text("SELECT pg_sleep(0.3)")))
    _, computed = machine.measured(lambda: _compute(0.3))
    assert slept.waited_s > 0.25
    assert slept.cpu_s < 0.1
    assert computed.cpu_s + computed.queued_s > 0.25
    assert computed.waited_s < 0.1


def _compute(seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pass


def test_a_call_that_computes_or_waits_two_seconds_is_told() -> None:
    assert too_long(Spent(1.9, 0.1, 0.0), 1.0) is None
    assert too_long(Spent(2.5, 2.1, 0.1), 1.0) == "2.1 s of CPU"
    assert too_long(Spent(10.0, 0.1, 0.1), 1.0) == "waited 9.8 s for others, at most 2.0"
    # Nine seconds without a processor are the machine's, not the call's.
    assert too_long(Spent(10.0, 0.5, 9.0), 3.0) is None


def test_who_shares_the_machine_gives_those_it_waits_for_more_time() -> None:
    assert Machine().slowness == 1.0
    assert Machine(cpu_s=10.0, queued_s=10.0).slowness == 2.0
    assert too_long(Spent(3.5, 0.1, 0.0), 2.0) is None
    assert too_long(Spent(9.0, 0.1, 0.0), 2.0) is not None
