"""What collected and delivered parcels bring about: steps end at the scan's time, people are told, orders are complete."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms.fulfilment.models import Fulfilment
from oms.journey import lifecycle
from oms.journey import steps as journey
from oms.journey.flow import UNDELIVERED_BY_THE_CUSTOMER
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import completing, derived
from oms.shipping import notices

# The siblings are read after the orders' rows were taken: the last parcel of a fulfilment ends its step.
_TOGETHER = """
    SELECT p.fulfilment_id, max({at}) AS at, {outcome} AS outcome FROM parcel p
    WHERE p.fulfilment_id IN (SELECT fulfilment_id FROM parcel WHERE id = ANY(CAST(:ids AS uuid[])))
    GROUP BY p.fulfilment_id HAVING count(*) = count({at})
"""
_COLLECTED = text(_TOGETHER.format(at="p.collected_at", outcome="'collected'"))
# Also when the last of them will never arrive: then the outcome is what became of it. Of several what was not the
# customer's doing goes before what was: a box that was refused hides none that was lost.
_OVER = text(
    _TOGETHER.format(
        at="coalesce(p.delivered_at, p.undelivered_at)",
        outcome="""coalesce(
            max(p.undelivered_as) FILTER (WHERE p.delivered_at IS NULL AND p.undelivered_as <> ALL(CAST(:by_customer AS text[]))),
            max(p.undelivered_as) FILTER (WHERE p.delivered_at IS NULL), 'delivered')""",
    )
)

# A bundle is delivered as often as every part was.
_LINES = text("""
    UPDATE order_line SET qty_delivered = least(p.there, qty_shipped) FROM (
        SELECT ol.id, CASE WHEN s.bundle THEN floor(min(x.there / coalesce(bp.qty, 1))) ELSE min(x.there) END AS there
        FROM order_line ol JOIN sku s ON s.id = ol.sku_id
        LEFT JOIN bundle_part bp ON bp.bundle_id = s.id AND s.bundle
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(pl.qty), 0) AS there FROM fulfilment_line fl
            JOIN parcel_line pl ON pl.fulfilment_line_id = fl.id
            JOIN parcel pa ON pa.id = pl.parcel_id AND pa.delivered_at IS NOT NULL
            WHERE fl.order_line_id = ol.id AND fl.sku_id = coalesce(bp.part_id, ol.sku_id)) x ON TRUE
        WHERE ol.order_id = ANY(CAST(:orders AS uuid[])) GROUP BY ol.id, s.bundle) p
    WHERE order_line.id = p.id AND order_line.qty_delivered < least(p.there, qty_shipped)
""")

_ORDERS = text("SELECT DISTINCT order_id FROM parcel WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY 1")


def collected(session: Session, *, parcel_ids: Sequence[uuid.UUID], by: str, now: datetime) -> None:
    """The carrier has the parcels of (locked) orders: tell customer and channel; the last one ends `collect`."""
    if not parcel_ids:
        return
    whole = session.execute(_COLLECTED, {"ids": list(parcel_ids)}).all()
    lifecycle.advance(
        session, Fulfilment, [w.fulfilment_id for w in whole], to="collected", cause="first scan", actor=by, now=now,
        lenient=True,
    )  # fmt: skip
    tell = notices.tell(session, parcel_ids=parcel_ids, event="collected", now=now)
    _end(session, "collect", whole, tell, {}, by, now)


def delivered(session: Session, *, parcel_ids: Sequence[uuid.UUID], by: str, now: datetime) -> None:
    """The parcels of (locked) orders were signed for; the last one ends `deliver`, and its order may be complete."""
    if not parcel_ids:
        return
    orders = list(session.execute(_ORDERS, {"ids": list(parcel_ids)}).scalars())
    over = _over(session, parcel_ids)
    lifecycle.advance(
        session, Fulfilment, [o.fulfilment_id for o in over if o.outcome == "delivered"], to="delivered", cause="signed for",
        actor=by, now=now, lenient=True,
    )  # fmt: skip
    session.execute(_LINES, {"orders": orders})
    derived.refresh(session, order_ids=orders)
    closing = completing.complete(session, order_ids=orders, by=by, now=now)
    tell = notices.tell(session, parcel_ids=parcel_ids, event="delivered", now=now)
    _end_uncollected(session, over, by, now)
    _end(session, "deliver", over, tell, closing, by, now)


def undelivered(session: Session, *, parcel_id: uuid.UUID, by: str, now: datetime) -> None:
    """A parcel of a (locked) order will never arrive: the last one ends its promises, and the order may be over."""
    orders = list(session.execute(_ORDERS, {"ids": [parcel_id]}).scalars())
    over = _over(session, [parcel_id])
    closing = completing.complete(session, order_ids=orders, by=by, now=now)
    _end_uncollected(session, over, by, now)
    _end(session, "deliver", over, {}, closing, by, now)


def _over(session: Session, parcel_ids: Sequence[uuid.UUID]) -> Sequence[Row[Any]]:
    """The fulfilments of these parcels of which nothing is on its way any more, with what became of them."""
    params = {"ids": list(parcel_ids), "by_customer": list(UNDELIVERED_BY_THE_CUSTOMER)}
    return session.execute(_OVER, params).all()


def _end_uncollected(session: Session, over: Sequence[Row[Any]], by: str, now: datetime) -> None:
    """What the carrier never scanned before it went astray will not be collected any more."""
    astray = [row for row in over if row.outcome != "delivered"]
    if astray:
        _end(session, "collect", astray, {}, {}, by, now)


def _end(
    session: Session,
    kind: str,
    whole: Sequence[Row[Any]],
    tell: dict[uuid.UUID, list[NewStep]],
    closing: dict[uuid.UUID, NewStep],
    by: str,
    now: datetime,
) -> None:
    """End the steps at their scans' times; what was to be opened and hangs on no step that ends is opened by itself."""
    at = {row.fulfilment_id: row.at for row in whole}
    outcomes = {row.fulfilment_id: row.outcome for row in whole}
    found = journey.find(session, kind=kind, subject_ids=list(at))
    done = [_done(step, outcomes[f], at[f], tell.pop(f, []), closing) for f, step in found.items()]
    journey.finish(session, done, by=by, now=now)
    journey.ended_earlier(session, kind=kind, at=at)
    loose = [step for own in tell.values() for step in own]
    journey.open_steps(session, [*loose, *closing.values()], now=now)


def _done(step: Claimed, outcome: str, at: datetime, tell: list[NewStep], closing: dict[uuid.UUID, NewStep]) -> Done:
    close = closing.pop(step.order_id, None) if step.order_id else None
    return Done(step, outcome, (*tell, *((close,) if close else ())), at=at)
