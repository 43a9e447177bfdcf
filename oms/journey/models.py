"""Step (queue, clock, worklist and fact in one row), its pauses, holds, history with seals, error events."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, new_id


class Step(Base):
    """One stage of one thing: it has one owner, a start, a due time and an end (X-1).

    `key` is `<subject_id>:<round>`, so a stage of a thing exists once whatever is redelivered.
    Written only by `oms.journey.steps`.
    """

    __tablename__ = "step"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        CheckConstraint("state IN ('open','claimed','paused','done','parked','cancelled')", name="state"),
        Index("ix_step_claim", "kind", "due_at", postgresql_where=text("state = 'open'")),
        # What waits for its hour, a parcel to be asked for or a mail for its server, is not read to find what is due.
        Index(
            "ix_step_run_after", "kind", "run_after", postgresql_where=text("state = 'open' AND performer = 'system'")
        ),
        Index("ix_step_lease", "lease_until", postgresql_where=text("state = 'claimed' AND lease_until IS NOT NULL")),
        Index(
            "ix_step_worklist",
            "performer",
            "due_at",
            "id",
            postgresql_where=text("state IN ('open','claimed','paused') AND performer <> 'system'"),
        ),
        Index("ix_step_order", "order_id"),
        Index("ix_step_subject", "subject_id"),
        Index("ix_step_remind", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
        # A summarising index: it does not hinder updates in place, and months are cut by due time.
        Index("ix_step_due", "due_at", postgresql_using="brin"),
        Index("ix_step_parked", "kind", postgresql_where=text("state = 'parked'")),
        Index("ix_step_paused", "kind", postgresql_where=text("state = 'paused'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    key: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    order_id: Mapped[uuid.UUID | None]
    parent_id: Mapped[uuid.UUID | None]
    round: Mapped[int] = mapped_column(Integer, default=0)
    performer: Mapped[str]
    assignee_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(default="open")
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    run_after: Mapped[datetime]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    first_due_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    escalation: Mapped[int] = mapped_column(Integer, default=0)
    claimed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    token: Mapped[int] = mapped_column(BigInteger, default=0)
    finished_at: Mapped[datetime | None]
    finished_by: Mapped[str | None]
    outcome: Mapped[str | None]
    error: Mapped[str | None]
    worker: Mapped[str | None]


class StepPause(Base):
    """One span in which a step's clock stood, with its evidence; never netted (X-11)."""

    __tablename__ = "step_pause"
    __table_args__ = (Index("ix_step_pause_open", "step_id", unique=True, postgresql_where=text("ended_at IS NULL")),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    step_id: Mapped[uuid.UUID]
    hold_id: Mapped[uuid.UUID | None]
    reason: Mapped[str]
    evidence: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    due_before: Mapped[datetime]
    due_after: Mapped[datetime | None]


class Hold(Base):
    """A typed reason that stops an order, with an owner and a clock; several may stand at once."""

    __tablename__ = "hold"
    __table_args__ = (
        Index(
            "ix_hold_open",
            "order_id",
            "reason",
            "detail_key",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("ix_hold_owner", "owner", "due_at", "id", postgresql_where=text("released_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID]
    reason: Mapped[str]
    detail_key: Mapped[str] = mapped_column(default="")
    explanation: Mapped[dict[str, Any]]
    owner: Mapped[str]
    pause_reason: Mapped[str]
    resolving_kind: Mapped[str | None]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    release_note: Mapped[str | None]


class HistoryEntry(Base):
    """Who did what to what, when, before and after (G-2); append-only, sealed in `Seal`.

    `data` names changed private fields with keyed hashes, never their values.
    """

    __tablename__ = "history_entry"
    __table_args__ = (
        Index("ix_history_order", "order_id", "id"),
        # Of policy values, waves, people: what belongs to an order is found by the order.
        Index("ix_history_subject", "subject_id", "id", postgresql_where=text("order_id IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID | None]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    at: Mapped[datetime]
    actor: Mapped[str]
    event: Mapped[str]
    cause: Mapped[str]
    was: Mapped[str | None]
    became: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Seal(Base):
    """The hash chain over history, in order of sealing: hash = H(previous hash, the entry's content)."""

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("entry_id"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[uuid.UUID]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class SealHead(Base):
    """One row: the end of the chain; sealing is one conditional update of it.

    Entries whose ids were made before `settled_at` are sealed; `searched_at` is when all history was last searched.
    """

    __tablename__ = "seal_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, default=1)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    settled_at: Mapped[datetime | None]
    searched_at: Mapped[datetime | None]


class ErrorEvent(Base):
    """A fact that counts against accuracy, naming stage and person (requirements, How errors count)."""

    __tablename__ = "error_event"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "stage", "person"),
        Index("ix_error_event_at", "at"),
        Index("ix_error_event_order", "order_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID | None]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    cause: Mapped[str]
    stage: Mapped[str]
    person: Mapped[str]
    caught: Mapped[bool]
    at: Mapped[datetime]
    recorded_by: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    #: when it was judged anew, by whom, and why (a disputed attribution is decided with its reason)
    ruled_at: Mapped[datetime | None]
    ruled_by: Mapped[str | None]
    #: false once it was lifted: it counts against nobody any more
    upheld: Mapped[bool] = mapped_column(default=True)
    ruling: Mapped[str | None]


class Touched(Base):
    """An order, subject or step whose facts changed and were not counted since (K-5). Written by `journey.touched`."""

    __tablename__ = "touched"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[uuid.UUID]
