"""Keep what arrives, byte for byte, with its step `accept` in the same statement (I-7).

A message that comes twice is stored once. One that comes under a known event id with other bytes is
stored apart and quarantined, and becomes nothing until a person looks at it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import crypto, db
from oms.journey import due, flow, lifecycle

STORED, DUPLICATE, QUARANTINED = "stored", "duplicate", "quarantined"
EVENT_ID_REUSED = "event_id_reused"
#: Longer sender ids are replaced by their hash: an index entry has a largest size.
EVENT_ID_MAX = 200


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A delivery as it came. `event_id` None: the sender gives none, the bytes' hash stands for it.

    `way`: webhook | poll | mail | upload | page | api. `headers` with lower-case names, without secrets.
    """

    event_id: str | None
    way: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    received_by: str = "system"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message and the channel it came by."""

    channel_id: uuid.UUID
    message: NewMessage


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery: `stored`, `duplicate` (of `message_id`), or `quarantined` beside the first one."""

    message_id: uuid.UUID
    outcome: str


def receive(session: Session, *, channel_id: uuid.UUID, received: Sequence[NewMessage], now: datetime) -> list[Receipt]:
    """Store messages of one channel, in their order; see `receive_all`."""
    return receive_all(session, arrivals=[Arrival(channel_id, message) for message in received], now=now)


def receive_all(
    session: Session, *, arrivals: Sequence[Arrival], now: datetime | None = None, span: timedelta | None = None
) -> list[Receipt]:
    """Store messages with a step `accept` for each new one; return a receipt for each, in their order.

    One statement, and more only when an event id came again. A repeat changes nothing. `now` None: the
    database's business time, read by the statement itself. `span`: the time that `accept` has, from a caller
    that keeps it; else it is read.
    """
    if not arrivals:
        return []
    rows = [_row(arrival) for arrival in arrivals]
    stored = _insert(session, rows, now, accept_span(session) if span is None else span)
    again = [row for row in rows if row["id"] not in stored]
    known = _known(session, again) if again else {}
    reused = [_beside(row) for row in again if known[row["channel"], row["event"]][1] != row["sha"]]
    apart = _quarantine(session, reused, now or db.now(session)) if reused else {}
    return [_receipt(row, stored, known, apart) for row in rows]


def receive_new(session: Session, *, arrivals: Sequence[Arrival], span: timedelta) -> list[Receipt | None]:
    """Store those whose event id is new, with their steps, in one statement that is whole by itself.

    None for each other one: `receive_all` says what it is. So a caller may let the statement commit itself.
    """
    rows = [_row(arrival) for arrival in arrivals]
    stored = _insert(session, rows, None, span)
    return [Receipt(row["id"], STORED) if row["id"] in stored else None for row in rows]


def accept_span(session: Session) -> timedelta:
    """How long `accept` may take: by a wall clock, so the same at any hour."""
    now = db.now(session)
    return due.due_times(session, {"accept"}, now=now)["accept"] - now


def _row(arrival: Arrival) -> dict[str, Any]:
    message, ring = arrival.message, crypto.ring()
    sha = hashlib.sha256(message.body).digest()
    event = message.event_id or f"sha256:{sha.hex()}"
    # PostgreSQL's text holds no NUL.
    event = event.replace("\x00", "")
    if len(event.encode()) > EVENT_ID_MAX:
        event = f"sha256:{hashlib.sha256(event.encode()).hexdigest()}"
    return {
        "id": db.new_id(),
        "channel": arrival.channel_id,
        "event": event,
        "way": message.way,
        "sha": sha,
        "body": ring.encrypt(message.body),
        "size": len(message.body),
        "by": message.received_by,
        "headers": ring.encrypt(json.dumps(dict(message.headers), ensure_ascii=False, separators=(",", ":")).encode()),
    }


def _insert(session: Session, rows: Sequence[dict[str, Any]], now: datetime | None, span: timedelta) -> set[uuid.UUID]:
    kind = flow.FLOW["accept"]
    extra = {"step": db.new_ids(len(rows)), "performer": kind.performer, "now": now, "span": span}
    stored = set(session.execute(_RECEIVE, _columns(rows) | extra).scalars())
    if stored and kind.queue:
        db.ring_after(session, {kind.queue})
    return stored


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _known(session: Session, rows: Sequence[dict[str, Any]]) -> dict[tuple[uuid.UUID, str], tuple[uuid.UUID, bytes]]:
    params = {"channel": [row["channel"] for row in rows], "event": [row["event"] for row in rows]}
    found = session.execute(text(_KNOWN), params)
    return {(row.channel_id, row.event_id): (row.id, bytes(row.body_sha256)) for row in found}


