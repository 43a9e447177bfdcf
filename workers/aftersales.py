"""Step `apply_change`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.aftersales import changes
from oms.journey.steps import Claimed, Done
from workers import tellings
from workers.handlers import Inside


def apply_change(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return changes.apply(session, steps=claimed, now=now, first=tellings.first)


APPLY_CHANGE = Inside(apply_change)
