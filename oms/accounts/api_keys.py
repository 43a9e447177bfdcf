"""Keys of other systems: `prefix_random`, shown once, stored hashed, with roles and at most one channel."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from oms.accounts import rights
from oms.accounts.identity import Identity
from oms.accounts.models import ApiKey
from oms.db import new_id
from oms.errors import InputInvalid
from oms.journey import lifecycle

USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `key` cannot be shown again."""

    id: uuid.UUID
    prefix: str
    key: str = field(repr=False)


def create(
    session: Session,
    *,
    name: str,
    roles: Sequence[str],
    actor: str,
    now: datetime,
    channel_id: uuid.UUID | None = None,
    staff_id: uuid.UUID | None = None,
    expires_at: datetime | None = None,
) -> NewKey:
    """Make a key for `name` with `roles`, limited to one channel where given; it dies with its person `staff_id`, and loses
    the roles that the person loses.

    InputInvalid for an unknown role, or a distributor's key without its channel.
    """
    unknown = rights.unknown_roles(roles)
    if unknown or not roles:
        raise InputInvalid(f"{unknown or 'no role'}", fields={"roles": f"use of {', '.join(rights.ROLES)}"})
    if rights.OUTSIDE in roles and channel_id is None:
        raise InputInvalid("a distributor's key needs its channel", fields={"channel_id": "name the channel"})
    prefix = "oms" + secrets.token_hex(6)
    key = f"{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        id=new_id(),
        prefix=prefix,
        key_hash=_hash(key),
        name=name,
        roles=list(roles),
        channel_id=channel_id,
        staff_id=staff_id,
        expires_at=expires_at,
        created_at=now,
    )
    session.add(row)
    session.flush()
    note = lifecycle.Note("api_key", row.id, "api_key.created", name, data={"roles": list(roles)})
    lifecycle.note(session, [note], actor=actor, now=now)
    return NewKey(row.id, prefix, key)


def who(session: Session, *, key: str, now: datetime) -> Identity | None:
    """Whose key this is; None when it is unknown, revoked, expired, or its person was disabled."""
    row = session.execute(text(_WHO), {"prefix": key.partition("_")[0], "now": now}).first()
    if row is None or not hmac.compare_digest(bytes(row.key_hash), _hash(key)):
        return None
    if row.last_used_at is None or row.last_used_at < now - USED_EVERY:
        session.execute(update(ApiKey).where(ApiKey.id == row.id).values(last_used_at=now))
    return Identity(
        actor=row.login or f"key:{row.prefix}",
        name=row.name,
        roles=_held(row),
        staff_id=row.staff_id,
        key_id=row.id,
        channel_id=row.channel_id,
        warehouse_id=row.warehouse_id,
        team=row.team or "",
        language=row.language or "",
    )


def _held(row: Any) -> frozenset[str]:
    """The key's roles; a person's key holds none that the person has no more."""
    roles = frozenset(row.roles)
    return roles if row.staff_id is None else roles.intersection(row.of_person)


def revoke(session: Session, *, key_ids: Sequence[uuid.UUID], actor: str, why: str, now: datetime) -> None:
    """Stop keys from the next request on; a repeat changes nothing."""
    rows = session.execute(
        update(ApiKey)
        .where(ApiKey.id.in_(key_ids), ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiKey.id)
    ).scalars()
    notes = [lifecycle.Note("api_key", key_id, "api_key.revoked", why) for key_id in rows]
    lifecycle.note(session, notes, actor=actor, now=now)


def _hash(key: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(key.encode()).digest()


_WHO = """
    SELECT k.id, k.prefix, k.key_hash, k.name, k.roles, k.channel_id, k.staff_id, k.last_used_at,
           p.login, p.warehouse_id, p.team, p.language, p.roles AS of_person
    FROM api_key k LEFT JOIN staff p ON p.id = k.staff_id
    WHERE k.prefix = :prefix AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :now)
      AND (k.staff_id IS NULL OR p.active)
"""
