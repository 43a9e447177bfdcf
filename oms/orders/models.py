"""Order and OrderLine: the one schema in columns; private data encrypted, searched by keyed hash."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, EncryptedJson, EncryptedText, Qty, UnitPrice, new_id
from oms.orders.states import CHANGE, CONFIRMATION, ORDER, PAYMENT


class Order(Base):
    """One order of one channel; `number` is ours (I-3). Amounts are in `currency`."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("channel_id", "channel_order_id"),
        UniqueConstraint("number"),
        Index("ix_orders_list", "received_at", "id"),
        # Each pair of states is a range of these, newest first; what else is looked for stands in `order_term`.
        Index("ix_orders_states", "status", "fulfilment_status", "received_at", "id"),
        Index("ix_orders_channel_states", "channel_id", "status", "fulfilment_status", "received_at", "id"),
        # A dozen updates in an order's life, most of no indexed column: room on the page keeps them off the indexes.
        {"postgresql_with": {"fillfactor": 50}},
    )
    MACHINES = {"status": ORDER, "confirmation": CONFIRMATION, "payment_status": PAYMENT}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    channel_id: Mapped[uuid.UUID]
    source: Mapped[str]
    channel_order_id: Mapped[str]
    channel_order_number: Mapped[str]
    #: the sender's change time or sequence; `content_hash` tells equal versions with other content apart
    version: Mapped[str | None]
    content_hash: Mapped[bytes]
    #: the channel has cancelled it; what it told before is superseded
    channel_cancelled: Mapped[bool] = mapped_column(Boolean, default=False)
    message_id: Mapped[uuid.UUID | None]
    placed_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(default="system")
    order_class: Mapped[str] = mapped_column(default="regular")
    status: Mapped[str] = mapped_column(default="received")
    payment_status: Mapped[str] = mapped_column(default="none")
    confirmation: Mapped[str] = mapped_column(default="not_given")
    fulfilment_status: Mapped[str] = mapped_column(default="unfulfilled")
    return_status: Mapped[str] = mapped_column(default="none")
    #: rises with each change or return to an earlier stage; part of every step's key
    round: Mapped[int] = mapped_column(Integer, default=0)
    #: rises with each write that touches the order
    row_version: Mapped[int] = mapped_column(Integer, default=0)
    currency: Mapped[str | None]
    lines_total: Mapped[Decimal | None]
    discount: Mapped[Decimal | None]
    shipping: Mapped[Decimal | None]
    fees: Mapped[Decimal | None]
    tax: Mapped[Decimal | None]
    tax_included: Mapped[bool | None] = mapped_column(Boolean)
    total: Mapped[Decimal | None]
    paid: Mapped[Decimal | None]
    payment_terms: Mapped[str]
    customer_id: Mapped[uuid.UUID | None]
    #: {"external_id", "name", "company", "email", "phone", "tax_id"} as the channel told it
    contact: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    email_hash: Mapped[bytes | None]
    phone_hash: Mapped[bytes | None]
    name_hash: Mapped[bytes | None]
    ship_to: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    bill_to: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    invoice: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    ship_country: Mapped[str | None]
    ship_region: Mapped[str | None]
    ship_city: Mapped[str | None]
    buyer_message: Mapped[str | None] = mapped_column(EncryptedText)
    buyer_message_read: Mapped[bool] = mapped_column(Boolean, default=False)
    seller_memo: Mapped[str | None] = mapped_column(EncryptedText)
    requested_ship_by: Mapped[datetime | None]
    requested_deliver_by: Mapped[datetime | None]
    requested_service: Mapped[str | None]
    promised_ship_at: Mapped[datetime | None]
    promised_deliver_at: Mapped[datetime | None]
    first_promised_ship_at: Mapped[datetime | None]
    first_promised_deliver_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(default="en")
    #: [{"code", "severity", "field", "message"}] as translation found them; no private values
    problems: Mapped[list[Any]] = mapped_column(default=list)
    #: [{"field", "confidence", "source"}] of parsed messages
    evidence: Mapped[list[Any] | None] = mapped_column(EncryptedJson)


