"""The state of the world at the start of a leg is brought back with its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from oms import db
from tests.conftest import CleanDatabase
from tests.torture import sweep_state
from tests.torture.sweep_people import Journal


def test_business_time_goes_on_where_it_was_however_long_ago_that_is(clean_database: CleanDatabase, tmp_path: Path):
    taken = sweep_state.take(clean_database.url, tmp_path, peers={}, journal=Journal(tmp_path / "journal"))
    # The offset has whole seconds: never is it earlier than it was, or goods would leave before they were checked.
    for tenths in range(10):
        hours_ago = replace(taken, at=taken.at - timedelta(hours=2, seconds=tenths / 10))
        sweep_state.restore_rows(clean_database.url, hours_ago, addresses={})
        with clean_database.database.transaction() as session:
            assert timedelta(0) <= db.now(session) - hours_ago.at < timedelta(minutes=1)
