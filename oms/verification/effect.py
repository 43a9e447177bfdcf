"""An order takes effect (C-2): status `confirmed`, and the promise's steps with `allocate` open."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.journey import lifecycle
from oms.journey import steps as journey
from oms.journey.lifecycle import Beside, Each, First
from oms.journey.steps import NewStep
from oms.messages import outbox
from oms.orders.contacts import contacts, notice
from oms.orders.models import Order
from oms.rows import among
from oms.verification import facts, promise

_PROMISE = text("""
    UPDATE orders SET
        promised_ship_at = p.ship_at, promised_deliver_at = p.deliver_at,
        first_promised_ship_at = CASE WHEN :by_customer THEN greatest(first_promised_ship_at, p.ship_at)
                                 ELSE coalesce(first_promised_ship_at, p.ship_at) END,
        first_promised_deliver_at = CASE WHEN :by_customer THEN greatest(first_promised_deliver_at, p.deliver_at)
                                    ELSE coalesce(first_promised_deliver_at, p.deliver_at) END,
        total = coalesce(orders.total, p.total), lines_total = coalesce(orders.lines_total, p.lines_total)
    FROM (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:ship AS timestamptz[]), CAST(:deliver AS timestamptz[]),
                               CAST(:total AS numeric[]), CAST(:lines_total AS numeric[]))
          AS p(id, ship_at, deliver_at, total, lines_total)) p
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


def give_promise(session: Session, *, promises: Mapping[uuid.UUID, Promised], by_customer: bool = False) -> None:
    """Write the promise of (locked) orders. The first one stays, but for a date that the customer moved (K-2)."""
    if not promises:
        return
    rows = list(promises.values())
    session.execute(
        _PROMISE,
        {
            "ids": list(promises),
            "ship": [row.ship_at for row in rows],
            "deliver": [row.deliver_at for row in rows],
            "total": [row.total for row in rows],
            "lines_total": [row.lines_total for row in rows],
            "by_customer": by_customer,
        },
    )


def take_effect(
    session: Session,
    *,
    promises: Mapping[uuid.UUID, Promised],
    cause: str,
    actor: str,
    now: datetime,
    beside: Beside,
) -> dict[uuid.UUID, list[NewStep]]:
    """Put (locked) orders in effect with their promise; return the steps to open: `allocate`, and `collect` and
    `deliver` at the promise. `beside` is how their axis `confirmation` moves.

    In an order's first round both axes and the promise are one write. Later the order may be in effect already, and
    its promise moves all the same.
    """
    first = {order_id: row for order_id, row in promises.items() if row.round == 0}
    later = {order_id: row for order_id, row in promises.items() if row.round > 0}
    common: dict[str, Any] = {"cause": cause, "actor": actor, "now": now}
    moved = set(_confirm(session, list(first), **common, also=_columns(first) if first else None, beside=beside))
    lifecycle.advance(
        session, Order, [o for o in promises if o not in moved], to=beside.to, axis=beside.axis, cause=beside.cause,
        actor=actor, now=now, lenient=True,
    )  # fmt: skip
    give_promise(session, promises=later)
    _confirm(session, list(later), **common)
    return _promise_steps(session, promises)


def _confirm(session: Session, order_ids: Sequence[uuid.UUID], **told: Any) -> list[uuid.UUID]:
    return lifecycle.advance(session, Order, order_ids, to="confirmed", stamp="confirmed_at", **told)


def _columns(promises: Mapping[uuid.UUID, Promised]) -> dict[str, Each | First]:
    """The promise as `advance` writes it beside the status; the first one stays."""
    rows = list(promises.values())
    ship, deliver = [row.ship_at for row in rows], [row.deliver_at for row in rows]
    return {
        "promised_ship_at": Each(ship),
        "promised_deliver_at": Each(deliver),
        "first_promised_ship_at": First(ship),
        "first_promised_deliver_at": First(deliver),
        "total": First([row.total for row in rows]),
        "lines_total": First([row.lines_total for row in rows]),
    }


def _promise_steps(session: Session, promises: Mapping[uuid.UUID, Promised]) -> dict[uuid.UUID, list[NewStep]]:
    """A promise that an earlier round opened goes on with a new due time, and `first_due_at` keeps the first."""
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
    give_promise(session, promises=promises, by_customer=True)
    _confirm(session, list(promises), cause=cause, actor=actor, now=now)
    opens = _promise_steps(session, promises)
    for step in _tell(session, promises, now):
        if step.order_id is not None:
            opens[step.order_id].append(step)
    return opens


def _tell(session: Session, promises: Mapping[uuid.UUID, Promised], now: datetime) -> list[NewStep]:
    notices = [
        notice(
            c,
            key=f"in_effect:{c.order_id}:{promises[c.order_id].round}",
            template="progress",
            event="in_effect",
            deliver_at=promises[c.order_id].deliver_at.isoformat(),
        )
        for c in contacts(session, order_ids=list(promises)).values()
    ]
    return outbox.put(session, notices=notices, now=now)
