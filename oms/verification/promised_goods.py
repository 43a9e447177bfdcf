"""Goods that an order keeps promised while it is looked at again: what the review wants no more goes back (A-2, C-6)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.inventory import unreserving
from oms.orders import derived
from oms.orders.models import OrderLine
from oms.supply import receipts
from oms.verification.amendment_rules import Target

ZERO = Decimal(0)


def keep_none(session: Session, *, order_id: uuid.UUID, actor: str, now: datetime) -> None:
    """Take all promises of a (locked) order back, and have those who wait for the goods allocated again."""
    lines = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order_id))
    _keep_only(session, dict.fromkeys(lines, ZERO), actor, now)
    derived.refresh(session, order_ids=[order_id])


def keep_wanted(
    session: Session, *, lines: Mapping[int, OrderLine], targets: Sequence[Target], actor: str, now: datetime
) -> None:
    """Take back what an amendment is about to want no more: another SKU, fewer pieces, a dropped line.

    It comes before the write: a line may at no time be promised more than it wants.
    """
    changing = {t.line for t in targets if t.line is not None and t.part in ("sku", "qty", "cancelled")}
    keep = {lines[n].id: _kept(lines[n], (t for t in targets if t.line == n)) for n in sorted(changing)}
    if keep:
        _keep_only(session, keep, actor, now)


def _kept(line: OrderLine, targets: Iterable[Target]) -> Decimal:
    keep = line.qty_reserved
    for target in targets:
        if target.part == "cancelled" or (target.part == "sku" and target.found_sku != line.sku_id):
            return ZERO
        if target.part == "qty":
            keep = min(keep, target.value)
    return keep


def _keep_only(session: Session, keep: Mapping[uuid.UUID, Decimal], actor: str, now: datetime) -> None:
    freed = unreserving.keep_only(session, keep=keep, actor=actor, now=now)
    if freed:
        receipts.wake(session, sku_ids=sorted(freed), now=now)
