"""Two at one moment: the second waits for what the first holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.db import Database

Result = TypeVar("Result")

#: Reached by what is wrong alone: a machine that is merely slow is waited for.
WAIT_S = 30

_WAITING = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
""")


def wait_for_a_lock(database: Database, moving: Future[Any]) -> None:
    """Until somebody in this database waits for a row that another holds; each look sees what is so then."""
    end = time.monotonic() + WAIT_S
    while True:
        with database.transaction() as session:
            if session.execute(_WAITING).scalar_one():
                return
        assert not moving.done(), f"it needed nothing that is held: {moving.exception()}"
        assert time.monotonic() < end
        time.sleep(0.01)


def at_once(database: Database, first: Callable[[Session], Any], second: Callable[[Session], Result]) -> Future[Result]:
    """`second` begins while `first` is written and not yet committed, and waits for it."""

    def other() -> Result:
        with database.transaction() as session:
            return second(session)

    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as session:
            first(session)
            waiting = threads.submit(other)
            wait_for_a_lock(database, waiting)
        waiting.exception(timeout=WAIT_S)
    return waiting
