"""Inbound messages as received, byte for byte, encrypted, linked to what they became (I-7)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, EncryptedBytes, EncryptedJson, new_id
from oms.intake.states import INBOUND


class InboundMessage(Base):
    """A delivery: `event_id` is the sender's id of it, or the hash of the bytes where it has none."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("channel_id", "event_id"),
        Index("ix_inbound_status", "status", "id"),
        Index("ix_inbound_received", "received_at"),
    )
    MACHINES = {"status": INBOUND}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel_id: Mapped[uuid.UUID]
    event_id: Mapped[str]
    #: webhook | poll | mail | upload | page | api
    way: Mapped[str]
    body_sha256: Mapped[bytes]
    body: Mapped[bytes] = mapped_column(EncryptedBytes)
    headers: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    size: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(default="received")
    reason: Mapped[str | None]
    received_at: Mapped[datetime]
    received_by: Mapped[str]


class InboundOrder(Base):
    """What one element of a message became: an order, a change, a duplicate, or a row refused with its reason."""

    __tablename__ = "inbound_order"
    __table_args__ = (Index("ix_inbound_order_order", "order_id"),)

    message_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    channel_order_id: Mapped[str | None]
    #: ordered | updated | cancelled | revived | duplicate | superseded | conflict | refused | not_an_order | review
    became: Mapped[str]
    order_id: Mapped[uuid.UUID | None]
    problems: Mapped[list[Any]] = mapped_column(default=list)
