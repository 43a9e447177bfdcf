"""Find or make the customer of an order: by the channel's own account, then e-mail, then phone (D-3: by keyed hash)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import crypto, db, numbers
from oms.parties.models import Customer
from oms.rows import insert_rows

_FIND = text("""
    SELECT DISTINCT ON (w.place) w.place, c.id
    FROM unnest(CAST(:places AS int[]), CAST(:emails AS bytea[]), CAST(:phones AS bytea[])) AS w(place, email, phone)
    JOIN customer c ON c.email_hash = w.email OR c.phone_hash = w.phone
    ORDER BY w.place, (c.email_hash = w.email) DESC NULLS LAST, c.created_at, c.id
""")


@dataclass(frozen=True, slots=True)
class Person:
    """Who ordered, as a channel told it; `account_id` is the customer that the channel itself belongs to."""

    name: str | None
    company: str | None
    email: str | None
    phone: str | None
    tax_id: str | None
    language: str
    account_id: uuid.UUID | None = None


def index_of(value: str | None) -> bytes | None:
    """The keyed hash by which a private value is found; None for nothing."""
    return crypto.ring().blind_index(value) if value else None


def customers_for(session: Session, *, people: Sequence[Person], now: datetime) -> list[uuid.UUID | None]:
    """The customer of each person, made where none is known; None for one without any contact. Two statements."""
    keys = [(index_of(p.email), index_of(p.phone)) for p in people]
    found = _known(session, people, keys)
    new: dict[tuple[bytes | None, bytes | None], dict[str, Any]] = {}
    for place, (person, key) in enumerate(zip(people, keys, strict=True)):
        if place not in found and any(key):
            new.setdefault(key, _row(person, key, now))
    insert_rows(session, Customer, list(new.values()))
    made = {key: row["id"] for key, row in new.items()}
    return [found.get(place) or made.get(key) for place, key in enumerate(keys)]


def index(customer: Customer) -> None:
    """Let a customer that was made or changed by hand be found like all others."""
    customer.name_hash = index_of(customer.name)
    customer.email_hash, customer.phone_hash = index_of(customer.email), index_of(customer.phone)


def _known(
    session: Session, people: Sequence[Person], keys: Sequence[tuple[bytes | None, bytes | None]]
) -> dict[int, uuid.UUID]:
    found = {place: p.account_id for place, p in enumerate(people) if p.account_id is not None}
    asked = [place for place, key in enumerate(keys) if place not in found and any(key)]
    if asked:
        params = {"places": asked, "emails": [keys[i][0] for i in asked], "phones": [keys[i][1] for i in asked]}
        found.update({row.place: row.id for row in session.execute(_FIND, params)})
    return found


def _row(person: Person, key: tuple[bytes | None, bytes | None], now: datetime) -> dict[str, Any]:
    return {
        "id": db.new_id(),
        "number": numbers.new_number("CU"),
        "name": person.name,
        "name_hash": index_of(person.name),
        "company": person.company,
        "email": person.email,
        "email_hash": key[0],
        "phone": person.phone,
        "phone_hash": key[1],
        "tax_id": person.tax_id,
        "language": person.language,
        "created_at": now,
    }
