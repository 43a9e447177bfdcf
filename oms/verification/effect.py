"""An order takes effect (C-2): status `confirmed`, and the promise's steps with `allocate` open."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.journey import lifecycle
from oms.journey import steps as journey
from oms.journey.steps import NewStep
from oms.messages import outbox
from oms.messages.outbox import Notice
from oms.orders.contacts import contacts
from oms.orders.models import Order
from oms.rows import among
from oms.verification import facts, promise

_PROMISE = text("""
    UPDATE orders SET
        promised_ship_at = p.ship_at, promised_deliver_at = p.deliver_at,
        first_promised_ship_at = CASE WHEN p.by_customer THEN greatest(first_promised_ship_at, p.ship_at)
                                 ELSE coalesce(first_promised_ship_at, p.ship_at) END,
        first_promised_deliver_at = CASE WHEN p.by_customer THEN greatest(first_promised_deliver_at, p.deliver_at)
                                    ELSE coalesce(first_promised_deliver_at, p.deliver_at) END,
        confirmed_at = CASE WHEN p.in_effect THEN coalesce(confirmed_at, :now) ELSE confirmed_at END,
        total = coalesce(orders.total, p.total), lines_total = coalesce(orders.lines_total, p.lines_total)
    FROM (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:ship AS timestamptz[]), CAST(:deliver AS timestamptz[]),
                               CAST(:total AS numeric[]), CAST(:lines_total AS numeric[]), CAST(:by_customer AS bool[]),
                               CAST(:in_effect AS bool[]))
          AS p(id, ship_at, deliver_at, total, lines_total, by_customer, in_effect)) p
    WHERE orders.id = p.id
""")


@dataclass(frozen=True, slots=True)
class Promised:
    """What an order is promised, and its round; `total` and `lines_total` fill in what the sender left out."""

    round: int
    ship_at: datetime
    deliver_at: datetime
    total: object = None
    lines_total: object = None


def give_promise(
    session: Session,
    *,
    promises: Mapping[uuid.UUID, Promised],
    in_effect: Collection[uuid.UUID],
    now: datetime,
    by_customer: bool = False,
) -> None:
    """Write the promise of (locked) orders, and when they took effect. The first one stays, but for a date that the customer moved (K-2)."""
    rows = list(promises.values())
    session.execute(
        _PROMISE,
        {
            "ids": list(promises),
            "ship": [row.ship_at for row in rows],
            "deliver": [row.deliver_at for row in rows],
            "total": [row.total for row in rows],
            "lines_total": [row.lines_total for row in rows],
            "by_customer": [by_customer] * len(rows),
            "in_effect": [order_id in in_effect for order_id in promises],
            "now": now,
        },
    )


def take_effect(
    session: Session, *, promises: Mapping[uuid.UUID, Promised], cause: str, actor: str, now: datetime
) -> dict[uuid.UUID, list[NewStep]]:
    """Put (locked) orders in effect; return the steps to open: `allocate`, and `collect` and `deliver` at the promise.

    A promise that an earlier round opened goes on with a new due time, and `first_due_at` keeps the first.
    """
    order_ids = list(promises)
    lifecycle.advance(session, Order, order_ids, to="confirmed", cause=cause, actor=actor, now=now)
    again = [order_id for order_id, row in promises.items() if row.round > 0]
    stands = {
        kind: _move(session, kind, again, {o: getattr(promises[o], column) for o in again})
        for kind, column in (("collect", "ship_at"), ("deliver", "deliver_at"))
    }
    return {order_id: _opens(order_id, row, stands) for order_id, row in promises.items()}


def _move(
    session: Session, kind: str, order_ids: Sequence[uuid.UUID], dues: Mapping[uuid.UUID, datetime]
) -> set[uuid.UUID]:
    if not order_ids:
        return set()
    found = set(journey.find(session, kind=kind, subject_ids=order_ids))
    journey.move_due(session, kind=kind, due={o: dues[o] for o in found})
    return found


def _opens(order_id: uuid.UUID, row: Promised, stands: Mapping[str, set[uuid.UUID]]) -> list[NewStep]:
    def step(kind: str, due_at: datetime | None = None) -> NewStep:
        return NewStep(kind, order_id, order_id=order_id, round=row.round, due_at=due_at)

    dues = {"collect": row.ship_at, "deliver": row.deliver_at}
    return [step("allocate"), *(step(kind, at) for kind, at in dues.items() if order_id not in stands[kind])]


def after_customer(
    session: Session, *, order_ids: Sequence[uuid.UUID], cause: str, actor: str, now: datetime
) -> dict[uuid.UUID, list[NewStep]]:
    """Put (locked) orders in effect that waited for the customer: the dates count from now, and the customer is told.

    A date that is later than the confirmed one is the customer's own waiting, so it becomes the first promise.
    """
    if not order_ids:
        return {}
    known = facts.load(session, order_ids=order_ids, now=now)
    dates = promise.feasible_dates(session, orders=[known[o] for o in order_ids], now=now)
    told = session.execute(
        select(Order.id, Order.promised_ship_at, Order.promised_deliver_at).where(among(Order.id, order_ids))
    )
    promises = {
        row.id: Promised(
            known[row.id].round,
            max(dates[row.id].ship_at, row.promised_ship_at or dates[row.id].ship_at),
            max(dates[row.id].deliver_at, row.promised_deliver_at or dates[row.id].deliver_at),
        )
        for row in told
    }
    give_promise(session, promises=promises, in_effect=promises, now=now, by_customer=True)
    opens = take_effect(session, promises=promises, cause=cause, actor=actor, now=now)
    for step in _tell(session, promises, now):
        if step.order_id is not None:
            opens[step.order_id].append(step)
    return opens


def _tell(session: Session, promises: Mapping[uuid.UUID, Promised], now: datetime) -> list[NewStep]:
    notices = [
        Notice(
            f"in_effect:{c.order_id}:{promises[c.order_id].round}",
            "progress",
            c.order_id,
            c.email,
            c.language,
            {
                "number": c.number,
                "channel_order_number": c.channel_order_number,
                "name": c.name,
                "event": "in_effect",
                "deliver_at": promises[c.order_id].deliver_at.isoformat(),
            },
        )
        for c in contacts(session, order_ids=list(promises)).values()
    ]
    return outbox.put(session, notices=notices, now=now)
