"""What customers did not answer in time goes back to the specialist, who calls them (X-11)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import lifecycle, step_sql
from oms.journey import steps as journey
from oms.journey.steps import Done
from oms.orders import locking
from oms.orders.models import Order
from oms.verification import holding

#: Kind of step -> (the finding it leaves, what else ends with it).
_ENDS: Mapping[str, tuple[str, str]] = {"sign": ("signature_expired", "pay"), "pay": ("payment_expired", "sign")}

_OVERDUE = text(f"""
    SELECT subject_id FROM step
    WHERE kind = :kind AND {step_sql.RUNNING} AND due_at < :now ORDER BY due_at LIMIT 200
""")


def expire_due(session: Session, *, now: datetime) -> int:
    """End the steps `sign` and `pay` that ran out; return how many. A second run finds nothing."""
    return sum(_expire(session, kind, now) for kind in _ENDS)


def _expire(session: Session, kind: str, now: datetime) -> int:
    order_ids: list[uuid.UUID] = list(session.execute(_OVERDUE, {"kind": kind, "now": now}).scalars())
    if not order_ids:
        return 0
    locking.touch(session, order_ids=order_ids)
    found = journey.find(session, kind=kind, subject_ids=order_ids)
    over = {o: step for o, step in found.items() if step.due_at < now}
    rule, other = _ENDS[kind]
    if kind == "sign":
        lifecycle.advance(
            session,
            Order,
            list(over),
            to="expired",
            axis="confirmation",
            cause="not signed in time",
            actor="system",
            now=now,
        )
    reviews = holding.back_to_review(session, found=dict.fromkeys(over, rule), by="system", now=now, cancels=[other])
    done = [Done(step, "expired", (reviews[o],)) for o, step in over.items()]
    journey.finish(session, done, by="system", now=now)
    return len(done)
