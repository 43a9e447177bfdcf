"""What `verify` loaded of the orders that it passed, for `confirm` when it runs in the same transaction.

The orders are locked in between and nothing that is kept here was written, so reading it again would give the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from oms.verification import facts, promise
from oms.verification.order_facts import Feasible, OrderFacts

Facts = Mapping[uuid.UUID, OrderFacts]
Dates = Mapping[uuid.UUID, Feasible]
_KEPT = "judged orders"


def load(session: Session, *, order_ids: Sequence[uuid.UUID], now: datetime) -> tuple[Facts, Dates]:
    """Facts and feasible dates of the orders, read now."""
    known = facts.load(session, order_ids=order_ids, now=now)
    return known, promise.feasible_dates(session, orders=[known[order_id] for order_id in order_ids], now=now)


def keep(session: Session, known: Facts, dates: Dates, passed: Sequence[uuid.UUID]) -> None:
    """Leave what was read of the orders that passed. Those that are held had their share of the stock in these dates."""
    session.info[_KEPT] = {order_id: (known[order_id], dates[order_id]) for order_id in passed}


def take(session: Session, *, order_ids: Sequence[uuid.UUID], now: datetime) -> tuple[Facts, Dates]:
    """What was kept in this transaction, once; else read now."""
    kept = session.info.pop(_KEPT, {})
    if not all(order_id in kept for order_id in order_ids):
        return load(session, order_ids=order_ids, now=now)
    return {o: kept[o][0] for o in order_ids}, {o: kept[o][1] for o in order_ids}
