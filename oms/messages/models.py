"""Everything told to someone: one row a message, sent by the step `tell`."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, EncryptedJson, EncryptedText, new_id
from oms.journey.states import machine

MESSAGE = machine("waiting", waiting="sent failed no_address", sent="", failed="waiting", no_address="waiting")


class Message(Base):
    """A mail to a customer: `template` and its values, the address, the thread it answers.

    `key` makes it one of its kind (`dispatched:<parcel id>`), whatever is repeated.
    """

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("key"), Index("ix_message_order", "order_id"))
    MACHINES = {"status": MESSAGE}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str]
    order_id: Mapped[uuid.UUID | None]
    template: Mapped[str]
    language: Mapped[str]
    address: Mapped[str | None] = mapped_column(EncryptedText)
    values: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    #: {"message_id", "references", "subject"} of the mail that is answered
    thread: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    status: Mapped[str] = mapped_column(default="waiting")
    mail_id: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
