"""Steps `track` and `close`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from connectors import registry
from connectors.base import ConnectorError
from connectors.carriage import TrackingEvent
from oms.journey.steps import Claimed, Done
from oms.settings import Settings
from oms.shipping import closing, tracking
from oms.shipping.tracking import Asking
from workers.handlers import Inside, Outside


def _prepare(session: Session, step: Claimed, now: datetime, settings: Settings) -> Asking | Done:
    return tracking.prepare(session, step=step, now=now)


def _call(asking: Asking) -> list[TrackingEvent]:
    return registry.carrier_for(asking.carrier).track(asking.waybill_numbers)


def _record(session: Session, step: Claimed, asking: Asking, answer: list[TrackingEvent], now: datetime) -> Done:
    return tracking.record_poll(session, step=step, asking=asking, events=answer, now=now)


def _refused(session: Session, step: Claimed, asking: Asking, error: ConnectorError, now: datetime) -> Done:
    # The next minute asks again: nothing is lost by ending this one.
    return Done(step, "failed", error=str(error))


def close(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return closing.close(session, steps=claimed, now=now)


TRACK = Outside(_prepare, _call, _record, refused=_refused)
CLOSE = Inside(close)
