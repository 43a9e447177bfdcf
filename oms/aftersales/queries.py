"""Tickets, returns and refunds as people see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from oms import numbers
from oms.aftersales.models import Refund, Return, Ticket, TicketNote
from oms.errors import NotFound
from oms.orders.models import Order

Key = tuple[datetime, uuid.UUID]

_TICKET_LINES = text("""
    SELECT l.id, l.line_ref, s.code AS sku, l.name, l.qty FROM ticket_line t JOIN order_line l ON l.id = t.order_line_id
    LEFT JOIN sku s ON s.id = l.sku_id WHERE t.ticket_id = :id ORDER BY l.position
""")

_RETURN_LINES = text("""
    SELECT r.order_line_id AS line_id, r.sku_id, l.line_ref, s.code AS sku, r.qty, r.qty_received, r.qty_restocked,
           r.qty_scrapped, r.finding
    FROM return_line r JOIN order_line l ON l.id = r.order_line_id JOIN sku s ON s.id = r.sku_id
    WHERE r.return_id = :id ORDER BY l.position, s.code
""")


def tickets(session: Session, *, limit: int, status: str | None = None, after: Key | None = None) -> Sequence[Any]:
    """Tickets, newest first, from after a key (opened_at, id); one row more than `limit`."""
    statement = _tickets().order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(limit + 1)
    if status is not None:
        statement = statement.where(Ticket.status == status)
    if after is not None:
        statement = statement.where(tuple_(Ticket.opened_at, Ticket.id) < after)
    return session.execute(statement).all()


def ticket(session: Session, *, ref: str) -> Any:
    """A ticket by number or id; NotFound where there is none."""
    found = session.execute(_tickets().where(_is(Ticket, ref))).one_or_none()
    if found is None:
        raise NotFound(f"there is no ticket {ref[:60]}")
    return found


def ticket_lines(session: Session, *, ticket_id: uuid.UUID) -> Sequence[Any]:
    """The order lines that a ticket is about."""
    return session.execute(_TICKET_LINES, {"id": ticket_id}).all()


def ticket_notes(session: Session, *, ticket_id: uuid.UUID) -> Sequence[TicketNote]:
    """What was said and written, oldest first."""
    statement = select(TicketNote).where(TicketNote.ticket_id == ticket_id).order_by(TicketNote.at, TicketNote.id)
    return session.execute(statement).scalars().all()


def returns(
    session: Session, *, limit: int, status: str | None = None, after: uuid.UUID | None = None
) -> Sequence[Any]:
    """Returns, newest first, from after an id; one row more than `limit`."""
    statement = _returns().order_by(Return.id.desc()).limit(limit + 1)
    if status is not None:
        statement = statement.where(Return.status == status)
    if after is not None:
        statement = statement.where(Return.id < after)
    return session.execute(statement).all()


def return_(session: Session, *, ref: str) -> Any:
    """A return by number or id; NotFound where there is none."""
    found = session.execute(_returns().where(_is(Return, ref))).one_or_none()
    if found is None:
        raise NotFound(f"there is no return {ref[:60]}")
    return found


def return_lines(session: Session, *, return_id: uuid.UUID) -> Sequence[Any]:
    """The pieces of a return with what was received and decided."""
    return session.execute(_RETURN_LINES, {"id": return_id}).all()


def refunds(
    session: Session, *, limit: int, status: str | None = None, after: uuid.UUID | None = None
) -> Sequence[Any]:
    """Refunds, newest first, from after an id; one row more than `limit`."""
    statement = _refunds().order_by(Refund.id.desc()).limit(limit + 1)
    if status is not None:
        statement = statement.where(Refund.status == status)
    if after is not None:
        statement = statement.where(Refund.id < after)
    return session.execute(statement).all()


def refund(session: Session, *, refund_id: uuid.UUID) -> Any:
    """One refund; NotFound where there is none."""
    found = session.execute(_refunds().where(Refund.id == refund_id)).one_or_none()
    if found is None:
        raise NotFound("there is no such refund")
    return found


def of_order(session: Session, *, order_id: uuid.UUID) -> tuple[Sequence[Any], Sequence[Any]]:
    """An order's tickets and returns, oldest first."""
    return (
        session.execute(_tickets().where(Ticket.order_id == order_id).order_by(Ticket.id)).all(),
        session.execute(_returns().where(Return.order_id == order_id).order_by(Return.id)).all(),
    )


def _tickets() -> Any:
    columns = select(*Ticket.__table__.columns, Order.number.label("order_number"))
    return columns.outerjoin(Order, Order.id == Ticket.order_id)


def _returns() -> Any:
    return select(*Return.__table__.columns, Order.number.label("order_number")).join(
        Order, Order.id == Return.order_id
    )


def _refunds() -> Any:
    return select(*Refund.__table__.columns, Order.number.label("order_number")).join(
        Order, Order.id == Refund.order_id
    )


def _is(model: Any, ref: str) -> Any:
    try:
        return model.id == uuid.UUID(ref)
    except ValueError:
        return model.number == numbers.written(ref)


def language_of(session: Session, *, subject_id: uuid.UUID) -> str | None:
    """The language of the customer whom an order, or a ticket about one, belongs to."""
    of_ticket = select(Ticket.order_id).where(Ticket.id == subject_id).scalar_subquery()
    statement = select(Order.language).where((Order.id == subject_id) | (Order.id == of_ticket))
    return session.execute(statement).scalar_one_or_none()
