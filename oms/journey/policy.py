"""Managers' numbers: versioned, append-only values over the defaults; read once a batch (G-6).

A value has its first moment, its author and its reason; a Step keeps the due time it got.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from oms.db import Base, new_id
from oms.errors import InputInvalid
from oms.journey import house_rules, lifecycle
from oms.journey.clocks import Clock, clock_named
from oms.journey.house_rules import Row
from oms.journey.policy_defaults import POLICY, PolicyRow, Value, as_json, checked, row_of, stored
from oms.journey.worth import Worth, rates_of


class PolicyValue(Base):
    """One version of one business number; rows are only added."""

    __tablename__ = "policy_value"
    __table_args__ = (Index("ix_policy_value_key", "key", "valid_from", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str]
    value: Mapped[Any] = mapped_column(JSONB)
    valid_from: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str]
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Policy:
    """The business numbers that hold at one moment: the set ones over the defaults."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def value(self, key: str) -> Value:
        """The value of any key; an unknown key is refused."""
        return self.values[key] if key in self.values else row_of(key).default

    def whole(self, key: str) -> int:
        """A whole number, such as `wave.max_orders`."""
        found = self.value(key)
        if isinstance(found, bool) or not isinstance(found, int):
            raise TypeError(f"{key} is no whole number")
        return found

    def decimal(self, key: str) -> Decimal:
        """Any number as Decimal, such as `email.confidence_threshold`."""
        found = self.value(key)
        if isinstance(found, bool | str):
            raise TypeError(f"{key} is no number")
        return Decimal(found)

    def flag(self, key: str) -> bool:
        """A switch, such as `verification.every_order_reviewed`."""
        found = self.value(key)
        if not isinstance(found, bool):
            raise TypeError(f"{key} is no switch")
        return found

    def text(self, key: str) -> str:
        """A text, such as `carrier.cut_off`."""
        found = self.value(key)
        if not isinstance(found, str):
            raise TypeError(f"{key} is no text")
        return found

    def numbers(self, prefix: str) -> dict[str, Decimal | int]:
        """The numbers that managers have set under a prefix such as `clock.`."""
        return {
            key: value
            for key, value in self.values.items()
            if key.startswith(prefix) and not isinstance(value, bool | str)
        }

    def worth(self) -> Worth:
        """What amounts come to in the currency of the limits."""
        return Worth(self.text("house.currency"), rates_of(self.text("house.rates")))

    def clock(self, name: str) -> Clock:
        """The clock of that name with the manager's number."""
        return clock_named(name, self.numbers(f"clock.{name}"))


@dataclass(frozen=True, slots=True)
class Version:
    """One value of a key as the settings page shows it."""

    row: PolicyRow
    value: Value
    valid_from: datetime
    by: str
    why: str
    created_at: datetime


def read(session: Session, now: datetime) -> Policy:
    """The numbers that hold at `now`: read with the calendars, then kept for the rest of the transaction."""
    return _policy(house_rules.read(session, now).numbers)


@lru_cache(maxsize=4)
def _policy(rows: tuple[Row, ...]) -> Policy:
    # A key that a later release dropped has no reader any more; its history stays.
    return Policy({key: stored(key, json.loads(data)) for _, key, data in rows if key in POLICY})


def at(session: Session, moment: datetime) -> Policy:
    """The numbers that held, or will hold, at any moment; not kept."""
    return _policy(house_rules.at(session, moment).numbers)


def set_value(
    session: Session, *, key: str, value: object, valid_from: datetime, actor: str, why: str, now: datetime
) -> PolicyValue:
    """Add a version of one number, from `valid_from` on; each call is a version of its own, with its history.

    Refused: an unknown key, a value that does not fit, no reason, a moment in the past (what was is not rewritten).
    """
    found = checked(key, value)
    if not why.strip():
        raise InputInvalid(f"{key}: say why it changes", fields={"why": "say why it changes"})
    if valid_from < now:
        hint = "a value holds from now on or later; what was stays"
        raise InputInvalid(f"{key}: {valid_from:%Y-%m-%d %H:%M} is past: {hint}", fields={"valid_from": hint})
    was = at(session, valid_from).value(key)
    row = PolicyValue(key=key, value=as_json(found), valid_from=valid_from, by=actor, why=why, created_at=now)
    session.add(row)
    session.flush()
    data = {"key": key, "from": valid_from}
    note = lifecycle.Note("policy_value", row.id, "policy.set", why, was=str(was), became=str(found), data=data)
    lifecycle.note(session, [note], actor=actor, now=now)
    house_rules.forget(session)
    return row


def versions(session: Session, *, keys: Sequence[str]) -> list[Version]:
    """All versions of the keys, newest first, for the settings page."""
    rows = session.scalars(
        select(PolicyValue)
        .where(PolicyValue.key.in_(keys))
        .order_by(PolicyValue.key, PolicyValue.valid_from.desc(), PolicyValue.id.desc())
    )
    return [
        Version(row_of(row.key), stored(row.key, row.value), row.valid_from, row.by, row.why, row.created_at)
        for row in rows
    ]
