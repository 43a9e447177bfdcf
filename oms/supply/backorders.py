"""What is short raises a supply request (A-3); a receipt wakes the oldest backorders."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.inventory import reservations
from oms.inventory.reservations import Allocation
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox
from oms.orders import derived, locking
from oms.orders.contacts import contacts, notice
from oms.orders.states import IN_EFFECT
from oms.supply import requests

NOT_IN_EFFECT = "the order is not in effect"
TWICE = "allocated in a later round at the same time"

_PARTIAL = text("""
    SELECT o.id FROM orders o JOIN channel c ON c.id = o.channel_id
    WHERE o.id = ANY(CAST(:ids AS uuid[])) AND (c.settings ->> 'partial_shipment') = 'true'
""")


def allocate(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Step `allocate`: reserve, raise supply for what is short, tell the customer.

    A short order waits whole, unless its channel agreed to partial shipment (F-7).
    """
    done = reserve(session, steps=steps, now=now)
    derive(session, steps=steps)
    return done


def derive(session: Session, *, steps: Sequence[Claimed]) -> None:
    """Store the states that follow from what was reserved."""
    derived.refresh(session, order_ids=[step.subject_id for step in steps])


def reserve(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """As `allocate`, but for the derived state: a release in the same transaction writes that with the order's status.

    An order that is not in effect gets nothing, whoever asked for it (F-1).
    """
    stands = locking.touch(session, order_ids=[s.subject_id for s in steps])
    live = [s for s in steps if s.subject_id in stands and stands[s.subject_id][1] in IN_EFFECT]
    gone = [Done(s, "superseded", error=NOT_IN_EFFECT) for s in steps if s not in live]
    # A short and goods that come may both have it allocated again: the last round does it for all.
    last = {s.subject_id: s for s in sorted(live, key=lambda step: step.round)}
    twice = [Done(s, "superseded", error=TWICE) for s in live if s is not last[s.subject_id]]
    return [*_reserve(session, [s for s in live if s is last[s.subject_id]], now), *gone, *twice]


def _reserve(session: Session, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    found = reservations.reserve(session, order_ids=[s.subject_id for s in steps], actor="system", now=now)
    short = [a for a in found.values() if a.short]
    supply = requests.raise_for(session, short=short, rounds={s.subject_id: s.round for s in steps}, now=now)
    tell = _tell(session, short, now)
    partial = _partial(session, [a.order_id for a in short if a.promised])
    done = []
    for step in steps:
        allocation = found[step.subject_id]
        outcome = "allocated" if not allocation.short else "partly" if step.subject_id in partial else "short"
        opens = [*supply.pop(step.subject_id, []), *tell.get(step.subject_id, [])]
        if outcome != "short":
            opens.append(NewStep("release", step.subject_id, order_id=step.subject_id, round=step.round))
        done.append(Done(step, outcome, tuple(opens)))
    return done


def _partial(session: Session, order_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    return set(session.execute(_PARTIAL, {"ids": list(order_ids)}).scalars()) if order_ids else set()


def _tell(session: Session, short: Sequence[Allocation], now: datetime) -> dict[uuid.UUID, list[NewStep]]:
    people = contacts(session, order_ids=[a.order_id for a in short]) if short else {}
    notices = [notice(c, key=f"backordered:{c.order_id}", template="backordered") for c in people.values()]
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for step in outbox.put(session, notices=notices, now=now):
        if step.order_id is not None:
            opens.setdefault(step.order_id, []).append(step)
    return opens
