"""Staff, their roles and teams, sessions, API keys, idempotency keys."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, EncryptedBytes, new_id


class Staff(Base):
    """A person who signs in; `roles` as in `rights.py`. The password is an Argon2id hash."""

    __tablename__ = "staff"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    roles: Mapped[list[Any]] = mapped_column(default=list)
    team: Mapped[str] = mapped_column(default="")
    warehouse_id: Mapped[uuid.UUID | None]
    language: Mapped[str] = mapped_column(default="en")
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    failed_logins: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LoginSession(Base):
    """A signed-in browser; the cookie's token is stored hashed, so that it can be ended at once."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_staff", "staff_id"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiKey(Base):
    """A key for another system; shown once, stored hashed. A distributor's key sees its channel only."""

    __tablename__ = "api_key"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    prefix: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[bytes]
    name: Mapped[str]
    roles: Mapped[list[Any]] = mapped_column(default=list)
    channel_id: Mapped[uuid.UUID | None]
    staff_id: Mapped[uuid.UUID | None]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class IdempotencyKey(Base):
    """The first answer to an API call that carried an Idempotency-Key; a repeat gets the same answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("owner", "key"), Index("ix_idempotency_key_at", "created_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    owner: Mapped[str]
    key: Mapped[str]
    request_hash: Mapped[bytes]
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(EncryptedBytes)
    created_at: Mapped[datetime]
