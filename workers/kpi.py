"""Step `compute_kpi`: count the open months again and close those that are frozen (K-7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.journey.steps import Claimed, Done
from oms.kpi import monthly
from workers.handlers import Inside


def compute_kpi(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    monthly.compute_months(session, now=now)
    return [Done(step, "computed") for step in claimed]


COMPUTE_KPI = Inside(compute_kpi)
