"""One look of the judge at one moment, also of a house in which somebody is still at work: all statements see the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.torture.house import House

T = TypeVar("T")
TRIES, PAUSE_S = 20, 0.5
#: Somebody else was quicker; somebody holds what is wanted.
_AGAIN = frozenset({"40001", "55P03"})


def at_one_moment(made: House, look: Callable[[Session], T]) -> T:
    """What `look` returns, in a repeatable read; begun anew when a sealer or a fold at work was quicker, or holds on."""
    for tried in range(TRIES):
        try:
            with made.judging() as session:
                session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                return look(session)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _AGAIN or tried == TRIES - 1:
                raise
        time.sleep(PAUSE_S)
    raise AssertionError("never reached")
