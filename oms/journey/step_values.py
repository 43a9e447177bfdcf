"""Steps as values: one that is held, one to open, one that ended."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

#: What the database's own trouble stops is tried for about a day: what is still refused then may be what fills the disk.
MOST_ATTEMPTS = 5_000

# Tuples, for an order's life makes about forty of them: a frozen dataclass sets each of its fields by a call.


class Claimed(NamedTuple):
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


class NewStep(NamedTuple):
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


class Done(NamedTuple):
    """How one claimed step ended, and the steps that follow it.

    `at`: when it ended, where someone else's clock tells (the carrier's scan); never later than `now`.
    `ends`: (kind, outcome) of running steps of the same subject that end with it.
    """

    step: Claimed
    outcome: str
    opens: tuple[NewStep, ...] = ()
    error: str | None = None
    at: datetime | None = None
    ends: tuple[tuple[str, str], ...] = ()
