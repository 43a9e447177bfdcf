"""What a channel tells of an order's money is a fact, and counts whatever becomes of the rest of its telling (C-2, S-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.aftersales import amending, questions
from oms.aftersales.change_rules import Area
from oms.aftersales.wishes import Case
from oms.verification import confirmation

#: Paid in full, as channels tell it.
FULL = ("paid", "overpaid")


def take(session: Session, *, cases: Sequence[Case], now: datetime) -> None:
    """Move the payments of (locked) orders to what their requests say; what waited for the money goes on."""
    late = [case.order_id for case in cases if _is_paid_late(case)]
    amending.pay(session, cases=cases, actor="system", now=now)
    confirmation.payments_arrived(session, order_ids=[case.order_id for case in cases], actor="system", now=now)
    questions.ask_of_too_much(session, order_ids=late, now=now)


def of_declined(session: Session, *, cases: Sequence[Case], now: datetime) -> None:
    """Keep what is news of the money in channels' tellings of which nothing else is carried out.

    The next telling is held against this one, and would not say it again.
    """
    told = [case for case in cases if case.request.message_id is not None and Area.PAYMENT in case.wish.areas]
    if told:
        take(session, cases=told, now=now)


def _is_paid_late(case: Case) -> bool:
    """Paid in full by now, after goods were sent on account or on delivery."""
    is_news = case.wish_order.payment.status in FULL and case.order.payment_status not in FULL
    return is_news and case.order.payment_terms != "prepaid"
