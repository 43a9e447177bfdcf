"""A held order is decided upon; when it is refused for good, what was paid goes back, and of too much a person is asked (V-5)."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.aftersales import questions, refunds
from oms.aftersales.refunds import NewRefund
from oms.journey import steps
from oms.journey.models import Step
from oms.orders.models import Order
from oms.verification import decisions
from oms.verification.decisions import Decision


def decide(
    session: Session,
    *,
    step_id: uuid.UUID,
    token: int,
    decision: Decision,
    actor: str,
    roles: Collection[str],
    now: datetime,
) -> str:
    """End a review (see `decisions.decide`) and return its outcome; a refused order's payment becomes a refund.

    But for one that its shop has sent by itself: its goods and its payment are where they belong.
    """
    order_id = session.execute(select(Step.subject_id).where(Step.id == step_id)).scalar_one_or_none()
    was = _payment_of(session, order_id)
    is_there = order_id is not None and decisions.is_sent_already(session, order_id=order_id)
    outcome = decisions.decide(
        session, step_id=step_id, token=token, decision=decision, actor=actor, roles=roles, now=now
    )
    if outcome == "rejected" and order_id is not None and not is_there:
        back = NewRefund(f"rejection:{order_id}", order_id, None, "rejected")
        steps.open_steps(session, refunds.request(session, new=[back], actor=actor, now=now), now=now)
    if outcome == "amended" and order_id is not None and was != "overpaid":
        questions.ask_of_surplus(session, order_ids=[order_id], now=now)
    return outcome


def _payment_of(session: Session, order_id: uuid.UUID | None) -> str | None:
    return session.execute(select(Order.payment_status).where(Order.id == order_id)).scalar_one_or_none()
