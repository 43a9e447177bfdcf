"""Quarantined messages read again, once a person has mended what stood in their way (mapping, goods, settings)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from oms.intake.models import InboundMessage, InboundOrder
from oms.journey import lifecycle, steps
from oms.journey.models import Step
from oms.journey.steps import NewStep


def read_again(session: Session, *, message_ids: Sequence[uuid.UUID], actor: str, now: datetime) -> list[uuid.UUID]:
    """Open `accept` again, in a new round, for those that are quarantined; return them. A repeat changes nothing.

    What their elements became is forgotten, but for those that became orders.
    """
    taken = lifecycle.advance(
        session, InboundMessage, message_ids, to="received", cause="read again", actor=actor, now=now, lenient=True
    )
    if not taken:
        return []
    session.execute(delete(InboundOrder).where(InboundOrder.message_id.in_(taken), InboundOrder.order_id.is_(None)))
    last = func.max(Step.round).label("round")
    before = select(Step.subject_id, last).where(Step.kind == "accept", Step.subject_id.in_(taken))
    rounds = {row.subject_id: row.round for row in session.execute(before.group_by(Step.subject_id))}
    again = [NewStep("accept", message_id, round=rounds.get(message_id, -1) + 1) for message_id in taken]
    steps.open_steps(session, again, now=now)
    return taken
