"""Step `close`: an order of which nothing is to come any more is closed, and the customer asked how we served (S-5, F-10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from oms.journey import lifecycle
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox, survey_link
from oms.messages.outbox import Notice
from oms.orders import locking
from oms.orders.contacts import Contact, contacts, notice
from oms.orders.models import Order
from oms.rows import among

_NOT_DELIVERED = text("""
    SELECT order_id FROM parcel
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND undelivered_at IS NOT NULL AND delivered_at IS NULL
""")


def close(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Close fulfilled orders; tell the customer that the order is complete and open the survey, if all arrived. A repeat tells nothing."""
    ids = [step.subject_id for step in steps]
    locking.touch(session, order_ids=ids)
    moved = lifecycle.advance(session, Order, ids, to="closed", cause="complete", actor="system", now=now, lenient=True)
    session.execute(update(Order).where(among(Order.id, moved)).values(closed_at=now))
    # Whose parcel never came hears of it from after-sales, and is not asked how well we served.
    gone = set(session.execute(_NOT_DELIVERED, {"orders": moved}).scalars()) if moved else set()
    arrived = [order_id for order_id in moved if order_id not in gone]
    people = contacts(session, order_ids=arrived)
    told: dict[object, list[NewStep]] = {}
    for step in outbox.put(session, notices=[_notice(person) for person in people.values()], now=now):
        told.setdefault(step.order_id, []).append(step)
    asked = set(arrived)
    return [
        Done(step, "closed", (*told.get(step.subject_id, ()), NewStep("rate_service", step.subject_id, order_id=step.order_id)))
        if step.subject_id in asked
        else Done(step, "closed")
        for step in steps
    ]  # fmt: skip


def _notice(person: Contact) -> Notice:
    path = survey_link.path_of(person.order_id)
    return notice(person, key=f"closed:{person.order_id}", template="closed", path=path)