class OrderLine(Base):
    """One line as a ledger of quantities: ordered = shipped + cancelled + open (I6)."""

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint(
            "qty_cancelled >= 0 AND qty_backordered >= 0 AND qty_reserved >= 0 AND qty_picked >= 0 AND qty_packed >= 0"
            " AND qty_shipped >= 0 AND qty_delivered >= 0 AND qty_returned >= 0",
            name="not_negative",
        ),
        CheckConstraint("qty_shipped + qty_cancelled <= qty", name="not_over"),
        CheckConstraint(
            "qty_delivered <= qty_shipped AND qty_shipped <= qty_packed AND qty_packed <= qty_picked"
            " AND qty_returned <= qty_shipped",
            name="in_order",
        ),
        CheckConstraint("qty_reserved + qty_backordered + qty_cancelled <= qty", name="reserved_not_over"),
        Index("ix_order_line_backordered", "sku_id", "order_id", postgresql_where="qty_backordered > 0"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID]
    position: Mapped[int] = mapped_column(Integer)
    line_ref: Mapped[str | None]
    channel_sku: Mapped[str | None]
    sku_id: Mapped[uuid.UUID | None]
    name: Mapped[str | None]
    unit: Mapped[str | None]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    requires_shipping: Mapped[bool] = mapped_column(Boolean, default=True)
    qty: Mapped[Decimal] = mapped_column(Qty)
    unit_price: Mapped[Decimal | None] = mapped_column(UnitPrice)
    discount: Mapped[Decimal | None]
    tax: Mapped[Decimal | None]
    total: Mapped[Decimal | None]
    #: promised from stock; stays until hand-over (picked and packed are inside it)
    qty_reserved: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_backordered: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_cancelled: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_picked: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_packed: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_shipped: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_delivered: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_returned: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))


class OrderTerm(Base):
    """One thing that an order is looked for by, in the order of time: a SKU, its customer, a hashed name, a number.

    Rows are only added, so a change of state costs nothing here. Written by `oms.orders.terms`.
    """

    __tablename__ = "order_term"

    term: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class Finding(Base):
    """What verification found on an order, by rule; open until a person or an amendment settles it (V-1..V-4)."""

    __tablename__ = "finding"
    __table_args__ = (Index("ix_finding_order", "order_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID]
    round: Mapped[int] = mapped_column(Integer)
    rule: Mapped[str]
    severity: Mapped[str]
    owner: Mapped[str]
    field: Mapped[str]
    en: Mapped[str]
    zh_hans: Mapped[str]
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    settlement: Mapped[str | None]


class Confirmation(Base):
    """The confirmation a customer got and signed or not (C-1, I-4): text hash, who, when, how."""

    __tablename__ = "confirmation"
    __table_args__ = (UniqueConstraint("order_id", "round"), UniqueConstraint("token_hash"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID]
    round: Mapped[int] = mapped_column(Integer)
    required: Mapped[bool] = mapped_column(Boolean)
    #: hash of the one-time link's token; the token itself only travels in the message
    token_hash: Mapped[bytes | None]
    content_sha256: Mapped[bytes]
    document_id: Mapped[uuid.UUID | None]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    #: signed | declined | waived
    answer: Mapped[str | None]
    #: link | email_reply | upload | waiver
    means: Mapped[str | None]
    signed_name: Mapped[str | None] = mapped_column(EncryptedText)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)


class ChangeRequest(Base):
    """A wish to change or cancel an order, kept in writing (C-4, C-5); `wanted` is the one schema's JSON."""

    __tablename__ = "change_request"
    __table_args__ = (UniqueConstraint("key"), Index("ix_change_request_order", "order_id"))
    MACHINES = {"status": CHANGE}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    #: makes it one of its kind: `<order id>:<version or content hash>`
    key: Mapped[str]
    order_id: Mapped[uuid.UUID]
    message_id: Mapped[uuid.UUID | None]
    #: update | cancellation | revival: of an order that the channel had cancelled
    kind: Mapped[str]
    wanted: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    version: Mapped[str | None]
    #: 1 small, 2 moves the date, 3 changes structure or price
    change_class: Mapped[int | None] = mapped_column(SmallInteger)
    status: Mapped[str] = mapped_column(default="requested")
    reason: Mapped[str | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
