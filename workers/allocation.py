"""Steps `allocate` and `wake`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.journey.steps import Claimed, Done
from oms.supply import backorders, receipts
from workers.handlers import Inside, Onward


def allocate(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return backorders.allocate(session, steps=claimed, now=now)


def reserve(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return backorders.reserve(session, steps=claimed, now=now)


def derive(session: Session, claimed: Sequence[Claimed], now: datetime) -> None:
    backorders.derive(session, steps=claimed)


def wake(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    return receipts.wake_orders(session, steps=claimed, now=now)


ALLOCATE = Inside(allocate, Onward(reserve, derive))
WAKE = Inside(wake)
