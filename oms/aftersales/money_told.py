"""What a channel tells of an order's money is a fact, and counts whatever becomes of the rest of its telling (C-2, S-2)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.aftersales import amending, questions, refunds
from oms.aftersales.change_rules import Area
from oms.aftersales.late_payments import OVER
from oms.aftersales.refunds import NewRefund
from oms.aftersales.wishes import Case
from oms.journey.steps import NewStep
from oms.orders import states
from oms.orders.models import Finding
from oms.verification import confirmation

#: Paid in full, as channels tell it.
FULL = ("paid", "overpaid")
_HERE = ("partially_paid", *FULL)
ZERO = Decimal(0)


def take(session: Session, *, cases: Sequence[Case], now: datetime) -> dict[uuid.UUID, list[NewStep]]:
    """Move the payments of (locked) orders to what their requests say; what waited for the money goes on.

    Return the steps to open by order: what is paid for one that is over goes back, as when finance records it.
    """
    late = [case.order_id for case in cases if _is_paid_late(case)]
    back = _back(session, cases)
    amending.pay(session, cases=cases, actor="system", now=now)
    confirmation.payments_arrived(session, order_ids=[case.order_id for case in cases], actor="system", now=now)
    questions.ask_of_too_much(session, order_ids=late, now=now)
    opens: dict[uuid.UUID, list[NewStep]] = {}
    for step in refunds.request(session, new=back, actor="system", now=now) if back else ():
        opens.setdefault(step.order_id or step.subject_id, []).append(step)
    return opens


def of_declined(session: Session, *, cases: Sequence[Case], now: datetime) -> dict[uuid.UUID, list[NewStep]]:
    """Keep what is news of the money in channels' tellings of which nothing else is carried out.

    The next telling is held against this one, and would not say it again.
    """
    told = [case for case in cases if case.request.message_id is not None and Area.PAYMENT in case.wish.areas]
    return take(session, cases=told, now=now) if told else {}


def _is_paid_late(case: Case) -> bool:
    """Paid in full by now, after goods were sent on account or on delivery."""
    is_news = case.wish_order.payment.status in FULL and case.order.payment_status not in FULL
    return is_news and case.order.payment_terms != "prepaid"


def _back(session: Session, cases: Sequence[Case]) -> list[NewRefund]:
    """Of orders that are over, what these tellings say was paid since."""
    over = [case for case in cases if case.order.status in OVER and _came(case)]
    sent = _sent_by_their_shops(session, [case.order_id for case in over])
    return [
        NewRefund(f"late:{case.request.id}", case.order_id, _more(case), case.order.status)
        for case in over
        if case.order_id not in sent
    ]


def _came(case: Case) -> bool:
    was, told = case.order.payment_status, case.wish_order.payment.status
    if told not in _HERE or states.undoes(was, told):
        return False
    more = _more(case)
    return was not in _HERE if more is None else more > ZERO


def _more(case: Case) -> Decimal | None:
    """By how much more was paid than is known here; None for all of it, where the channel names no sum."""
    told = case.wish_order.totals.paid if "paid" in case.columns else None
    return None if told is None else told - (case.order.paid or ZERO)


def _sent_by_their_shops(session: Session, order_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Refused here since their shops had sent them: what is paid for these is where it belongs."""
    if not order_ids:
        return set()
    told = select(Finding.order_id).where(Finding.order_id.in_(order_ids), Finding.rule == "sent_already")
    return set(session.scalars(told))
