"""The count anew finds what a fold left out on both sides; who waits in the database is found."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.db import Database
from oms.invariants import check, waits
from oms.journey import touched
from tests.conftest import CleanDatabase
from tests.service.test_kpi_fold import folded
from tests.service.test_kpi_report import NOW, House
from tests.torture import recount


@pytest.fixture
def house(session: Session) -> House:
    made = House(session)
    made.whole_line()
    touched.touch(session, [made.order])
    folded(session, NOW)
    return made


def test_what_was_folded_is_what_is_counted_anew(house: House, session: Session) -> None:
    wrong, figures = recount.kpis(session)
    assert wrong == []
    assert figures["KPI lines counted anew"] > 10


def test_an_order_that_was_never_folded_is_found(house: House, session: Session) -> None:
    session.execute(text("DELETE FROM kpi_line"))
    session.execute(text("DELETE FROM kpi_count"))
    session.execute(text("DELETE FROM kpi_recount"))
    # Lines and their sums agree: only a count anew can tell.
    assert check.check(session, names={"kpi_is_sum_of_lines", "a_fact_counts_once"}) == []
    assert any("on_time" in words for words in recount.kpis(session)[0])


def test_a_figure_that_was_folded_wrongly_on_both_sides_is_found(house: House, session: Session) -> None:
    session.execute(text("UPDATE kpi_line SET hit = 0 WHERE kpi = 'delivered_on_time'"))
    session.execute(text("UPDATE kpi_count SET hit = 0 WHERE kpi = 'delivered_on_time'"))
    assert check.check(session, names={"kpi_is_sum_of_lines"}) == []
    wrong = recount.kpis(session)[0]
    assert wrong
    assert all("delivered_on_time" in words for words in wrong)


def test_the_first_differences_are_named() -> None:
    anew: recount.Told = {(f"k{n}", None): (1, 2) for n in range(9)}
    assert recount.differences("x", anew, dict(anew)) == []
    assert recount.differences("x", anew, {})[0] == "I12 x: ('k0', None): counted 1 of 2, kept 0 of 0"
    assert recount.differences("x", anew, {})[-1] == "I12 x: and 4 more"


def test_who_sleeps_in_a_transaction_and_who_waits_for_it_are_found(clean_database: CleanDatabase) -> None:
    database = clean_database.database
    held, done = threading.Event(), threading.Event()
    began = time.monotonic()
    threads = [
        threading.Thread(target=_hold, args=(database, held, done)),
        threading.Thread(target=_want, args=(database, held)),
    ]
    for thread in threads:
        thread.start()
    try:
        assert held.wait(10)
        asleep, waiting = _both(database, began)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert "is idle in a transaction" in asleep
    assert "waits for a lock" in waiting


def _both(database: Database, began: float) -> list[str]:
    """Who waits for longer than a moment, as soon as they are two; each look sees what is so then.

    `began`: before that nobody waited, so nobody waits too long before `LOCK_S` are over.
    """
    ends, found = time.monotonic() + 4, list[str]()
    while len(found) < 2 and time.monotonic() < ends:
        time.sleep(0.1)
        with database.transaction() as session:
            assert waits.long_ones(session) == [] or time.monotonic() - began > waits.LOCK_S
            assert waits.long_ones(session, idle_s=60, lock_s=60) == []
            found = sorted(waits.long_ones(session, idle_s=0.2, lock_s=0.2))
    return found


def _hold(database: Database, held: threading.Event, done: threading.Event) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = version_num"))
        held.set()
        done.wait(10)


def _want(database: Database, held: threading.Event) -> None:
    held.wait(10)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = version_num"))
