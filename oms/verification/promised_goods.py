"""Goods that an order keeps promised while it is looked at again: what the review wants no more goes back (A-2, C-6)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.inventory import sourcing, unreserving
from oms.orders import derived
from oms.orders.models import Order, OrderLine
from oms.supply import receipts
from oms.verification.amendment_rules import Target

ZERO = Decimal(0)

_PROMISED_AT = text("""
    SELECT DISTINCT order_id, warehouse_id FROM reservation
    WHERE order_id = ANY(CAST(:orders AS uuid[])) AND qty - qty_shipped - qty_released > 0
""")


def stranded(session: Session, *, countries: Mapping[uuid.UUID, str]) -> set[uuid.UUID]:
    """Those of orders, by the country that each is to go to now, that have goods promised where no carrier goes there from.

    They could not leave: what is promised to them goes back, and is looked for in the houses that serve the country.
    """
    houses = sourcing.houses_for(session, countries=set(countries.values())) if countries else {}
    rows = session.execute(_PROMISED_AT, {"orders": list(countries)}).all() if countries else ()
    return {row.order_id for row in rows if row.warehouse_id not in houses[countries[row.order_id]]}


def keep_none(session: Session, *, order_id: uuid.UUID, actor: str, now: datetime) -> None:
    """Take all promises of a (locked) order back, and have those who wait for the goods allocated again."""
    lines = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order_id))
    _keep_only(session, dict.fromkeys(lines, ZERO), actor, now)
    derived.refresh(session, order_ids=[order_id])


def keep_wanted(
    session: Session,
    *,
    order: Order,
    lines: Mapping[int, OrderLine],
    targets: Sequence[Target],
    actor: str,
    now: datetime,
) -> None:
    """Take back what an amendment is about to want no more: another SKU, fewer pieces, a dropped line, another country.

    It comes before the write: a line may at no time be promised more than it wants.
    """
    changing = {t.line for t in targets if t.line is not None and t.part in ("sku", "qty", "cancelled")}
    keep = {lines[n].id: _kept(lines[n], (t for t in targets if t.line == n)) for n in sorted(changing)}
    country = next((t.value for t in targets if (t.group, t.part) == ("ship_to", "country")), None)
    if country and stranded(session, countries={order.id: country}):
        keep = {line.id: ZERO for _, line in sorted(lines.items())}
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
