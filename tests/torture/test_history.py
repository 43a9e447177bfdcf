"""What a history does not show by itself is looked for: what was written last, what was accepted, a client that fell silent."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.demo.robots.wire import Later
from tests.factories.orders import make_channel
from tests.torture import history, history_clients
from tests.torture.history_check import APPEND, OK, Operation, anomalies
from tests.torture.history_clients import Client, Plan
from tests.torture.house import BULK, House


class Chen:
    """Answers with the notes of each ticket; away the first time."""

    def __init__(self, notes: dict[str, list[str]]) -> None:
        self._notes, self._away = notes, True

    def get(self, path: str) -> dict[str, Any]:
        if self._away:
            self._away = False
            raise Later("away")
        return {"notes": [{"text": text} for text in self._notes[path.removeprefix("/tickets/")]]}


class Quiet:
    """A house in which nobody works any more."""

    def __init__(self, notes: dict[str, list[str]]) -> None:
        self._chen = Chen(notes)

    def world(self) -> Quiet:
        return self

    def person(self, _name: str) -> Chen:
        return self._chen

    def watch(self, until: Callable[[], bool], *, limit_s: float) -> bool:
        return any(until() for _ in range(int(limit_s)))


def last_reads(notes: dict[str, list[str]]) -> list[Operation]:
    found, unread = history.last_reads(cast(House, Quiet(notes)), sorted(notes))
    assert unread == []
    return found


def test_the_last_note_that_was_acknowledged_and_lost_is_found_at_the_end() -> None:
    written = [
        Operation(1, APPEND, "ticket a", 1.0, 2.0, OK, "n1-1"),
        Operation(2, APPEND, "ticket b", 1.0, 2.0, OK, "n2-1"),
    ]
    assert anomalies(written, moves={}) == []
    assert anomalies([*written, *last_reads({"a": ["n1-1"], "b": ["n2-1"]})], moves={}) == []
    assert len(anomalies([*written, *last_reads({"a": ["n1-1"], "b": []})], moves={})) == 1


def test_a_delivery_that_was_accepted_and_does_not_stand_is_told(session: Session) -> None:
    shop = make_channel(session, name=BULK)
    statement = """INSERT INTO inbound_message (id, channel_id, event_id, way, body_sha256, body, headers, size, status, received_at,
                                                received_by)
                   VALUES (gen_random_uuid(), :shop, 'evt-1', 'webhook', '', '', '', 0, 'received', now(), 'x')"""
    session.execute(text(statement), {"shop": shop.id})
    assert history.lost(session, ["evt-1"]) == []
    assert history.lost(session, ["evt-1", "evt-2"]) == ["LOST: evt-2 was accepted and does not stand"]


def client(tmp_path: Path) -> Client:
    plan = Plan(
        1, 1, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ("k",), 0, 60, ("t",), tmp_path / "record", 1e12, 3, 1e12
    )
    return Client(0, plan, "k", [], random.Random(1))


def test_a_client_whose_answer_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = client(tmp_path)
    monkeypatch.setattr(Client, "_once", lambda *_: (200, b'{"items": [tru'))
    one.live()
    assert len(one.strange) == 1
    assert "client 0 could go on no more: JSONDecodeError" in one.strange[0]


def test_what_a_shop_was_told_is_kept_and_a_refusal_is_strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = client(tmp_path)
    monkeypatch.setattr(Client, "_once", lambda *_: (202, b""))
    assert one._post_order("H1-0-1", version=0)
    monkeypatch.setattr(Client, "_once", lambda *_: (401, b"no"))
    assert not one._post_order("H1-0-2", version=0)
    assert (one.accepted, one.strange) == (["H1-0-1-v0"], ["the webhook H1-0-2-v0 was answered 401: b'no'"])
    record = tmp_path / "record"
    record.write_text('{"accepted": "e-2"}\n{"accepted": "e-1"}\n{"strange": "x"}\n', encoding="utf-8")
    assert history_clients.accepted([record]) == ["e-1", "e-2"]
    assert history_clients.read([record]) == ([], ["x"])
