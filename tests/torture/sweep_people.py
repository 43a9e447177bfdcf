"""Those outside the house in the sweep: they know what they were told, and repeat what was not acknowledged.

What a caller knows lies in a journal that outlives the killed process, as a caller's own memory would.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

TRIES = 40
PAUSE_S = 0.05
#: 503 and "still at work" are honest answers: the caller comes again. Any other refusal is none of its doing.
AGAIN = {503}
API = "/api/v1"


class NotYet(Exception):
    """The next person can't act yet: the work before was not done, for now."""


class Refused(AssertionError):
    """An answer that no caller should get."""


@dataclass
class Journal:
    """What callers were told, one JSON line each; `os.write` outlives a SIGKILL."""

    path: Path
    told: dict[str, Any] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> Journal:
        """What is known up to now."""
        self.told.clear()
        self.notes.clear()
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []:
            entry = json.loads(line)
            if "told" in entry:
                self.told[entry["told"]] = entry["answer"]
            else:
                self.notes.append(entry)
        return self

    def write(self, **entry: Any) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, json.dumps(entry).encode() + b"\n")
        os.close(handle)

    def tell(self, name: str, answer: Any) -> Any:
        self.told[name] = answer
        self.write(told=name, answer=answer)
        return answer


@dataclass(frozen=True)
class Caller:
    """One person's key, at one application."""

    app: Flask
    journal: Journal
    headers: dict[str, str]

    def post(self, name: str, path: str, content: Any) -> Any:
        """Do it once: an acknowledged call is never repeated, another one is, under the same key."""
        if name in self.journal.told:
            return self.journal.told[name]
        headers = self.headers | {"Idempotency-Key": f"sweep-{name}"}
        answer = insist(
            self.journal, name, lambda: self.app.test_client().post(f"{API}{path}", json=content, headers=headers)
        )
        return self.journal.tell(name, answer.get_json())

    def get(self, path: str, **query: Any) -> Any:
        """Read, now."""
        client = self.app.test_client()
        return insist(
            self.journal, path, lambda: client.get(f"{API}{path}", query_string=query, headers=self.headers)
        ).get_json()

    def items(self, path: str, **query: Any) -> list[Any]:
        return list(self.get(path, **query)["items"])


def insist(journal: Journal, name: str, call: Callable[[], TestResponse]) -> TestResponse:
    """Call until it is acknowledged; every other answer than an honest "come again" is a fault."""
    for _ in range(TRIES):
        answer = call()
        if 200 <= answer.status_code < 300:
            return answer
        said = answer.get_json(silent=True) or {}
        journal.write(refused=name, status=answer.status_code, code=said.get("code"))
        if answer.status_code not in AGAIN and said.get("code") != "in_progress":
            raise Refused(f"{name} was answered {answer.status_code}: {answer.get_data(as_text=True)[:300]}")
        time.sleep(PAUSE_S)
    raise Refused(f"{name} was refused {TRIES} times")
