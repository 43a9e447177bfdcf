"""A month counted whole from its facts: what stands when it is closed, and what was never counted (K-7).

Each order of the month is due for a recount. Of a few hundred that is done at once; more are left to the fold, which takes them
in portions as it takes all others: counted in one transaction, a month of hundreds of thousands of orders would keep every other
figure from being folded for minutes, and be begun anew whenever its worker is lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.kpi import fold
from oms.kpi.facts import period_of
from oms.kpi.models import KpiRecount

#: A month's lines come from facts of it and of its neighbours: promises made, answers given.
_MARGIN = timedelta(days=1)

_UNITS_OF_MONTH = """
    SELECT coalesce(s.order_id, s.subject_id) AS id FROM step s
    WHERE s.due_at >= :start AND s.due_at < :end
       OR s.first_due_at >= :start AND s.first_due_at < :end AND s.kind IN ('collect', 'deliver')
       OR s.finished_at >= :start AND s.finished_at < :end
       OR s.opened_at >= :start AND s.opened_at < :end
       OR s.state = 'paused' AND s.due_at < :end
    UNION SELECT id FROM orders WHERE received_at >= :start AND received_at < :end
    UNION SELECT unit_id FROM kpi_line WHERE month = :month
"""
_DUE_NOW = text(f"""
    INSERT INTO kpi_recount (unit_id, at) SELECT unit.id, :now FROM ({_UNITS_OF_MONTH}) unit
    WHERE :anew OR NOT EXISTS (SELECT 1 FROM kpi_line l WHERE l.unit_id = unit.id)
    ON CONFLICT (unit_id) DO UPDATE SET at = least(kpi_recount.at, excluded.at)
""")


def count(session: Session, *, month: Month, now: datetime, anew: bool = True) -> bool:
    """Count every order of the month from its facts, or (`anew` false) those that no figure knows yet.

    Return whether that is done. When it is not, the orders are due for the fold: ask `is_counted` with the same `now` later.
    """
    fold.hold(session, now=now)
    period = period_of(session, month=month, now=now)
    params = {"start": period.start - _MARGIN, "end": period.end + _MARGIN, "month": str(month)}
    session.execute(_DUE_NOW, {**params, "now": now, "anew": anew})
    due = select(KpiRecount.unit_id).where(KpiRecount.at <= now).order_by(KpiRecount.at).limit(fold.BATCH + 1)
    units = session.scalars(due).all()
    if len(units) > fold.BATCH:
        return False
    fold.fold_units(session, units=units, now=now)
    return True


def is_counted(session: Session, *, since: datetime) -> bool:
    """Whether all that was due for a recount by then has been counted since."""
    return session.execute(select(KpiRecount.unit_id).where(KpiRecount.at <= since).limit(1)).first() is None
