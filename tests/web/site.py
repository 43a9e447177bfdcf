"""Hands for web tests: sign people in, make keys and channels, post forms as a browser does."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from oms import db
from oms.accounts import api_keys, staff
from oms.accounts.staff import NewStaff
from oms.db import Database
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.parties.models import Channel
from oms.settings import Settings

PASSWORD = "four plain words here"
_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')


@dataclass
class Site:
    """One application with its database."""

    app: Flask
    database: Database
    settings: Settings
    people: dict[str, uuid.UUID] = field(default_factory=dict)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self.database.transaction() as session:
            yield session

    def person(self, *roles: str, login: str = "", language: str = "en") -> str:
        """Create a person; return the login."""
        login = login or f"{roles[0]}.{len(self.people)}"
        new = NewStaff(login, login.title(), list(roles), PASSWORD, language=language)
        with self.transaction() as session:
            self.people |= staff.create(session, new=[new], environment="test", actor="test", now=db.now(session))
        return login

    def client(self, *roles: str, **person: str) -> FlaskClient:
        """A browser; with roles it is signed in as a new person who has them."""
        client = self.app.test_client()
        if roles:
            answer = sign_in(client, self.person(*roles, **person))
            assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    def key(self, *roles: str, channel_id: uuid.UUID | None = None) -> dict[str, str]:
        """The headers of a caller with a new key."""
        if "distributor" in roles and channel_id is None:
            channel_id = uuid.uuid4()
        with self.transaction() as session:
            made = api_keys.create(
                session, name="test", roles=roles, channel_id=channel_id, actor="test", now=db.now(session)
            )
        return {"Authorization": f"Bearer {made.key}"}

    def channel(
        self, name: str = "shop", source: str = "woocommerce", secrets: Sequence[str] = ("s3cret",)
    ) -> uuid.UUID:
        with self.transaction() as session:
            row = Channel(name=name, source=source, way="web_shop", secrets=list(secrets))
            session.add(row)
            session.flush()
            return row.id

    def step(self, kind: str, *, due_in: timedelta = timedelta(hours=1), state: str = "open") -> uuid.UUID:
        with self.transaction() as session:
            now = db.now(session)
            [step_id] = steps.open_steps(session, [NewStep(kind, db.new_id(), due_at=now + due_in)], now=now)
            if state != "open":
                session.execute(text("UPDATE step SET state = :state WHERE id = :id"), {"state": state, "id": step_id})
            return step_id

    def later(self, length: timedelta) -> None:
        """Let business time pass."""
        with self.transaction() as session:
            db.set_offset(session, length)

    def set_clock(self, moment: datetime) -> None:
        """Let business time be that moment, and go on from it."""
        with self.transaction() as session:
            db.set_offset(session, moment - datetime.now(UTC))

    def rows(self, sql: str, **params: Any) -> list[Any]:
        with self.transaction() as session:
            return list(session.execute(text(sql), params).all())


def token_in(page: TestResponse) -> str:
    """The CSRF token that a page's forms carry."""
    found = _TOKEN.search(page.get_data(as_text=True))
    assert found, page.get_data(as_text=True)
    return found[1]


def post(client: FlaskClient, url: str, data: dict[str, Any] | None = None, *, page: str = "/sign-in") -> TestResponse:
    """Send a form as a browser does: from a page of ours, with its token."""
    token = token_in(client.get(page, follow_redirects=True))
    return client.post(url, data=(data or {}) | {"csrf_token": token})


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD, target: str = "/") -> TestResponse:
    return post(client, "/sign-in", {"login": login, "password": password, "next": target})
