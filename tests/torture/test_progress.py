"""Only what a fault found undone is progress after it; who never goes on, or too late, is told."""

from __future__ import annotations

import time
from io import StringIO
from pathlib import Path

import psycopg

from oms.db import Database
from tests.conftest import CleanDatabase
from tests.factories.orders import make_order
from tests.torture import progress, random_kill
from tests.torture.faults import Fault
from tests.torture.progress import Sighting, Watcher
from tests.torture.verdict import Outcome


def new_order(database: Database) -> None:
    with database.transaction() as session:
        make_order(session)


def test_an_order_that_stood_before_the_fault_and_was_seen_after_it_is_no_progress(
    clean_database: CleanDatabase, tmp_path: Path
) -> None:
    written, faults = StringIO(), []
    watcher = Watcher(written)
    url = clean_database.url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(url, autocommit=True) as connection:
        watcher.look(connection)
        new_order(clean_database.database)
        faults.append(time.monotonic())
        watcher.look(connection)
    path = tmp_path / "progress.log"
    path.write_text(written.getvalue(), encoding="ascii")
    assert len(progress.sightings(path)) == 1
    assert progress.waits(faults, progress.sightings(path)) == []
    # The database was stopped and is there again: what the watcher knows it knows still.
    with psycopg.connect(url, autocommit=True) as connection:
        new_order(clean_database.database)
        watcher.look(connection)
    path.write_text(written.getvalue(), encoding="ascii")
    assert len(progress.waits(faults, progress.sightings(path))) == 1


def test_a_line_that_was_cut_off_is_no_sighting(tmp_path: Path) -> None:
    path = tmp_path / "progress.log"
    assert progress.sightings(path) == []
    path.write_text("10.100 10.000 3\n10.300 10.200 1\n10.400 10.3", encoding="ascii")
    assert progress.sightings(path) == [Sighting(10.0, 10.1), Sighting(10.2, 10.3)]


def wrong(faults: list[float], seen: list[Sighting]) -> list[str]:
    return random_kill.timely(Outcome("t1", 1), [Fault(at, "SIGKILL sweep") for at in faults], seen)


def test_a_fault_that_is_followed_by_nothing_or_by_something_late_is_told() -> None:
    often = [Sighting(10 + n / 10, 10.1 + n / 10) for n in range(1000)]
    assert wrong([10.0, 50.0], often) == []
    assert wrong([10.0, 200.0], often) == ["1 faults were followed by no progress"]
    late = [Sighting(10.0, 10.1), Sighting(47.0, 47.2)]
    assert wrong([10.0], late) == []
    assert wrong([10.05], late) == [
        "first progress after a fault: p99 37.2 s, goal 10 s",
        "first progress after a fault: 37.2 s, goal 36 s",
    ]
