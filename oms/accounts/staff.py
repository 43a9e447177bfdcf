"""People who sign in: creation, roles, disabling, and the throttle on guesses (five in fifteen minutes)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from oms.accounts import passwords, rights
from oms.accounts.models import Staff
from oms.db import new_ids
from oms.errors import InputInvalid, NotAllowed, NotFound
from oms.journey import lifecycle
from oms.journey.actors import is_person

GUESSES, GUESS_WINDOW = 5, timedelta(minutes=15)
LANGUAGES = ("en", "zh_Hans")


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A person to create."""

    login: str
    name: str
    roles: Sequence[str]
    password: str = field(repr=False)
    team: str = ""
    warehouse_id: uuid.UUID | None = None
    language: str = "en"


def create(
    session: Session, *, new: Sequence[NewStaff], environment: str, actor: str, now: datetime
) -> dict[str, uuid.UUID]:
    """Create people; return their ids by login.

    InputInvalid for an unknown role or language, a weak password, or a login that is taken.
    """
    for person in new:
        _check(person)
    taken = session.scalars(select(Staff.login).where(Staff.login.in_([p.login for p in new]))).all()
    if taken:
        raise InputInvalid(f"login {', '.join(taken)} is taken", fields={"login": "is taken: choose another"})
    ids = new_ids(len(new))
    session.add_all(
        Staff(
            id=staff_id,
            login=person.login,
            name=person.name,
            roles=list(person.roles),
            team=person.team,
            warehouse_id=person.warehouse_id,
            language=person.language,
            created_at=now,
            password_hash=passwords.hash_new(person.password, login=person.login, environment=environment),
        )
        for staff_id, person in zip(ids, new, strict=True)
    )
    session.flush()
    notes = [
        lifecycle.Note("staff", staff_id, "staff.created", person.login, data={"roles": list(person.roles)})
        for staff_id, person in zip(ids, new, strict=True)
    ]
    lifecycle.note(session, notes, actor=actor, now=now)
    return {person.login: staff_id for person, staff_id in zip(new, ids, strict=True)}


def _check(person: NewStaff) -> None:
    _check_roles(person.roles)
    if not person.login or person.login != person.login.strip().lower() or len(person.login) > 64:
        raise InputInvalid(
            f"login {person.login!r} is not allowed",
            fields={"login": "1 to 64 characters in lower case, no outer space"},
        )
    if ":" in person.login or not is_person(person.login):
        hint = "the record calls a machine so: choose another"
        raise InputInvalid(f"login {person.login!r} is not allowed: {hint}", fields={"login": hint})
    if person.language not in LANGUAGES:
        raise InputInvalid(f"language {person.language!r} is not known", fields={"language": " or ".join(LANGUAGES)})


def _check_roles(roles: Sequence[str]) -> None:
    """A person sees every channel, and a distributor's rights are those of one: it has a key of its channel instead."""
    known = ", ".join(role for role in rights.ROLES if role != rights.OUTSIDE)
    if rights.OUTSIDE in roles:
        hint = f"make a key of its channel with `oms key add`; people are of {known}"
        raise InputInvalid(f"nobody signs in as {rights.OUTSIDE}: {hint}", fields={"roles": hint})
    unknown = rights.unknown_roles(roles)
    if unknown or not roles:
        raise InputInvalid(f"{', '.join(unknown) or 'no role'}: use of {known}", fields={"roles": f"use of {known}"})


def disable(session: Session, *, staff_ids: Sequence[uuid.UUID], actor: str, why: str, now: datetime) -> None:
    """Shut people out: their sessions end and their keys stop at the next request. A repeat changes nothing."""
    rows = session.execute(
        update(Staff).where(Staff.id.in_(staff_ids), Staff.active).values(active=False).returning(Staff.id)
    ).scalars()
    notes = [lifecycle.Note("staff", staff_id, "staff.disabled", why) for staff_id in rows]
    session.execute(text(_END_ALL), {"staff": list(staff_ids), "now": now})
    lifecycle.note(session, notes, actor=actor, now=now)


def enable(session: Session, *, staff_ids: Sequence[uuid.UUID], actor: str, why: str, now: datetime) -> None:
    """Let people in again who were shut out, with the password they had; a repeat changes nothing."""
    rows = session.execute(
        update(Staff).where(Staff.id.in_(staff_ids), ~Staff.active).values(active=True).returning(Staff.id)
    ).scalars()
    notes = [lifecycle.Note("staff", staff_id, "staff.enabled", why) for staff_id in rows]
    lifecycle.note(session, notes, actor=actor, now=now)


