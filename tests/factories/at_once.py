"""Two at one moment: the second waits for what the first holds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from sqlalchemy.orm import Session

from oms.db import Database

Result = TypeVar("Result")


def at_once(database: Database, first: Callable[[Session], Any], second: Callable[[Session], Result]) -> Future[Result]:
    """`second` begins while `first` is written and not yet committed, and waits for it."""

    def other() -> Result:
        with database.transaction() as session:
            return second(session)

    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as session:
            first(session)
            waiting = threads.submit(other)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
        waiting.exception(timeout=5)
    return waiting
