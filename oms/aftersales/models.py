"""Tickets, returns with their lines, refunds, satisfaction scores."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.aftersales.states import REFUND, RETURN, TICKET
from oms.db import Base, EncryptedText, Qty, new_id


class Ticket(Base):
    """A customer's question or complaint (S-1); it ends with a cause, and stage and person if ours (S-3)."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_ticket_order", "order_id"),
        Index("ix_ticket_list", "status", "opened_at", "id"),
    )
    MACHINES = {"status": TICKET}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    order_id: Mapped[uuid.UUID | None]
    #: question | complaint | return | exchange | repair | damage | not_received
    kind: Mapped[str]
    serious: Mapped[bool] = mapped_column(Boolean, default=False)
    subject: Mapped[str] = mapped_column(EncryptedText)
    body: Mapped[str] = mapped_column(EncryptedText)
    status: Mapped[str] = mapped_column(default="new")
    owner_id: Mapped[uuid.UUID | None]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    contacted_at: Mapped[datetime | None]
    remedy: Mapped[str | None] = mapped_column(EncryptedText)
    remedy_due_at: Mapped[datetime | None]
    #: channel | entry | pick | pack | carrier | supplier | product | customer
    cause: Mapped[str | None]
    stage: Mapped[str | None]
    person: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]


class TicketLine(Base):
    __tablename__ = "ticket_line"

    ticket_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_line_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class TicketNote(Base):
    __tablename__ = "ticket_note"
    __table_args__ = (Index("ix_ticket_note_ticket", "ticket_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID]
    #: in | out | internal
    direction: Mapped[str]
    text: Mapped[str] = mapped_column(EncryptedText)
    actor: Mapped[str]
    at: Mapped[datetime]


class Return(Base):
    """Goods that come back (S-2)."""

    __tablename__ = "return_request"
    __table_args__ = (UniqueConstraint("number"), Index("ix_return_order", "order_id"))
    MACHINES = {"status": RETURN}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    order_id: Mapped[uuid.UUID]
    ticket_id: Mapped[uuid.UUID | None]
    warehouse_id: Mapped[uuid.UUID | None]
    reason: Mapped[str]
    note: Mapped[str | None] = mapped_column(EncryptedText)
    status: Mapped[str] = mapped_column(default="requested")
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    approved_by: Mapped[str | None]
    received_at: Mapped[datetime | None]
    inspected_at: Mapped[datetime | None]


class ReturnLine(Base):
    __tablename__ = "return_line"
    __table_args__ = (
        CheckConstraint(
            "qty > 0 AND qty_received >= 0 AND qty_received <= qty AND qty_restocked >= 0 AND qty_scrapped >= 0"
            " AND qty_restocked + qty_scrapped <= qty_received",
            name="ledger",
        ),
    )

    return_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_line_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sku_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    qty: Mapped[Decimal] = mapped_column(Qty)
    qty_received: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_restocked: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_scrapped: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    finding: Mapped[str | None]


class Refund(Base):
    """Money back, apart from the goods; never more than was paid (I16)."""

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_refund_order", "order_id"),
    )
    MACHINES = {"status": REFUND}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str]
    order_id: Mapped[uuid.UUID]
    return_id: Mapped[uuid.UUID | None]
    ticket_id: Mapped[uuid.UUID | None]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    paid_out_at: Mapped[datetime | None]


class Score(Base):
    """A customer's answer about satisfaction, 1-5 each: goods, delivery, service (S-5, K-4)."""

    __tablename__ = "score"
    __table_args__ = (UniqueConstraint("subject_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    order_id: Mapped[uuid.UUID | None]
    goods: Mapped[int | None] = mapped_column(SmallInteger)
    delivery: Mapped[int | None] = mapped_column(SmallInteger)
    service: Mapped[int | None] = mapped_column(SmallInteger)
    comment: Mapped[str | None] = mapped_column(EncryptedText)
    at: Mapped[datetime]
