"""Steps `fold_kpi` and `compute_kpi`: fold what changed, each minute; close the months that are frozen (K-5, K-7)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from oms.journey.steps import Claimed, Done, NewStep
from oms.kpi import fold, monthly
from workers.handlers import Inside

#: One transaction folds for about so many seconds; what is left is that of a step that follows at once. Were it as long as the
#: backlog, a worker that is lost would lose all of it, and the next one would begin anew.
FOLD_S = 2.0
_DUE_WITHIN = timedelta(minutes=5)
#: A month that is being counted whole is looked at again after so long, to be closed.
_LOOK_AGAIN = timedelta(seconds=30)


def compute_kpi(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    monthly.compute_months(session, now=now)
    later = now + _LOOK_AGAIN if monthly.is_counting(session) else None
    return [Done(step, "computed", _rest_of(step, now, later) if later else ()) for step in claimed]


def fold_kpi(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    if not fold.is_free(session, now=now):
        return [Done(step, "folded") for step in claimed]
    ends, more = time.monotonic() + FOLD_S, True
    while more and time.monotonic() < ends:
        more = fold.fold(session, now=now) > 0
    fold.fold_unread(session, now=now)
    return [Done(step, "folded", _rest_of(step, now) if more else ()) for step in claimed]


def _rest_of(step: Claimed, now: datetime, run_after: datetime | None = None) -> tuple[NewStep, ...]:
    new = NewStep(step.kind, step.subject_id, subject_type=step.subject_type, key=str(step.id))
    return (new._replace(due_at=now + _DUE_WITHIN, run_after=run_after),)


FOLD_KPI = Inside(fold_kpi)
COMPUTE_KPI = Inside(compute_kpi)
