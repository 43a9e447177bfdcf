"""Parcels with their label and tracking, hand-over lists, the carrier's scans."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, EncryptedText, Qty, new_id
from oms.shipping.states import HAND_OVER_LIST, LABEL, TRACKING


class Parcel(Base):
    """The thing that travels; `reference` is our key at the carrier, so that a label is never bought twice."""

    __tablename__ = "parcel"
    __table_args__ = (
        UniqueConstraint("fulfilment_id", "position"),
        UniqueConstraint("reference"),
        Index(
            "ix_parcel_waybill",
            "carrier_id",
            "waybill_number",
            unique=True,
            postgresql_where="waybill_number IS NOT NULL",
        ),
        # `delivered_at` is written once: what the carrier tells on the way stays an update in place.
        Index(
            "ix_parcel_on_its_way",
            "carrier_id",
            postgresql_where="waybill_number IS NOT NULL AND delivered_at IS NULL",
        ),
        Index("ix_parcel_order", "order_id"),
        Index("ix_parcel_list", "hand_over_list_id"),
        CheckConstraint("weight_g > 0", name="weight"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    MACHINES = {"label_status": LABEL, "tracking_status": TRACKING}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    reference: Mapped[str]
    order_id: Mapped[uuid.UUID]
    fulfilment_id: Mapped[uuid.UUID]
    position: Mapped[int] = mapped_column(Integer, default=0)
    carton_id: Mapped[uuid.UUID | None]
    weight_g: Mapped[int] = mapped_column(Integer)
    length_mm: Mapped[int] = mapped_column(Integer, default=0)
    width_mm: Mapped[int] = mapped_column(Integer, default=0)
    height_mm: Mapped[int] = mapped_column(Integer, default=0)
    carrier_id: Mapped[uuid.UUID]
    service: Mapped[str]
    waybill_number: Mapped[str | None]
    tracking_url: Mapped[str | None]
    label_price: Mapped[Decimal | None]
    label_currency: Mapped[str | None]
    label_status: Mapped[str] = mapped_column(default="none")
    tracking_status: Mapped[str] = mapped_column(default="pre_transit")
    hand_over_list_id: Mapped[uuid.UUID | None]
    packed_at: Mapped[datetime]
    packed_by: Mapped[str]
    booked_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    signed_by: Mapped[str | None] = mapped_column(EncryptedText)
    #: since when it is known that it will never arrive, and what became of it: one of `flow.UNDELIVERED`
    undelivered_at: Mapped[datetime | None]
    undelivered_as: Mapped[str | None]
    #: when the carrier was last asked about it; the longest unasked goes first
    tracked_at: Mapped[datetime | None]


class ParcelLine(Base):
    __tablename__ = "parcel_line"
    __table_args__ = (CheckConstraint("qty > 0", name="qty"),)

    parcel_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    fulfilment_line_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    qty: Mapped[Decimal] = mapped_column(Qty)


class HandOverList(Base):
    """Parcels that one carrier takes from one warehouse; both sign (F-4)."""

    __tablename__ = "hand_over_list"
    __table_args__ = (
        Index("ix_hand_over_list_open", "warehouse_id", "carrier_id", unique=True, postgresql_where="status = 'open'"),
    )
    MACHINES = {"status": HAND_OVER_LIST}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    warehouse_id: Mapped[uuid.UUID]
    carrier_id: Mapped[uuid.UUID]
    status: Mapped[str] = mapped_column(default="open")
    opened_at: Mapped[datetime]
    our_signer: Mapped[str | None]
    our_signed_at: Mapped[datetime | None]
    carrier_signer: Mapped[str | None] = mapped_column(EncryptedText)
    carrier_signed_at: Mapped[datetime | None]


class TrackingEvent(Base):
    """One scan of the carrier; the same scan told twice is one row."""

    __tablename__ = "tracking_event"
    __table_args__ = (UniqueConstraint("parcel_id", "status", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    parcel_id: Mapped[uuid.UUID]
    status: Mapped[str]
    carrier_status: Mapped[str]
    place: Mapped[str | None]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    #: webhook | poll
    way: Mapped[str]
