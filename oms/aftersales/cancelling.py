"""An order cancelled whole: steps, holds, promises, supply and money follow in one transaction (C-5, C-6)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from oms.aftersales import amending, change_rules, given_back, questions, refunds
from oms.aftersales.amending import BEFORE_RELEASE
from oms.aftersales.refunds import NewRefund
from oms.aftersales.wishes import Case
from oms.inventory import unreserving
from oms.journey import holds, lifecycle, steps
from oms.journey.steps import NewStep
from oms.messages import outbox
from oms.orders import derived
from oms.orders.contacts import contacts, notice
from oms.orders.models import ChangeRequest, Order, OrderLine
from oms.supply import receipts, withdrawals

#: Every kind that carries an order forward; messages, tickets, returns and refunds go on.
FORWARD = (
    *BEFORE_RELEASE, "decide_change",
    "wave", "pick", "short_pick", "pack", "book", "mend_booking", "hand_over", "reread",
)  # fmt: skip

_SETTLE = text("""
    UPDATE finding SET settled_at = :now, settled_by = :by, settlement = 'cancelled'
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND settled_at IS NULL
""")
_LINES = text("""
    UPDATE order_line SET qty_cancelled = qty - qty_shipped, qty_backordered = 0
    WHERE order_id = ANY(CAST(:orders AS uuid[]))
""")


def cancel(session: Session, *, cases: Sequence[Case], actor: str, now: datetime) -> dict[uuid.UUID, list[NewStep]]:
    """Cancel (locked) orders of which nothing has left the house or waits to be put back.

    Return the steps to open by order: messages to the customers, refunds of what was paid.
    """
    ids = [case.order_id for case in cases]
    outcomes = {case.order_id: why(case, now) for case in cases}
    keep = dict.fromkeys(session.scalars(select(OrderLine.id).where(OrderLine.order_id.in_(ids))), change_rules.NOTHING)
    freed = unreserving.keep_only(session, keep=keep, actor=actor, now=now)
    session.execute(_LINES, {"orders": ids})
    cancel_steps(session, outcomes=outcomes, kinds=FORWARD, actor=actor, now=now)
    holds.release_all(session, order_ids=ids, by=actor, now=now, why="the order was cancelled")
    withdrawals.withdraw(session, order_ids=ids, actor=actor, now=now)
    session.execute(_SETTLE, {"orders": ids, "now": now, "by": actor})
    _drop_other_wishes(session, cases, actor, now)
    _advance(session, outcomes, actor, now)
    derived.refresh(session, order_ids=ids)
    opens = _refund(session, cases, actor, now)
    for step in _tell(session, outcomes, now):
        opens[step.order_id or step.subject_id].append(step)
    if freed:
        receipts.wake(session, sku_ids=sorted(freed), now=now)
    return opens


def cancel_steps(
    session: Session, *, outcomes: Mapping[uuid.UUID, str], kinds: Sequence[str], actor: str, now: datetime
) -> None:
    """Cancel the orders' steps, each with the outcome that KPIs read (whose fault it was)."""
    for outcome in sorted(set(outcomes.values())):
        own = [order_id for order_id, why in outcomes.items() if why == outcome]
        steps.cancel_orders(session, order_ids=own, by=actor, now=now, kinds=kinds, why=outcome)


def why(case: Case, now: datetime) -> str:
    """Whose fault a cancellation is, as the promise steps and KPIs record it."""
    order = case.order
    return change_rules.fault_of(
        in_effect=order.confirmed_at is not None or order.status in ("confirmed", "in_fulfilment"),
        backordered=sum((line.qty_backordered for line in case.lines), change_rules.NOTHING),
        promised_ship_at=order.first_promised_ship_at,
        now=now,
    )


def _advance(session: Session, outcomes: Mapping[uuid.UUID, str], actor: str, now: datetime) -> None:
    for outcome in sorted(set(outcomes.values())):
        own = [order_id for order_id, why in outcomes.items() if why == outcome]
        lifecycle.advance(session, Order, own, to="cancelled", cause=outcome, actor=actor, now=now)
    session.execute(update(Order).where(Order.id.in_(outcomes)).values(closed_at=now))


def _drop_other_wishes(session: Session, cases: Sequence[Case], actor: str, now: datetime) -> None:
    """Wishes about a cancelled order are superseded; their steps were cancelled with the others."""
    others = select(ChangeRequest.id).where(
        ChangeRequest.order_id.in_([case.order_id for case in cases]),
        ChangeRequest.id.not_in([case.request.id for case in cases]),
        ChangeRequest.status.in_(("requested", "approved")),
    )
    ids = list(session.scalars(others))
    lifecycle.advance(
        session,
        ChangeRequest,
        ids,
        to="superseded",
        cause="the order was cancelled",
        actor=actor,
        now=now,
        lenient=True,
    )


def _refund(
    session: Session, cases: Sequence[Case], actor: str, now: datetime
) -> defaultdict[uuid.UUID, list[NewStep]]:
    """What was paid goes back, unless the sender says that it did so itself; of a part a person finds out how much."""
    owing = given_back.owing(session, cases=cases)
    new = [NewRefund(f"cancellation:{one}", one, most, "cancelled") for one, most in owing.most.items()]
    opens: defaultdict[uuid.UUID, list[NewStep]] = defaultdict(list)
    for step in refunds.request(session, new=new, actor=actor, now=now):
        opens[step.order_id or step.subject_id].append(step)
    questions.ask(session, questions.GIVEN_BACK_IN_PART, order_ids=owing.in_part, now=now)
    amending.pay(session, cases=cases, actor=actor, now=now)
    return opens


def _tell(session: Session, outcomes: Mapping[uuid.UUID, str], now: datetime) -> list[NewStep]:
    notices = [
        notice(c, key=f"cancelled:{c.order_id}", template="cancelled", why=outcomes[c.order_id])
        for c in contacts(session, order_ids=list(outcomes)).values()
    ]
    return outbox.put(session, notices=notices, now=now)