def set_roles(session: Session, *, staff_id: uuid.UUID, roles: Sequence[str], actor: str, now: datetime) -> None:
    """Give a person other roles, from the next request on. NotAllowed for one's own."""
    person = session.get(Staff, staff_id, with_for_update=True)
    if person is None:
        raise NotFound(f"staff {staff_id} is not known")
    # Sessions and people's own keys are recorded by the login; `staff:<id>` is the same person.
    if actor in (person.login, f"staff:{staff_id}"):
        raise NotAllowed("nobody sets their own roles: another person has to (G-1)")
    _check_roles(roles)
    was, person.roles = ",".join(person.roles), list(roles)
    note = lifecycle.Note("staff", staff_id, "staff.roles_set", "", was=was, became=",".join(roles))
    lifecycle.note(session, [note], actor=actor, now=now)


def set_password(
    session: Session, *, staff_id: uuid.UUID, password: str, environment: str, actor: str, now: datetime
) -> None:
    """Set a password; all the person's sessions end."""
    person = session.get(Staff, staff_id, with_for_update=True)
    if person is None:
        raise NotFound(f"staff {staff_id} is not known")
    person.password_hash = passwords.hash_new(password, login=person.login, environment=environment)
    person.failed_logins, person.locked_until = 0, None
    session.execute(text(_END_ALL), {"staff": [staff_id], "now": now})
    lifecycle.note(session, [lifecycle.Note("staff", staff_id, "staff.password_set", "")], actor=actor, now=now)


def set_language(session: Session, *, staff_id: uuid.UUID, language: str) -> None:
    """Remember the language of a person's pages."""
    if language not in LANGUAGES:
        raise InputInvalid(f"language {language!r} is not known", fields={"language": " or ".join(LANGUAGES)})
    session.execute(update(Staff).where(Staff.id == staff_id).values(language=language))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One guess that was counted; `password_hash` None: nobody of that login may sign in."""

    staff_id: uuid.UUID | None
    password_hash: str | None = field(repr=False)
    throttled: bool = False


def count_attempt(session: Session, *, login: str, now: datetime) -> Attempt:
    """Count a guess before the password is looked at, so that parallel guesses cannot pass the throttle.

    Commit before hashing. After five guesses in fifteen minutes the rest are `throttled` until the window ends.
    """
    params = {"login": login.strip().lower(), "now": now, "until": now + GUESS_WINDOW, "guesses": GUESSES}
    row = session.execute(text(_COUNT), params).first()
    if row is not None:
        return Attempt(row.id, row.password_hash if row.active else None)
    known = session.scalar(select(Staff.id).where(Staff.login == params["login"]))
    return Attempt(known, None, throttled=known is not None)


def forget_attempts(session: Session, *, staff_id: uuid.UUID, rehash: str | None = None) -> None:
    """The password was right: start counting anew, and keep a renewed hash."""
    values: dict[str, object] = {"failed_logins": 0, "locked_until": None}
    if rehash is not None:
        values["password_hash"] = rehash
    session.execute(update(Staff).where(Staff.id == staff_id).values(**values))


def with_role(session: Session, *, roles: Sequence[str]) -> list[Staff]:
    """The active people who hold one of `roles`, by name."""
    people = session.scalars(select(Staff).where(Staff.active).order_by(Staff.name, Staff.id))
    return [person for person in people if not set(roles).isdisjoint(person.roles)]


def names(session: Session, *, staff_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """People's names by id."""
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(staff_ids)))
    return {row.id: row.name for row in rows}


_COUNT = """
    UPDATE staff SET
        failed_logins = CASE WHEN locked_until IS NULL OR locked_until <= :now THEN 1 ELSE failed_logins + 1 END,
        locked_until = CASE WHEN locked_until IS NULL OR locked_until <= :now THEN :until ELSE locked_until END
    WHERE login = :login AND (locked_until IS NULL OR locked_until <= :now OR failed_logins < :guesses)
    RETURNING id, password_hash, active
"""

_END_ALL = """
    UPDATE login_session SET ended_at = :now WHERE staff_id = ANY(CAST(:staff AS uuid[])) AND ended_at IS NULL
"""
