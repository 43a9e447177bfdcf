"""Steps `accept`, `reread` and `poll`: translate with the channel's connector, then hand over to `oms.intake`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session, defer

from connectors import registry
from connectors.base import ChannelConfig, ConnectorError, PolledChannel, Received
from oms import db
from oms.intake import acceptance, claims, polling
from oms.intake.fates import Element, Translated, element
from oms.intake.models import InboundMessage
from oms.journey import calendar_store
from oms.journey.steps import Claimed, Done
from oms.memory import LARGE_BYTES
from oms.parties import channels
from oms.parties.channels import config_of
from oms.parties.models import Channel
from oms.rows import among
from oms.settings import Settings
from workers import replies
from workers.handlers import Inside, Outside


def read_message(message: InboundMessage, channel: Channel, body: bytes, *, zone: tzinfo) -> list[Element]:
    """What the channel's connector reads in the message's bytes, today as on the day that they came; `zone`: the organisation's."""
    received = Received(body=body, headers=message.headers, channel=channel.name)
    config = channels.config_for(channel, way=message.way, body=body, zone=zone)
    read = registry.read(config, received)
    trusted = channels.is_on(channel.settings, "trusts_payment")
    told = (claims.believed(order, shape, way=channel.way, trusted=trusted) for order, shape in read)
    return [element(order, shape, zone=channels.zone_in(config)) for order, shape in told]


def accept(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    """Translate and accept a batch of inbound messages."""
    zone = calendar_store.read(session, now).organisation.zone
    messages = messages_of(session, [step.subject_id for step in claimed])
    body = partial(body_of, session, {message.id: small for message, _channel, small in messages})
    translated = [
        Translated(
            message_id=message.id,
            channel=channel,
            received_at=message.received_at,
            received_by=message.received_by,
            elements=read_message(message, channel, body(message), zone=zone),
            all_or_nothing=message.headers.get("x-oms-rows", "all" if message.way == "upload" else "good") == "all",
            sender=message.headers.get("from") if message.way == "mail" else None,
            is_reading=message.way == "reread",
        )
        for message, channel, _small in messages
    ]
    found = acceptance.accept(session, messages=translated, now=now)
    mails = [m for m, _, _ in messages if m.way == "mail" and found[m.id].outcome == "quarantined"]
    replies.take(session, mails=mails, body=body, now=now)
    return [
        Done(step, found[step.subject_id].outcome, tuple(found[step.subject_id].opens))
        if step.subject_id in found
        else Done(step, "not_an_order", error="the message is gone")
        for step in claimed
    ]


def messages_of(session: Session, ids: Sequence[uuid.UUID]) -> list[tuple[InboundMessage, Channel, bytes | None]]:
    """Each message with its channel, and with its bytes where these are few."""
    small = case((InboundMessage.size < LARGE_BYTES, InboundMessage.body))
    statement = (
        select(InboundMessage, Channel, small)
        .options(defer(InboundMessage.body, raiseload=True))
        .join(Channel, Channel.id == InboundMessage.channel_id)
        .where(among(InboundMessage.id, ids))
        .order_by(InboundMessage.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def body_of(session: Session, small: Mapping[uuid.UUID, bytes | None], message: InboundMessage) -> bytes:
    """The message's bytes; large ones are read one by one, for a batch of mails of 25 MB has no room in a process."""
    known = small[message.id]
    if known is not None:
        return known
    db.carried(session, message.size)
    return session.execute(select(InboundMessage.body).where(InboundMessage.id == message.id)).scalar_one()


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to a channel; asking changes nothing there, so it is no effect."""

    config: ChannelConfig
    plan: Any
    key: str | None = None

    @property
    def peer(self) -> str:
        return f"channel:{self.config.name}"


def _polled(asking: Asking) -> PolledChannel:
    channel = registry.channel_for(asking.config)
    if not isinstance(channel, PolledChannel):
        raise ConnectorError(f"{asking.config.source} cannot be asked for orders", permanent=True)
    return channel


def _prepare_poll(session: Session, step: Claimed, now: datetime, settings: Settings) -> Asking | Done:
    window = polling.window(session, channel_id=step.subject_id, now=now)
    if window is None:
        return Done(step, "failed", error="the channel is gone")
    return Asking(config_of(window.channel), window)


def _call_poll(asking: Asking) -> list[Received]:
    return list(_polled(asking).poll(since=asking.plan.since, until=asking.plan.until))


def _record_poll(session: Session, step: Claimed, asking: Asking, answer: list[Received], now: datetime) -> Done:
    polling.record(session, window=asking.plan, received=answer, now=now)
    return Done(step, "polled")


def _poll_refused(session: Session, step: Claimed, asking: Asking, error: ConnectorError, now: datetime) -> Done:
    # The next minute asks again with the same start: nothing is lost by ending this one.
    return Done(step, "failed", error=str(error))


def _prepare_reread(session: Session, step: Claimed, now: datetime, settings: Settings) -> Asking | Done:
    question = polling.question(session, order_id=step.subject_id)
    return Asking(config_of(question.channel), question)


def _call_reread(asking: Asking) -> Received | None:
    return _polled(asking).read(asking.plan.channel_order_id)


def _record_reread(session: Session, step: Claimed, asking: Asking, answer: Received | None, now: datetime) -> Done:
    if answer is None:
        return Done(step, "gone", error="the channel does not know the order any more")
    polling.take_reading(session, question=asking.plan, step_id=step.id, reading=answer, now=now)
    return Done(step, "reread")


def _reread_refused(session: Session, step: Claimed, asking: Asking, error: ConnectorError, now: datetime) -> Done:
    return Done(step, "gone", error=str(error))


ACCEPT = Inside(accept)
POLL = Outside(_prepare_poll, _call_poll, _record_poll, refused=_poll_refused)
REREAD = Outside(_prepare_reread, _call_reread, _record_reread, refused=_reread_refused)
