"""Who we deal with: channels, customers, carriers, suppliers. Private data is encrypted and searched by keyed hash (D-3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Index, Integer, SmallInteger, Time, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, EncryptedJson, EncryptedText, new_id


class Channel(Base):
    """A configured way that orders arrive (I-1); `secrets` newest first, both count during rotation."""

    __tablename__ = "channel"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]
    #: web_shop | email | phone | im | fax | visit | sales_rep | distributor
    way: Mapped[str]
    base_url: Mapped[str] = mapped_column(default="")
    secrets: Mapped[list[str]] = mapped_column(EncryptedJson, default=list)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    currency: Mapped[str | None]
    #: prepaid | cod | account: what counts where the sender gives no terms
    payment_terms: Mapped[str] = mapped_column(default="prepaid")
    needs_signature: Mapped[bool] = mapped_column(Boolean, default=False)
    language: Mapped[str] = mapped_column(default="en")
    customer_id: Mapped[uuid.UUID | None]
    polled: Mapped[bool] = mapped_column(Boolean, default=False)
    polled_until: Mapped[datetime | None]
    last_message_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Customer(Base):
    """A customer; credit in the account currency. `blocked_reason` set: no order passes (V-2)."""

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_email", "email_hash"),
        Index("ix_customer_phone", "phone_hash"),
        Index("ix_customer_name", "name_hash"),
        UniqueConstraint("number"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    name: Mapped[str | None] = mapped_column(EncryptedText)
    name_hash: Mapped[bytes | None]
    company: Mapped[str | None] = mapped_column(EncryptedText)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    email_hash: Mapped[bytes | None]
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_hash: Mapped[bytes | None]
    address: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    tax_id: Mapped[str | None] = mapped_column(EncryptedText)
    language: Mapped[str] = mapped_column(default="en")
    key_customer: Mapped[bool] = mapped_column(Boolean, default=False)
    payment_terms: Mapped[str | None]
    credit_currency: Mapped[str | None]
    credit_limit: Mapped[Decimal | None]
    blocked_reason: Mapped[str | None]
    created_at: Mapped[datetime]


class Carrier(Base):
    """A carrier; `source` names its connector."""

    __tablename__ = "carrier"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]
    base_url: Mapped[str]
    api_key: Mapped[str] = mapped_column(EncryptedText)
    secrets: Mapped[list[str]] = mapped_column(EncryptedJson, default=list)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    tracked_until: Mapped[datetime | None]


class CarrierService(Base):
    """What a carrier offers from a warehouse to a destination: cut-off, transit days, rate table."""

    __tablename__ = "carrier_service"
    __table_args__ = (UniqueConstraint("carrier_id", "warehouse_id", "service", "country"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    carrier_id: Mapped[uuid.UUID]
    warehouse_id: Mapped[uuid.UUID]
    service: Mapped[str]
    #: ISO 3166 alpha-2, or '*' for everywhere else
    country: Mapped[str]
    cut_off: Mapped[Any] = mapped_column(Time)
    #: bit n set: picks up on ISO weekday n+1
    pick_up_days: Mapped[int] = mapped_column(SmallInteger, default=127)
    transit_days: Mapped[int] = mapped_column(Integer)
    base_price: Mapped[Decimal]
    price_per_kg: Mapped[Decimal]
    currency: Mapped[str]
    max_weight_g: Mapped[int] = mapped_column(Integer, default=30000)
    cash_on_delivery: Mapped[bool] = mapped_column(Boolean, default=False)


class Supplier(Base):
    __tablename__ = "supplier"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    lead_days: Mapped[int] = mapped_column(Integer, default=7)
