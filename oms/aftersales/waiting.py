"""Wishes that wait for a person's decision while another one changes their order: none is lost in silence (C-6)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.aftersales.change_rules import Area
from oms.aftersales.wishes import Case
from oms.journey import lifecycle, steps
from oms.orders.models import ChangeRequest

#: The hold under which an order waits for the decision.
HOLD = "change_requested"
OVERTAKEN = "the lines were changed meanwhile: ask again for what is still wanted"

_UNDECIDED = text("""
    SELECT DISTINCT order_id FROM step WHERE order_id = ANY(CAST(:orders AS uuid[])) AND kind = 'decide_change'
      AND state IN ('open', 'claimed', 'paused', 'parked')
""")


def undecided(session: Session, *, order_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """The orders of which a wish waits for its decision."""
    return set(session.scalars(_UNDECIDED, {"orders": list(order_ids)}))


def drop_overtaken(session: Session, *, cases: Sequence[Case], actor: str, now: datetime) -> set[uuid.UUID]:
    """Supersede what the desk wrote of lines that these cases change; every other wish keeps waiting.

    A desk's wish names all lines that are to stay, so it would undo what it did not know of. Return the orders of
    which one still waits.
    """
    moved = {case.order_id for case in cases if Area.GOODS in case.wish.areas}
    gone = [row.id for row in _others(session, cases) if row.order_id in moved and _names_lines(row)]
    if gone:
        steps.cancel(session, subject_ids=gone, by=actor, now=now, kinds=["decide_change"], why="superseded")
        lifecycle.advance(session, ChangeRequest, gone, to="superseded", cause=OVERTAKEN, actor=actor, now=now)
    return undecided(session, order_ids=[case.order_id for case in cases])


def _others(session: Session, cases: Sequence[Case]) -> Sequence[ChangeRequest]:
    statement = select(ChangeRequest).where(
        ChangeRequest.order_id.in_([case.order_id for case in cases]),
        ChangeRequest.id.not_in([case.request.id for case in cases]),
        ChangeRequest.status == "requested",
        ChangeRequest.message_id.is_(None),
    )
    return session.scalars(statement.order_by(ChangeRequest.id)).all()


def _names_lines(request: ChangeRequest) -> bool:
    return request.kind == "update" and "lines" in request.wanted
