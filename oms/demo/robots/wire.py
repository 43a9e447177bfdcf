"""How a robot talks: to the API with a person's key, to pages with a session, to the sandbox peers.

Every call may be repeated: writes carry an idempotency key made from the case, so that a robot that was
killed starts from the beginning and changes nothing that it did before.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from oms.demo.place import PASSWORD

TIMEOUT_S = 20


class Later(Exception):
    """The other side is away or not ready; the robot tries again on its next round."""


class Unwelcome(Exception):
    """An answer that no robot should get: the day cannot end well."""


@dataclass(slots=True)
class Person:
    """One of the staff at the API, by their own key."""

    login: str
    base_url: str
    key: str
    http: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **params: Any) -> Any:
        return self._call("GET", path, params=params)

    def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a paged list."""
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.get(path, **params, **({"cursor": cursor} if cursor else {}))
            found += page["items"]
            cursor = page.get("next")
            if not cursor:
                return found

    def post(self, path: str, body: Any = None, *, key: str, ok: tuple[int, ...] = (200, 201, 202)) -> Any:
        return self._call("POST", path, json=body if body is not None else {}, headers={"Idempotency-Key": key}, ok=ok)

    def upload(self, path: str, data: bytes, *, filename: str, media_type: str, key: str, **params: Any) -> Any:
        headers = {"Idempotency-Key": key, "X-Filename": filename, "Content-Type": media_type}
        return self._call("POST", path, data=data, params=params, headers=headers)

    def raw(self, path: str) -> bytes:
        """A paper's bytes."""
        return self._answer("GET", path, {}).content

    def _call(self, method: str, path: str, *, ok: tuple[int, ...] = (200, 201, 202), **rest: Any) -> Any:
        answer = self._answer(method, path, rest, ok)
        return answer.json() if answer.content else None

    def _answer(self, method: str, path: str, rest: dict[str, Any], ok: tuple[int, ...] = (200,)) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", **rest.pop("headers", {})}
        return fetch(self.http, method, f"{self.base_url}/api/v1{path}", ok=ok, headers=headers, **rest)


def fetch(
    http: requests.Session, method: str, url: str, *, ok: tuple[int, ...] = (200,), **rest: Any
) -> requests.Response:
    """One call; Later when the server is away or busy or another was first, Unwelcome for any other refusal."""
    try:
        answer = http.request(method, url, timeout=TIMEOUT_S, **rest)
    except requests.RequestException as error:
        raise Later(str(error)) from error
    if answer.status_code in ok:
        return answer
    words = f"{method} {url}: {answer.status_code} {answer.text[:500]}"
    if answer.status_code >= 500 or answer.status_code in (404, 409, 429):
        raise Later(words)
    raise Unwelcome(words)


@dataclass(slots=True)
class Browser:
    """A page user with a session cookie and the form tokens that the pages give."""

    base_url: str
    http: requests.Session = field(default_factory=requests.Session)

    def sign_in(self, login: str) -> None:
        """Sign in by the form, as a person does."""
        page = self.get("/sign-in")
        self.submit("/sign-in", page, {"login": login, "password": PASSWORD})

    def get(self, path: str) -> str:
        return fetch(self.http, "GET", self.base_url + path).text

    def submit(self, path: str, page: str, values: dict[str, str]) -> str:
        """Post a form with the token that its page carries."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        data = {**values, **({"csrf_token": token.group(1)} if token else {})}
        return fetch(self.http, "POST", self.base_url + path, ok=(200, 302, 303), data=data).text


@dataclass(slots=True)
class World:
    """What all robots share: where things are, and the notes that the report reads."""

    began_at: str
    base_url: str
    shop_url: str
    mailbox_url: str
    smtp_port: int
    keys: dict[str, str]
    notes_path: Path
    placed: dict[str, str] = field(default_factory=dict)
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        """Robots that were killed know from their notes what they had placed."""
        if self.notes_path.exists():
            self.placed.update(json.loads(self.notes_path.read_text(encoding="utf-8"))["placed"])

    @property
    def day(self) -> datetime:
        """When the day began: what is written in letters and forms stays the same when it is written again."""
        return datetime.fromisoformat(self.began_at)

    def kept(self, name: str, made: Callable[[], bytes]) -> bytes:
        """A file that a customer made; sent again it is the same file."""
        path = self.notes_path.parent / "files" / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            new = path.with_suffix(".new")
            new.write_bytes(made())
            os.replace(new, path)
        return path.read_bytes()

    def person(self, login: str) -> Person:
        return Person(login, self.base_url, self.keys[login])

    def browser(self) -> Browser:
        return Browser(self.base_url)

    def note(self, *, undone: list[str]) -> None:
        """Write the notes; atomically, since a robot may be killed while it writes."""
        new = self.notes_path.with_suffix(".new")
        new.write_text(json.dumps({"placed": self.placed, "undone": undone}, indent=1), encoding="utf-8")
        os.replace(new, self.notes_path)
