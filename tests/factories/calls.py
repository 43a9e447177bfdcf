"""Calls to a peer that are under way."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from oms.effects import Effect


def intend(session: Session, *, key: str, subject_id: uuid.UUID, now: datetime) -> None:
    """A booking has begun, as its worker says before it calls; whether its step stands is not asked."""
    session.add(Effect(key=key, kind="book", subject_id=subject_id, attempts=1, started_at=now))
    session.flush()
