"""Several writes as one statement: a round trip and a parse for all of them.

Each is an INSERT, UPDATE or DELETE of its own rows. All see what stood before the statement, so no two may write the
same row, and none may read what another one writes; foreign keys are checked when all are done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

_WITH = "WITH "


class Write(NamedTuple):
    """A statement without a WITH of its own, and its parameters, whose names no other write in the same statement has."""

    sql: str
    params: Mapping[str, Any]


def execute(session: Session, writes: Sequence[Write], *, last: Write | None = None) -> Any:
    """Run all; return the result of `last` (else of the last one), which may begin with a WITH."""
    *first, main = [*writes, last] if last is not None else writes
    params = dict(main.params)
    for write in first:
        if not params.keys().isdisjoint(write.params):
            raise ValueError(f"two writes name the same parameter: {sorted(params.keys() & write.params.keys())}")
        params |= write.params
    return session.execute(_merged(tuple(write.sql for write in first), main.sql), params)


@lru_cache(maxsize=256)
def _merged(first: tuple[str, ...], main: str) -> TextClause:
    if not first:
        return text(main)
    parts = ", ".join(f"also_{n} AS ({sql})" for n, sql in enumerate(first))
    own = main.lstrip()
    return text(f"{_WITH}{parts}, {own[len(_WITH) :]}" if own.startswith(_WITH) else f"{_WITH}{parts} {own}")
