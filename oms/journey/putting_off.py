"""Put off open steps, many at once, that nobody need claim to know that they cannot be done now."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import step_sql


def due(session: Session, *, kind: str) -> list[uuid.UUID]:
    """Due steps of a kind, least slack first; of very many those that wait longest. Nobody claims them."""
    return list(session.execute(text(step_sql.DUE_OF_KIND), {"kind": kind}).scalars())


def put_off(session: Session, *, step_ids: Sequence[uuid.UUID], why: str, after_s: Sequence[float]) -> None:
    """Open steps come again after so many seconds each; one that somebody claimed meanwhile is left to them."""
    session.execute(text(step_sql.PUT_OFF), {"ids": list(step_ids), "delays": list(after_s), "error": why[:2000]})
