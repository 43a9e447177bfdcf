"""Steps `verify`, `confirm` and `daily_sample`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.journey.steps import Claimed, Done
from oms.verification import confirmation, review, sampling
from workers.handlers import Inside


def verify(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return review.verify(session, steps=claimed, now=now)


def confirm(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return confirmation.confirm(session, steps=claimed, now=now)


def daily_sample(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return sampling.draw(session, steps=claimed, now=now)


VERIFY = Inside(verify)
CONFIRM = Inside(confirm)
DAILY_SAMPLE = Inside(daily_sample)
