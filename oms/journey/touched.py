"""What a transaction changed, told to those who count behind the writers: rows they take away when they have counted.

A row appears with the change's own commit, whenever that is, so nothing is missed; one too many costs a second look.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db, transaction_memory
from oms.ids import in_order

_KEY = "touched"
_WRITE = text(
    "INSERT INTO touched (id, subject_id) SELECT * FROM unnest(CAST(:t_id AS uuid[]), CAST(:t_subject AS uuid[]))"
)
#: So many rows ahead are looked through for more of the same order. It changes several times on its way through the house, within
#: seconds of each other: counted once for all of these, not once for each.
AHEAD = 20_000
# Literal limits, as in the claim of steps.
_TAKE = f"""
    WITH ahead AS MATERIALIZED (SELECT id, subject_id FROM touched ORDER BY id LIMIT {AHEAD}),
    first AS (SELECT DISTINCT subject_id FROM (SELECT subject_id FROM touched ORDER BY id LIMIT {{limit}}) oldest)
    DELETE FROM touched WHERE id = ANY(ARRAY(SELECT ahead.id FROM ahead JOIN first ON first.subject_id = ahead.subject_id))
    RETURNING subject_id
"""


def touch(session: Session, ids: Iterable[uuid.UUID | None]) -> None:
    """Say that steps or errors of these orders, subjects or steps changed; all are written before the commit."""
    session.info.setdefault(_KEY, set()).update(found for found in ids if found is not None)
    db.before_commit(session, _KEY, write)


def told(session: Session) -> dict[str, list[uuid.UUID]]:
    """What was said so far and is not written yet, for a statement that writes it on its way."""
    ids = session.info.pop(_KEY, set())
    written = transaction_memory.of(session, _KEY)
    new = in_order(found for found in ids if found not in written)
    written.update(dict.fromkeys(new))
    return {"t_id": db.new_ids(len(new)), "t_subject": new}


def write(session: Session) -> None:
    """Write what was said so far; the transaction's edge does."""
    params = told(session)
    if params["t_id"]:
        session.execute(_WRITE, params)


def take(session: Session, *, limit: int) -> set[uuid.UUID]:
    """Take the oldest `limit` rows away, with more of the same subjects; they come back when the transaction fails.

    One taker at a time (`fold.hold`).
    """
    transaction_memory.of(session, _KEY).clear()
    return set(session.execute(text(_TAKE.format(limit=int(limit)))).scalars())
