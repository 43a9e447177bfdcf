"""Orders as people look for them: one order by its number, what stands on it. The list: `browsing.py`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.orm import Session

from oms import numbers
from oms.catalog.models import Sku
from oms.errors import NotFound
from oms.journey.models import Hold, Step
from oms.orders.models import ChangeRequest, Confirmation, Finding, Order, OrderLine
from oms.parties.models import Channel, Customer

Key = tuple[datetime, uuid.UUID]


def order_named(session: Session, *, ref: str, channel_id: uuid.UUID | None = None) -> Order:
    """The order of a number (as typed or spoken) or id; NotFound where the caller may not see it."""
    statement = select(Order).where(_is(ref))
    if channel_id is not None:
        statement = statement.where(Order.channel_id == channel_id)
    found = session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"there is no order {ref[:60]}, or it is not yours to see")
    return found


def _is(ref: str) -> ColumnElement[bool]:
    try:
        return Order.id == uuid.UUID(ref)
    except ValueError:
        return Order.number == numbers.written(ref)


@dataclass(frozen=True, slots=True)
class OnOrder:
    """What stands on one order, each list in its own order."""

    channel: Channel
    customer: Customer | None
    lines: Sequence[Any]
    holds: Sequence[Hold]
    findings: Sequence[Finding]
    changes: Sequence[ChangeRequest]
    confirmations: Sequence[Confirmation]


def on_order(session: Session, *, order: Order) -> OnOrder:
    """Lines with their SKU, holds, findings, wishes to change, confirmations: seven statements."""
    lines = (
        select(*OrderLine.__table__.columns, Sku.code.label("sku"), Sku.name_en, Sku.name_zh)
        .outerjoin(Sku, Sku.id == OrderLine.sku_id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.position)
    )
    return OnOrder(
        channel=session.get_one(Channel, order.channel_id),
        customer=session.get(Customer, order.customer_id) if order.customer_id else None,
        lines=session.execute(lines).all(),
        holds=_rows(session, Hold, order.id, Hold.placed_at),
        findings=_rows(session, Finding, order.id, Finding.found_at),
        changes=_rows(session, ChangeRequest, order.id, ChangeRequest.requested_at),
        confirmations=_rows(session, Confirmation, order.id, Confirmation.sent_at),
    )


def _rows(session: Session, model: Any, order_id: uuid.UUID, by: Any) -> Sequence[Any]:
    return session.execute(select(model).where(model.order_id == order_id).order_by(by, model.id)).scalars().all()


def held(
    session: Session, *, limit: int, owner: str | None = None, after: Key | None = None
) -> tuple[list[Hold], dict[uuid.UUID, list[Finding]]]:
    """Standing holds, the most urgent first, with the open findings of their orders: two statements."""
    statement = select(Hold).where(Hold.released_at.is_(None)).order_by(Hold.due_at, Hold.id).limit(limit + 1)
    if owner is not None:
        statement = statement.where(Hold.owner == owner)
    if after is not None:
        statement = statement.where(tuple_(Hold.due_at, Hold.id) > after)
    holds = list(session.execute(statement).scalars())
    return holds, open_findings(session, order_ids=[hold.order_id for hold in holds])


def open_findings(session: Session, *, order_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Finding]]:
    """What verification found on each order and nobody has settled."""
    rows = session.execute(
        select(Finding)
        .where(and_(Finding.order_id.in_(order_ids), or_(Finding.settled_at.is_(None))))
        .order_by(Finding.found_at, Finding.id)
    ).scalars()
    found: dict[uuid.UUID, list[Finding]] = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(row)
    return found


def reviews(
    session: Session, *, order_ids: Sequence[uuid.UUID], kinds: Sequence[str]
) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """The running steps of `kinds` that decide about each order."""
    columns = (Step.id.label("step_id"), Step.token, Step.kind, Step.due_at, Step.assignee_id, Step.order_id)
    statement = select(*columns).where(
        Step.order_id.in_(order_ids), Step.kind.in_(kinds), Step.state.in_(("open", "claimed"))
    )
    found: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for row in session.execute(statement.order_by(Step.due_at, Step.id)).mappings():
        found.setdefault(row["order_id"], []).append(dict(row))
    return found


def order_of_step(session: Session, *, step_id: uuid.UUID) -> Order:
    """The order that a step is about."""
    statement = select(Order).join(Step, Step.order_id == Order.id).where(Step.id == step_id)
    return session.execute(statement.execution_options(populate_existing=True)).scalar_one()


def line_names(session: Session, *, order_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """The lines of an order by what people call them: their id, and the channel's own reference."""
    rows = session.execute(select(OrderLine.id, OrderLine.line_ref).where(OrderLine.order_id == order_id)).all()
    return {row.line_ref: row.id for row in rows if row.line_ref} | {str(row.id): row.id for row in rows}
