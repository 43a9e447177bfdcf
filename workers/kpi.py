"""Steps `fold_kpi` and `compute_kpi`: fold what changed, each minute; close the months that are frozen (K-5, K-7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.journey.steps import Claimed, Done
from oms.kpi import fold, monthly
from workers.handlers import Inside


def compute_kpi(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    monthly.compute_months(session, now=now)
    return [Done(step, "computed") for step in claimed]


#: One transaction folds at most so many touched rows; what is left is the next minute's, or the next round's.
ROUNDS = 20


def fold_kpi(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    for _ in range(ROUNDS):
        if fold.fold(session, now=now) == 0:
            break
    fold.fold_unread(session, now=now)
    return [Done(step, "folded") for step in claimed]


FOLD_KPI = Inside(fold_kpi)
COMPUTE_KPI = Inside(compute_kpi)
