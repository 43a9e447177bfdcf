"""Signed-in browsers: at most 12 h in all and 30 min without a request; ended or disabled acts at once."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from oms.accounts.identity import Identity
from oms.accounts.models import LoginSession

LIFE, IDLE = timedelta(hours=12), timedelta(minutes=30)
#: How stale `seen_at` may be, so that not every request writes.
SEEN_EVERY = timedelta(minutes=1)


def start(session: Session, *, staff_id: uuid.UUID, now: datetime) -> str:
    """Open a session and return its token, which only the browser keeps: the table has its hash."""
    token = secrets.token_urlsafe(32)
    session.add(LoginSession(token_hash=_hash(token), staff_id=staff_id, started_at=now, seen_at=now))
    session.flush()
    return token


def who(session: Session, *, token: str, now: datetime) -> Identity | None:
    """Whose session this is; None when it ended, ran out, or the person was disabled."""
    params = {"hash": _hash(token), "started": now - LIFE, "seen": now - IDLE}
    row = session.execute(text(_WHO), params).first()
    if row is None:
        return None
    if row.seen_at < now - SEEN_EVERY:
        session.execute(update(LoginSession).where(LoginSession.token_hash == params["hash"]).values(seen_at=now))
    return Identity(
        actor=row.login,
        name=row.name,
        roles=frozenset(row.roles),
        staff_id=row.id,
        warehouse_id=row.warehouse_id,
        team=row.team,
        language=row.language,
    )


def end(session: Session, *, token: str, now: datetime) -> None:
    """Sign out; a repeat changes nothing."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == _hash(token), LoginSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def _hash(token: str) -> bytes:
    # The token has 256 random bits: a plain hash cannot be searched.
    return hashlib.sha256(token.encode()).digest()


_WHO = """
    SELECT s.seen_at, p.id, p.login, p.name, p.roles, p.warehouse_id, p.team, p.language
    FROM login_session s JOIN staff p ON p.id = s.staff_id
    WHERE s.token_hash = :hash AND s.ended_at IS NULL AND p.active AND s.started_at > :started AND s.seen_at > :seen
"""
