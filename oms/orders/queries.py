"""Orders as people look for them: the list by any filter, one order by its number, what stands on it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from oms import numbers
from oms.catalog.models import Sku
from oms.errors import NotFound
from oms.journey.models import Hold, Step
from oms.orders.models import ChangeRequest, Confirmation, Finding, Order, OrderLine
from oms.parties.models import Channel, Customer
from oms.parties.search_terms import COUNTRY, hashes

Key = tuple[datetime, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders a list shows. `channel_id`: the only channel that the caller may see.

    `term`: our number, the channel's number, a SKU, or the customer's exact name, e-mail or phone.
    """

    status: str | None = None
    channel: str | None = None
    fulfilment_status: str | None = None
    held: bool | None = None
    term: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    customer_id: uuid.UUID | None = None
    channel_id: uuid.UUID | None = None
    country: str = COUNTRY


_HELD = (
    select(func.array_agg(Hold.reason))
    .where(Hold.order_id == Order.id, Hold.released_at.is_(None))
    .correlate(Order)
    .scalar_subquery()
)

_LISTED = (
    Order.id,
    Order.number,
    Order.channel_order_number,
    Order.source,
    Order.received_at,
    Order.placed_at,
    Order.status,
    Order.payment_status,
    Order.confirmation,
    Order.fulfilment_status,
    Order.return_status,
    Order.order_class,
    Order.currency,
    Order.total,
    Order.lines_total,
    Order.discount,
    Order.shipping,
    Order.fees,
    Order.tax,
    Order.tax_included,
    Order.contact,
    Order.ship_country,
    Order.ship_region,
    Order.ship_city,
    Order.promised_ship_at,
    Order.promised_deliver_at,
    Channel.name.label("channel"),
    func.coalesce(_HELD, []).label("held"),
)


def listed(session: Session, *, wanted: Wanted, limit: int, after: Key | None = None) -> Sequence[Any]:
    """Orders, newest first, from after a key (received_at, id); one row more than `limit`. At most two statements."""
    statement = (
        select(*_LISTED)
        .join(Channel, Channel.id == Order.channel_id)
        .order_by(Order.received_at.desc(), Order.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(tuple_(Order.received_at, Order.id) < after)
    for condition in _conditions(wanted):
        statement = statement.where(condition)
    if wanted.term:
        statement = statement.where(_named(session, wanted.term, wanted.country))
    return session.execute(statement).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    same: tuple[tuple[Any, Any], ...] = (
        (Order.status, wanted.status),
        (Order.fulfilment_status, wanted.fulfilment_status),
        (Order.customer_id, wanted.customer_id),
        (Order.channel_id, wanted.channel_id),
    )
    found += [column == value for column, value in same if value is not None]
    if wanted.channel is not None:
        # A scalar subquery, so that the index (channel_id, received_at, id) is walked in order.
        found.append(Order.channel_id == select(Channel.id).where(Channel.name == wanted.channel).scalar_subquery())
    if wanted.held is not None:
        stands = Order.id.in_(select(Hold.order_id).where(Hold.released_at.is_(None)))
        found.append(stands if wanted.held else ~exists().where(Hold.order_id == Order.id, Hold.released_at.is_(None)))
    if wanted.since is not None:
        found.append(Order.received_at >= wanted.since)
    if wanted.until is not None:
        found.append(Order.received_at < wanted.until)
    return found


def _named(session: Session, term: str, country: str) -> ColumnElement[bool]:
    """A SKU's orders, else those that carry the term as a number or belong to the customer it names."""
    sku_id = session.execute(select(Sku.id).where(Sku.code == term.strip())).scalar_one_or_none()
    if sku_id is not None:
        return Order.id.in_(select(OrderLine.order_id).where(OrderLine.sku_id == sku_id))
    keys = hashes(term, country=country)
    alternatives = [
        Order.number == numbers.written(term),
        Order.channel_order_number.in_([term.strip(), f"#{term.strip()}"]),
        Order.email_hash.in_(keys),
        Order.phone_hash.in_(keys),
        Order.name_hash.in_(keys),
    ]
    # One branch an index: an OR over them would read the whole table.
    return Order.id.in_(union_all(*(select(Order.id).where(one) for one in alternatives)))


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
