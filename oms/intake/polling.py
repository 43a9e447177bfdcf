"""Polls with an overlapping window find what webhooks missed; re-readings settle contradictions (channels.md)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from connectors.base import Received
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.journey import holds, policy
from oms.orders.models import Order
from oms.parties.models import Channel

#: A channel that was never polled is asked for its last day.
FIRST_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Ask `channel` for orders changed in [since, until]."""

    channel: Channel
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """Ask `channel` how this order stands now."""

    channel: Channel
    order_id: uuid.UUID
    channel_order_id: str


def window(session: Session, *, channel_id: uuid.UUID, now: datetime) -> Window | None:
    """The next window of a channel: from its last end, less the overlap; None when the channel is gone."""
    channel = session.get(Channel, channel_id)
    if channel is None or not channel.active:
        return None
    overlap = timedelta(seconds=policy.read(session, now).whole("poll.overlap"))
    start = channel.polled_until or now - FIRST_WINDOW
    return Window(channel, start - overlap, now)


def record(session: Session, *, window: Window, received: Sequence[Received], now: datetime) -> int:
    """Store what the poll brought and move the window on; return how many messages were new. Repeats change nothing."""
    new = [message_of(r, way="poll", by="poll") for r in received]
    receipts = inbox.receive(session, channel_id=window.channel.id, received=new, now=now)
    session.execute(update(Channel).where(Channel.id == window.channel.id).values(polled_until=window.until))
    return sum(1 for receipt in receipts if receipt.outcome == inbox.STORED)


def message_of(received: Received, *, way: str, by: str, event_id: str | None = None) -> NewMessage:
    """A polled or uploaded message; its id is the hash of its bytes where the sender gives none."""
    event = event_id or f"sha256:{hashlib.sha256(received.body).hexdigest()}"
    return NewMessage(event_id=event, way=way, body=received.body, headers=dict(received.headers), received_by=by)


def question(session: Session, *, order_id: uuid.UUID) -> Question:
    """What to ask about an order whose channel contradicted itself."""
    statement = select(Order.channel_order_id, Channel).join(Channel, Channel.id == Order.channel_id)
    row = session.execute(statement.where(Order.id == order_id)).one()
    return Question(row[1], order_id, row[0])


def take_reading(session: Session, *, question: Question, step_id: uuid.UUID, reading: Received, now: datetime) -> None:
    """Let the channel's present word win: its reading goes through the inbox, and the conflict's hold ends.

    The order's version is forgotten first, so that the reading counts as newer whatever version it carries.
    """
    session.execute(
        update(Order).where(Order.id == question.order_id).values(version=None, row_version=Order.row_version + 1)
    )
    new = [message_of(reading, way="reread", by="poll", event_id=f"reread:{step_id}")]
    inbox.receive(session, channel_id=question.channel.id, received=new, now=now)
    holds.release_all(
        session,
        order_ids=[question.order_id],
        by="system",
        now=now,
        why="read again at the channel",
        reasons=["version_conflict"],
    )