def _beside(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"event": f"{row['event']}#{row['sha'].hex()[:16]}"}


def _quarantine(session: Session, rows: Sequence[dict[str, Any]], now: datetime) -> dict[uuid.UUID, uuid.UUID]:
    """Store `rows` apart; return the message that stands for each, also when this one came before."""
    if not rows:
        return {}
    new = session.execute(text(_QUARANTINE), _columns(rows) | {"now": now, "reason": EVENT_ID_REUSED}).scalars().all()
    born = "quarantined"
    notes = [lifecycle.Note("inbound_message", i, f"status.{born}", EVENT_ID_REUSED, became=born) for i in new]
    lifecycle.note(session, notes, actor="system", now=now)
    known = _known(session, rows)
    return {row["id"]: known[row["channel"], row["event"]][0] for row in rows}


def _receipt(
    row: dict[str, Any],
    stored: set[uuid.UUID],
    known: Mapping[tuple[uuid.UUID, str], tuple[uuid.UUID, bytes]],
    apart: Mapping[uuid.UUID, uuid.UUID],
) -> Receipt:
    if row["id"] in stored:
        return Receipt(row["id"], STORED)
    if row["id"] in apart:
        return Receipt(apart[row["id"]], QUARANTINED)
    return Receipt(known[row["channel"], row["event"]][0], DUPLICATE)


_NEW = """
    SELECT * FROM unnest(
        CAST(:id AS uuid[]), CAST(:channel AS uuid[]), CAST(:event AS text[]), CAST(:way AS text[]),
        CAST(:sha AS bytea[]), CAST(:body AS bytea[]), CAST(:headers AS bytea[]), CAST(:size AS int[]),
        CAST(:by AS text[]){more}
    ) AS n(id, channel, event, way, sha, body, headers, size, by{names})
"""

_MESSAGE = """
    INSERT INTO inbound_message (id, channel_id, event_id, way, body_sha256, body, headers, size, status, reason,
                                 received_at, received_by)
    SELECT n.id, n.channel, n.event, n.way, n.sha, n.body, n.headers, n.size, {status}, {now}, n.by FROM n
    ORDER BY n.channel, n.event, n.id
    ON CONFLICT (channel_id, event_id) DO NOTHING
"""

# Ordered by what is unique, so that two processes that store the same events never wait for each other in a ring.
_RECEIVE = text(f"""
    WITH n AS MATERIALIZED ({_NEW.format(more=", CAST(:step AS uuid[])", names=", step")}),
    t AS MATERIALIZED (
        SELECT coalesce(CAST(:now AS timestamptz), clock_timestamp() + make_interval(secs => coalesce(
                   (SELECT offset_s FROM business_clock WHERE id = 1), 0))) AS now),
    kept AS ({_MESSAGE.format(status="'received', NULL", now="(SELECT now FROM t)")} RETURNING id),
    opened AS (
        INSERT INTO step (id, kind, key, subject_type, subject_id, round, performer, state, attempt, run_after,
                          opened_at, due_at, first_due_at, escalation, token)
        SELECT n.step, 'accept', n.id || '\\:0', 'inbound_message', n.id, 0, :performer, 'open', 0, clock_timestamp(),
               t.now, t.now + CAST(:span AS interval), t.now + CAST(:span AS interval), 0, 0
        FROM n JOIN kept ON kept.id = n.id CROSS JOIN t)
    SELECT id FROM kept
""")

_KNOWN = """
    SELECT m.channel_id, m.event_id, m.id, m.body_sha256
    FROM inbound_message m
    JOIN unnest(CAST(:channel AS uuid[]), CAST(:event AS text[])) AS n(channel, event)
      ON n.channel = m.channel_id AND n.event = m.event_id
"""

_QUARANTINE = f"""
    WITH n AS MATERIALIZED ({_NEW.format(more="", names="")})
    {_MESSAGE.format(status="'quarantined', :reason", now=":now")} RETURNING id
"""
