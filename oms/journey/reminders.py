"""Clocks near their end remind the owner; past it, owner and manager, then up the ladder (X-2, G-9).

A reminder is a history entry and a higher `escalation` on the step, which worklists show first;
nothing is sent twice, since the same statement that notes it moves `remind_at` on.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.journey import lifecycle

#: escalation -> who is told: 1 the owner (due soon), 2 owner and manager (overdue), 3 the general manager.
LADDER = {1: "owner", 2: "order_manager", 3: "general_manager"}

_DUE = text("""
    UPDATE step SET escalation = least(escalation + 1, 3),
        remind_at = CASE WHEN escalation = 0 THEN greatest(due_at, :now + interval '1 minute')
                         WHEN escalation = 1 THEN :now + interval '4 hours' END
    WHERE id IN (SELECT id FROM step WHERE remind_at <= :now AND state IN ('open', 'claimed')
                 ORDER BY remind_at FOR UPDATE SKIP LOCKED LIMIT 200)
    RETURNING id, kind, order_id, escalation, due_at
""")


def send_due(session: Session, *, now: datetime) -> int:
    """Escalate the steps whose reminder is due; return how many."""
    rows = session.execute(_DUE, {"now": now}).all()
    notes = [
        lifecycle.Note(
            "step",
            row.id,
            "step.overdue" if row.due_at <= now else "step.due_soon",
            row.kind,
            order_id=row.order_id,
            became=LADDER[row.escalation],
        )
        for row in rows
    ]
    lifecycle.note(session, notes, actor="system", now=now)
    return len(rows)
