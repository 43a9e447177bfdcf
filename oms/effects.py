"""One outside call, once: intent -> done | unknown -> adopted.

The intent is committed before the call under an idempotency key. After a crash the peer is asked by
our key first; what it has is adopted, so that nothing is bought, sent or told twice.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from oms import compact_json, crypto
from oms.db import Base, EncryptedJson, new_id
from oms.together import Write


class Effect(Base):
    """A call to a peer: `state` intent | done | refused | unknown; `answer` is kept encrypted."""

    __tablename__ = "effect"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_effect_unfinished", "started_at", postgresql_where=text("state IN ('intent', 'unknown')")),
        Index("ix_effect_subject", "subject_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str]
    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(default="intent")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    answer: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    error: Mapped[str | None]
    adopted: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Intent:
    """`first` is False when an earlier attempt may have reached the peer: look up before calling."""

    key: str
    first: bool
    state: str
    answer: dict[str, Any] | None


# The step is locked until the intent is committed. Who ends it meanwhile either comes first, and nobody calls, or sees the intent
# and knows that a call is under way. The step before the effect, as it is where a call's end is written.
_INTEND = text("""
    INSERT INTO effect (id, key, kind, subject_id, state, attempts, adopted, started_at)
    SELECT :id, :key, :kind, s.subject_id, 'intent', 1, FALSE, :now
    FROM (SELECT subject_id FROM step WHERE id = :step AND token = :token AND state = 'claimed' FOR NO KEY UPDATE) s
    ON CONFLICT (key) DO UPDATE SET attempts = effect.attempts + 1
    RETURNING attempts, state, answer
""").columns(attempts=Integer, state=Text, answer=EncryptedJson)


def intend(session: Session, *, key: str, kind: str, step_id: uuid.UUID, token: int, now: datetime) -> Intent | None:
    """Record that a call is about to be made for a claimed step; commit before making it.

    None: the step is not held under this token any more, and whoever ended it may count on no call.
    """
    params = {"id": new_id(), "key": key, "kind": kind, "step": step_id, "token": token, "now": now}
    row = session.execute(_INTEND, params).one_or_none()
    return None if row is None else Intent(key=key, first=row.attempts == 1, state=row.state, answer=row.answer)


_RECORD = """
    UPDATE effect SET state = :effect_state, answer = :effect_answer, error = :effect_error, adopted = :effect_adopted,
           ended_at = :effect_ended_at
    WHERE key = :effect_key AND state <> 'done'
"""


def recording(
    *,
    key: str,
    state: str,
    now: datetime,
    answer: dict[str, Any] | None = None,
    error: str | None = None,
    adopted: bool = False,
) -> Write:
    """How a call ended, as a write (`together.execute`), alone or with others; an effect that is done stays done."""
    # An answer that cannot be stored fails here, before the row is touched.
    sealed = None if answer is None else crypto.ring().encrypt(compact_json.dumps(answer))
    params = {
        "effect_key": key,
        "effect_state": state,
        "effect_answer": sealed,
        "effect_error": error,
        "effect_adopted": adopted,
        "effect_ended_at": now,
    }
    return Write(_RECORD, params)
