"""What a transaction changed, told to those who count behind the writers: rows they take away when they have counted.

A row appears with the change's own commit, whenever that is, so nothing is missed; one too many costs a second look.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db

_KEY = "touched"
_WRITE = text("INSERT INTO touched (id, subject_id) SELECT * FROM unnest(CAST(:new AS uuid[]), CAST(:ids AS uuid[]))")
# A literal limit, as in the claim of steps.
_TAKE = """
    DELETE FROM touched WHERE id = ANY(ARRAY(SELECT id FROM touched ORDER BY id LIMIT {limit}))
    RETURNING subject_id
"""


def touch(session: Session, ids: Iterable[uuid.UUID | None]) -> None:
    """Say that steps or errors of these orders, subjects or steps changed; one statement writes all before the commit."""
    session.info.setdefault(_KEY, set()).update(found for found in ids if found is not None)
    db.before_commit(session, _KEY, write)


def write(session: Session) -> None:
    """Write what was said so far; the transaction's edge does."""
    ids = session.info.pop(_KEY, None)
    if ids:
        session.execute(_WRITE, {"new": db.new_ids(len(ids)), "ids": sorted(ids)})


def take(session: Session, *, limit: int) -> set[uuid.UUID]:
    """Take up to `limit` rows away; they come back when the transaction fails. One taker at a time (`fold.hold`)."""
    return set(session.execute(text(_TAKE.format(limit=int(limit)))).scalars())
