"""What is left beside a short, at the bin or at the table, waits for the missing goods, unless its channel takes a part of an order (F-7)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import and_, select, text
from sqlalchemy.orm import Session

from oms.fulfilment.models import Fulfilment
from oms.journey.models import Step
from oms.journey.steps import NewStep

#: That the fulfilment `f` waits: its picking ended short, or its packing did, and nobody is to pack it yet. As in
#: `pick_sql.no_open_stop`, so that its own steps are looked for and not all that there are.
WAITS = """
    f.status = 'short' AND (SELECT TRUE FROM step s WHERE s.subject_id = f.id AND s.kind = 'pack'
                              AND s.outcome IS DISTINCT FROM 'short' LIMIT 1) IS NULL
"""
#: The same for a list of fulfilments.
WAITING_ROW = and_(
    Fulfilment.status == "short",
    select(Step.id)
    .where(Step.subject_id == Fulfilment.id, Step.kind == "pack", Step.outcome.is_distinct_from("short"))
    .limit(1)
    .scalar_subquery()
    .is_(None),
)
PUT_ASIDE = "goods of this list were short: put the rest aside until they are here"

_PARTLY = "coalesce(c.settings ->> 'partial_shipment', '') = 'true'"

_WAITING = text(f"""
    SELECT f.id FROM fulfilment f JOIN orders o ON o.id = f.order_id JOIN channel c ON c.id = o.channel_id
    WHERE f.id = ANY(CAST(:ids AS uuid[])) AND NOT ({_PARTLY})
""")

_COMPLETE = text(f"""
    SELECT f.id, f.order_id, (SELECT max(x.cut_off_at) FROM fulfilment x WHERE x.order_id = f.order_id AND x.status <> 'cancelled') AS due_at,
           coalesce((SELECT max(s.round) + 1 FROM step s WHERE s.subject_id = f.id AND s.kind = 'pack'), 0) AS round
    FROM fulfilment f JOIN orders o ON o.id = f.order_id JOIN channel c ON c.id = o.channel_id
    WHERE f.order_id = ANY(CAST(:orders AS uuid[])) AND {WAITS}
      AND ({_PARTLY} OR NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = f.order_id AND l.qty_backordered > 0))
    ORDER BY f.id
""")


def waiting(session: Session, *, fulfilment_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of fulfilments of which goods are missing that are not to leave without them."""
    return set(session.scalars(_WAITING, {"ids": list(fulfilment_ids)})) if fulfilment_ids else set()


def is_put_aside(session: Session, *, fulfilment_id: uuid.UUID) -> bool:
    """Whether the goods of a fulfilment stand aside until what is missing of them is here."""
    return session.scalar(select(Fulfilment.id).where(Fulfilment.id == fulfilment_id, WAITING_ROW)) is not None


def complete(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[NewStep]]:
    """The steps `pack` of what waited, by order, where all that was missing is promised again; due with what was missing."""
    opens: dict[uuid.UUID, list[NewStep]] = defaultdict(list)
    for row in session.execute(_COMPLETE, {"orders": list(order_ids)}) if order_ids else ():
        step = NewStep("pack", row.id, order_id=row.order_id, round=row.round, due_at=row.due_at)
        opens[row.order_id].append(step)
    return opens
