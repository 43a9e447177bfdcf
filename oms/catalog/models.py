"""SKUs with barcodes and sizes, bundles, prices, and what channels call them."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, Qty, UnitPrice, new_id


class Sku(Base):
    """One stock-keeping unit; weight in grams, sizes in millimetres, None where unknown."""

    __tablename__ = "sku"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    unit: Mapped[str] = mapped_column(default="EA")
    weight_g: Mapped[int | None] = mapped_column(Integer)
    length_mm: Mapped[int | None] = mapped_column(Integer)
    width_mm: Mapped[int | None] = mapped_column(Integer)
    height_mm: Mapped[int | None] = mapped_column(Integer)
    this_side_up: Mapped[bool] = mapped_column(Boolean, default=False)
    lead_days: Mapped[int] = mapped_column(Integer, default=7)
    bundle: Mapped[bool] = mapped_column(Boolean, default=False)
    #: custom or discontinued goods make an order important (V-1)
    custom: Mapped[bool] = mapped_column(Boolean, default=False)
    discontinued: Mapped[bool] = mapped_column(Boolean, default=False)
    blocked_reason: Mapped[str | None]
    #: ISO country codes that it may not be sent to (V-2)
    forbidden_countries: Mapped[list[Any]] = mapped_column(default=list)
    supplier_id: Mapped[uuid.UUID | None]
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Barcode(Base):
    __tablename__ = "barcode"

    code: Mapped[str] = mapped_column(primary_key=True)
    sku_id: Mapped[uuid.UUID]
    qty: Mapped[Decimal] = mapped_column(Qty, default=Decimal(1))


class BundlePart(Base):
    """`qty` pieces of `part_id` in one bundle."""

    __tablename__ = "bundle_part"

    bundle_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    part_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    qty: Mapped[Decimal] = mapped_column(Qty)


class Price(Base):
    """List price and floor of a SKU in a currency, for one channel or all (`channel_id` None), from a day on (V-3, V-4)."""

    __tablename__ = "price"
    __table_args__ = (Index("ix_price_sku", "sku_id", "currency", "valid_from"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    sku_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID | None]
    currency: Mapped[str]
    list_price: Mapped[Decimal] = mapped_column(UnitPrice)
    floor_price: Mapped[Decimal] = mapped_column(UnitPrice)
    valid_from: Mapped[datetime]


class Listing(Base):
    """What a channel calls a SKU; an unknown name is first looked up as our own code, then as a barcode."""

    __tablename__ = "listing"
    __table_args__ = (UniqueConstraint("channel_id", "channel_sku"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel_id: Mapped[uuid.UUID]
    channel_sku: Mapped[str]
    sku_id: Mapped[uuid.UUID]
