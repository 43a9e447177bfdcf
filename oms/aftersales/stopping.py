"""Stop an order between release and hand-over: nothing more is picked or sent, goods and labels go back (C-5, C-6).

A fulfilment of which nothing was picked ends at once. One with goods in the tote waits for the step `put_back`;
until then the order is held, so that the next scan says stop.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.aftersales import cancelling, put_backs
from oms.fulfilment.models import Fulfilment
from oms.journey import due, holds, lifecycle
from oms.journey.holds import NewHold
from oms.journey.steps import NewStep
from oms.shipping import voiding

#: What is stopped; the change's own steps and what tells people go on.
ON_THE_FLOOR = (
    "allocate", "release", "wave", "pick", "short_pick", "pack", "book", "mend_booking", "hand_over", "collect", "deliver",
)  # fmt: skip

_LIVE = text("""
    SELECT f.id, f.order_id, EXISTS (SELECT 1 FROM fulfilment_line l WHERE l.fulfilment_id = f.id AND l.qty_picked > 0)
           AS has_goods
    FROM fulfilment f WHERE f.order_id = ANY(CAST(:orders AS uuid[])) AND f.status <> 'cancelled'
    ORDER BY f.id FOR UPDATE OF f
""")

_EXPLANATION = {
    "en": "The order was stopped: put the picked goods back to their bins.",
    "zh_Hans": "订单已拦截：请将已拣货品返架。",
}


def stop(
    session: Session,
    *,
    outcomes: Mapping[uuid.UUID, str],
    spare: Sequence[uuid.UUID],
    actor: str,
    now: datetime,
) -> tuple[dict[uuid.UUID, list[NewStep]], set[uuid.UUID]]:
    """Stop (locked) orders; `outcomes` say for KPIs why each is stopped, `spare` are steps about to be finished.

    Return (steps to open by order, the orders whose goods have to be put back first). A repeat stops nothing twice.
    """
    order_ids = list(outcomes)
    cancelling.cancel_steps(session, outcomes=outcomes, kinds=ON_THE_FLOOR, actor=actor, now=now)
    live = session.execute(_LIVE, {"orders": order_ids}).all()
    parcels = voiding.of_orders(session, order_ids=order_ids)
    return take_down(session, live, parcel_ids=parcels, spare=spare, actor=actor, now=now)


def take_down(
    session: Session,
    live: Sequence[Any],
    *,
    parcel_ids: Sequence[uuid.UUID],
    spare: Sequence[uuid.UUID],
    actor: str,
    now: datetime,
) -> tuple[dict[uuid.UUID, list[NewStep]], set[uuid.UUID]]:
    """End (locked) fulfilments, or have their goods put back (rows of `id`, `order_id`, `has_goods`), as `stop` returns."""
    put_backs.end(session, fulfilment_ids=[f.id for f in live if not f.has_goods], actor=actor, now=now)
    full = [f for f in live if f.has_goods]
    lifecycle.advance(
        session, Fulfilment, [f.id for f in full], to="putback", cause="stopped", actor=actor, now=now, lenient=True
    )
    opens: dict[uuid.UUID, list[NewStep]] = defaultdict(list)
    for f in full:
        opens[f.order_id].append(NewStep("put_back", f.id, order_id=f.order_id))
    _take_labels_back(session, parcel_ids, opens, actor, now)
    waiting = {f.order_id for f in full}
    _hold(session, sorted(waiting), spare, actor, now)
    return opens, waiting


def _take_labels_back(
    session: Session,
    parcel_ids: Sequence[uuid.UUID],
    opens: dict[uuid.UUID, list[NewStep]],
    actor: str,
    now: datetime,
) -> None:
    for step in voiding.request(session, parcel_ids=parcel_ids, cause="order stopped", actor=actor, now=now):
        if step.order_id is not None:
            opens[step.order_id].append(step)


def _hold(
    session: Session, order_ids: Sequence[uuid.UUID], spare: Sequence[uuid.UUID], actor: str, now: datetime
) -> None:
    if not order_ids:
        return
    due_at = due.due_times(session, ["put_back"], now=now)["put_back"]
    new = [
        NewHold(
            i, "interception", "warehouse", _EXPLANATION, due_at, pause_reason="customer", resolving_kind="put_back"
        )
        for i in order_ids
    ]
    holds.place(session, new, by=actor, now=now, except_steps=spare)
