"""Step `tell_channel`: the channel hears of a parcel once, under an idempotency key (F-6)."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from connectors import registry
from connectors.base import ConnectorError, ToldChannel
from oms.journey import steps
from oms.journey.steps import Claimed, Done
from oms.settings import Settings
from oms.shipping import notices
from oms.shipping.notices import ChannelNotice
from workers.handlers import Later, Outside

#: So long a notice waits before it looks again whether the one before it was told.
EARLIER_FIRST_S = 10.0


def _prepare(session: Session, step: Claimed, now: datetime, settings: Settings) -> ChannelNotice | Done | Later:
    if notices.earlier_is_untold(session, step=step):
        return Later("what came before is told first", EARLIER_FIRST_S)
    found = notices.prepare_channel(session, step=step)
    if isinstance(found, Done):
        return found
    if not found.channel.base_url or not isinstance(registry.channel_for(found.channel), ToldChannel):
        return Done(step, "not_told", error="this channel can't be told")
    return found


def _call(wanted: ChannelNotice) -> bool:
    channel = cast("ToldChannel", registry.channel_for(wanted.channel))
    channel.tell_shipped(wanted.notice, idempotency_key=wanted.key)
    return True


def _record(session: Session, step: Claimed, wanted: ChannelNotice, answer: bool, now: datetime) -> Done:
    steps.hasten(session, step_ids=notices.later_ones(session, step=step))
    return Done(step, "told")


def _refused(session: Session, step: Claimed, wanted: ChannelNotice, error: ConnectorError, now: datetime) -> Done:
    steps.hasten(session, step_ids=notices.later_ones(session, step=step))
    return Done(step, "failed", error=str(error))


TELL_CHANNEL = Outside(_prepare, _call, _record, refused=_refused)
