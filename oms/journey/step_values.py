"""Steps as values: one that is held, one to open, one that ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Claimed:
    """A step that this worker holds until its lease ends; `token` fences everyone who held it before."""

    id: uuid.UUID
    kind: str
    subject_type: str
    subject_id: uuid.UUID
    order_id: uuid.UUID | None
    parent_id: uuid.UUID | None
    round: int
    attempt: int
    token: int
    opened_at: datetime
    due_at: datetime
    #: False for one that a worker carries on with: its row is written when it ends
    written: bool = True


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to open. `due_at` None: from the kind's clock. `key` None: `<subject_id>:<round>`."""

    kind: str
    subject_id: uuid.UUID
    order_id: uuid.UUID | None = None
    round: int = 0
    due_at: datetime | None = None
    run_after: datetime | None = None
    subject_type: str | None = None
    assignee_id: uuid.UUID | None = None
    parent_id: uuid.UUID | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """How one claimed step ended, and the steps that follow it.

    `at`: when it ended, where someone else's clock tells (the carrier's scan); never later than `now`.
    `ends`: (kind, outcome) of running steps of the same subject that end with it.
    """

    step: Claimed
    outcome: str
    opens: tuple[NewStep, ...] = ()
    error: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    ends: tuple[tuple[str, str], ...] = ()
