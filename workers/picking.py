"""Steps `release`, `wave` and `short_pick`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.fulfilment import release as releases
from oms.fulfilment import shorts, waves
from oms.journey.steps import Claimed, Done
from workers.handlers import Inside


def release(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return releases.release(session, steps=claimed, now=now)


def plan_waves(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return waves.plan(session, steps=claimed, now=now)


def settle_shorts(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return shorts.source_again(session, steps=claimed, now=now)


SHORT_PICK = Inside(settle_shorts)
RELEASE = Inside(release)
WAVE = Inside(plan_waves)
