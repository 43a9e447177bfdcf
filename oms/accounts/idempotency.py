"""The first answer to a call that carried an Idempotency-Key, stored with what the call did, or not at all."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from oms.accounts.models import IdempotencyKey
from oms.db import new_id
from oms.errors import Conflict, KeyReused

#: A second call with the key of a running one waits so long for its answer, then is told to come again.
WAIT_MS = 1500
_LOCK_NOT_AVAILABLE = "55P03"
#: A first answer is kept as long as a shop's message is known by its id: nobody repeats a call after a year. Each answer may hold
#: what is somebody's private business, so none is kept for ever.
KEPT = timedelta(days=400)
FORGOTTEN_AT_ONCE = 1_000


class InProgress(Conflict):
    """The first call with this key is still at work."""

    code = "in_progress"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first call answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def begin(session: Session, *, owner: str, key: str, request_hash: bytes, now: datetime) -> Answer | None:
    """Take the key for this call (None), or return what its first call answered.

    The key is freed if the transaction is rolled back. KeyReused when the first call was another one;
    InProgress when it has not answered yet.
    """
    params = {"id": new_id(), "owner": owner, "key": key, "hash": request_hash, "now": now}
    session.execute(text(f"SET LOCAL lock_timeout = {WAIT_MS}"))
    try:
        taken = session.execute(text(_TAKE), params).first()
    except OperationalError as fault:
        if getattr(fault.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise InProgress("the first call with this Idempotency-Key is still at work: come again") from fault
        raise
    session.execute(text("SET LOCAL lock_timeout = 5000"))
    return None if taken else _first(session, owner, key, request_hash)


def _first(session: Session, owner: str, key: str, request_hash: bytes) -> Answer:
    row = session.scalars(select(IdempotencyKey).where(IdempotencyKey.owner == owner, IdempotencyKey.key == key)).one()
    if bytes(row.request_hash) != request_hash:
        raise KeyReused(
            "this Idempotency-Key came with another request before: use a new key",
            fields={"Idempotency-Key": "use a new key for a new request"},
        )
    if row.status is None:
        raise InProgress("the first call with this Idempotency-Key has not answered: come again")
    return Answer(row.status, dict(row.headers or {}), row.body or b"")


def finish(session: Session, *, owner: str, key: str, answer: Answer) -> None:
    """Keep the answer for repeats; it is committed with what the call did."""
    session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.owner == owner, IdempotencyKey.key == key)
        .values(status=answer.status, headers=json.loads(json.dumps(dict(answer.headers))), body=answer.body)
    )


def forget(session: Session, *, before: datetime) -> list[uuid.UUID]:
    """Drop keys older than `before`, the oldest first and so many at once; return them."""
    return list(session.execute(text(_FORGET), {"before": before}).scalars())


def expire_due(session: Session, *, now: datetime) -> int:
    """Drop what is older than any repeat; return how many."""
    return len(forget(session, before=now - KEPT))


_FORGET = f"""
    DELETE FROM idempotency_key WHERE id = ANY(ARRAY(
        SELECT id FROM idempotency_key WHERE created_at < :before ORDER BY created_at LIMIT {FORGOTTEN_AT_ONCE})) RETURNING id
"""
_TAKE = """
    INSERT INTO idempotency_key (id, owner, key, request_hash, created_at)
    VALUES (:id, :owner, :key, :hash, :now)
    ON CONFLICT (owner, key) DO NOTHING RETURNING id
"""
