"""THE table of what runs out: 'module:function' of services that end what nobody answered in time, or drop what nobody asks for."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

from sqlalchemy.orm import Session

EXPIRIES: tuple[str, ...] = (
    "oms.verification.confirmation:expire_due",
    "oms.aftersales.satisfaction:expire_due",
    "oms.aftersales.returns:expire_due",
    "oms.accounts.idempotency:expire_due",
)


def expire_due(session: Session, *, now: datetime) -> int:
    """End what ran out before `now`; return how many. Each service takes (session, *, now) and returns a count."""
    total = 0
    for row in EXPIRIES:
        module, _, name = row.partition(":")
        total += getattr(import_module(module), name)(session, now=now)
    return total
