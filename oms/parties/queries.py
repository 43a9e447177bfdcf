"""Customers as people look for them: by number, name, e-mail or phone, each exactly (private data is hashed)."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from oms import numbers
from oms.parties.models import Carrier, Channel, Customer
from oms.parties.search_terms import hashes


def customers(
    session: Session, *, term: str | None, limit: int, country: str, after: uuid.UUID | None = None
) -> list[Customer]:
    """Customers that `term` names exactly, newest first; all of them without a term. One row more than `limit`."""
    statement = select(Customer).order_by(Customer.id.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(Customer.id < after)
    if term:
        keys = hashes(term, country=country)
        statement = statement.where(
            or_(
                Customer.number == numbers.written(term),
                Customer.email_hash.in_(keys),
                Customer.phone_hash.in_(keys),
                Customer.name_hash.in_(keys),
            )
        )
    return list(session.execute(statement).scalars())


def channels(
    session: Session,
    *,
    ways: Collection[str] | None = None,
    channel_id: uuid.UUID | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Channel]:
    """The active channels, by name, from after one; only those of `ways`, or one, where given. One row more than `limit`."""
    statement = select(Channel).where(Channel.active).order_by(Channel.name)
    if ways is not None:
        statement = statement.where(Channel.way.in_(ways))
    if channel_id is not None:
        statement = statement.where(Channel.id == channel_id)
    if after is not None:
        statement = statement.where(Channel.name > after)
    if limit is not None:
        statement = statement.limit(limit + 1)
    return list(session.execute(statement).scalars())


def channel(session: Session, *, name: str | None = None, channel_id: uuid.UUID | None = None) -> Channel | None:
    """An active channel by name or id."""
    statement = select(Channel).where(Channel.active)
    statement = (
        statement.where(Channel.name == name) if channel_id is None else statement.where(Channel.id == channel_id)
    )
    return session.execute(statement).scalar_one_or_none()


def carrier_id(session: Session, *, name: str) -> uuid.UUID | None:
    """The id of an active carrier's name."""
    return session.execute(select(Carrier.id).where(Carrier.name == name, Carrier.active)).scalar_one_or_none()
