"""How a step that failed is put back: one that the database's own trouble stopped is never parked for it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from oms import db
from oms.journey import steps
from oms.journey.step_values import MOST_ATTEMPTS
from oms.journey.steps import Claimed

#: While the database itself is in trouble the delay grows up to this attempt's, 16 s.
SLOWEST_ATTEMPT = 3


def put_back(session: Session, step: Claimed, error: Exception) -> str:
    """`steps.retry` with what was raised; return the step's new state.

    A full disk is not the step's fault: it is tried until there is room, for about a day, and nobody has to wake it.
    """
    patient = db.server_in_trouble(error) and step.attempt < MOST_ATTEMPTS
    after_s = steps.delay_s(min(step.attempt, SLOWEST_ATTEMPT)) if patient else None
    return steps.retry(session, step, error=f"{type(error).__name__}: {error}", after_s=after_s)
