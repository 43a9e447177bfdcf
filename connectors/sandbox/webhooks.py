"""Webhooks that a sandbox peer owes: kept on disk, posted at least once, with back-off until 2xx.

`owe` runs in the transaction of the change that the webhook tells of, so neither exists alone.
"""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.sandbox import process
from connectors.sandbox.store import Row, Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS webhook (
    id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, sender TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
    headers TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL, done_at REAL, last_answer TEXT
);
CREATE INDEX IF NOT EXISTS webhook_due ON webhook (next_at) WHERE done_at IS NULL;
"""

_TIMEOUT_S = 10.0
_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 10.0
_LOOK_EVERY_S = 0.1
_AT_ONCE = 4

#: Headers of one try: signatures that carry a time are made anew for each. Gets sender, event id, body.
Sign = Callable[[str, str, bytes], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One message to post; `sender` names whose secret signs it, `headers` are the same on every try."""

    event_id: str
    sender: str
    url: str
    body: bytes
    headers: Mapping[str, str]
    delay_s: float = 0.0


def owe(change: sqlite3.Connection, webhook: Webhook) -> None:
    """Note inside a transaction that `webhook` must be posted `delay_s` from now."""
    change.execute(
        "INSERT INTO webhook (event_id, sender, url, body, headers, next_at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            webhook.event_id,
            webhook.sender,
            webhook.url,
            webhook.body,
            json.dumps(dict(webhook.headers)),
            time.time() + webhook.delay_s,
        ),
    )


def counts(store: Store) -> dict[str, int]:
    """How many webhooks were delivered, how many are still owed, how many tries there were."""
    return {
        "webhooks_delivered": store.count("SELECT count(*) FROM webhook WHERE done_at IS NOT NULL"),
        "webhooks_owed": store.count("SELECT count(*) FROM webhook WHERE done_at IS NULL"),
        "webhook_tries": store.count("SELECT coalesce(sum(attempts), 0) FROM webhook"),
    }


class Postman:
    """Posts what is due from a few threads; what a crash interrupts is posted again after the restart."""

    def __init__(self, store: Store, *, sign: Sign) -> None:
        self._store = store
        self._sign = sign
        self._stopped = threading.Event()
        self._carried: set[int] = set()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="postman")
        self._round = threading.Thread(target=self._go_round, name="postman", daemon=True)

    def start(self) -> None:
        self._round.start()

    def stop(self) -> None:
        """Stop after the posts under way."""
        self._stopped.set()
        self._round.join(timeout=_TIMEOUT_S)
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _go_round(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY_S):
            for row in self._due():
                self._threads.submit(self._deliver, row)

    def _due(self) -> list[Row]:
        rows = self._store.rows(
            "SELECT * FROM webhook WHERE done_at IS NULL AND next_at <= ? ORDER BY id LIMIT 50", (time.time(),)
        )
        with self._lock:
            free = [row for row in rows if row["id"] not in self._carried]
            self._carried.update(row["id"] for row in free)
        return free

    def _deliver(self, row: Row) -> None:
        try:
            headers = {**json.loads(row["headers"]), **self._sign(row["sender"], row["event_id"], row["body"])}
            answer = _post(row["url"], row["body"], headers)
            self._note(row, answer)
        finally:
            with self._lock:
                self._carried.discard(row["id"])

    def _note(self, row: Row, answer: str) -> None:
        tries = row["attempts"] + 1
        delivered = answer.startswith("2")
        wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(tries, 10))
        with self._store.change() as change:
            change.execute(
                "UPDATE webhook SET attempts = ?, last_answer = ?, next_at = ?, done_at = ? WHERE id = ?",
                (tries, answer, time.time() + wait_s, time.time() if delivered else None, row["id"]),
            )
        if not delivered:
            process.log("webhook not taken", event_id=row["event_id"], tries=tries, answer=answer)


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Post once; returns the status as text, or the fault's name when there was no answer."""
    place = urlsplit(url)
    path = place.path + (f"?{place.query}" if place.query else "")
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", path or "/", body=body, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        return str(answer.status)
    except (OSError, http.client.HTTPException) as fault:
        return type(fault).__name__
    finally:
        connection.close()
