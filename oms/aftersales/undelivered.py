"""A parcel that will never arrive: shipping says what became of it, after-sales decides what the customer gets (F-8, F-9)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from oms.aftersales import questions
from oms.shipping import cases
from oms.shipping.cases import Finding


def settle(
    session: Session, *, parcel_id: uuid.UUID, step_id: uuid.UUID, finding: Finding, actor: str, now: datetime
) -> None:
    """As `cases.settle`; where the parcel never arrives, a ticket asks customer service for the remedy."""
    parcel = cases.settle(session, parcel_id=parcel_id, step_id=step_id, finding=finding, actor=actor, now=now)
    if finding.undelivered_as:
        question = questions.undelivered(parcel.number, finding.words.strip())
        questions.ask(session, question, order_ids=[parcel.order_id], now=now)
