"""Hands for API tests: people and distributors with keys, who call and read JSON."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from oms import db
from oms.accounts import api_keys
from oms.parties.models import Channel
from tests.web.site import Site

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Caller:
    """One key; paths are below `/api/v1`."""

    site: Site
    headers: dict[str, str]
    login: str = ""

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.site.app.test_client().get(f"/api/v1{path}", query_string=query, headers=self.headers)

    def post(self, path: str, json: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        headers = self.headers | ({"Idempotency-Key": key} if key else {}) | more.pop("headers", {})
        body = more if "data" in more or json is None else {"json": json}
        return self.site.app.test_client().post(f"/api/v1{path}", headers=headers, **body, **more.pop("query", {}))

    def items(self, path: str, **query: Any) -> list[Any]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return list(answer.get_json()["items"])


def person(site: Site, *roles: str, language: str = "en") -> Caller:
    """Somebody of the house who calls with a key of their own."""
    login = site.person(*roles, login=f"{roles[0]}-{next(_numbers)}", language=language)
    with site.transaction() as session:
        made = api_keys.create(
            session, name=login, roles=roles, staff_id=site.people[login], actor="test", now=db.now(session)
        )
    return Caller(site, {"Authorization": f"Bearer {made.key}"}, login)


def channel(site: Site, *, way: str = "phone", source: str = "phone", **given: Any) -> Channel:
    """A channel of one of the ways."""
    with site.transaction() as session:
        row = Channel(name=f"{way}-{next(_numbers)}", source=source, way=way, currency="CNY", **given)
        session.add(row)
        session.flush()
        return row


def distributor(site: Site, channel_id: uuid.UUID) -> Caller:
    """A distributor's key for its channel."""
    return Caller(site, site.key("distributor", channel_id=channel_id))


def fields(answer: TestResponse) -> dict[str, str]:
    """What a refusal says of each field; it must be a 422 problem document."""
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    return dict(answer.get_json()["fields"])
