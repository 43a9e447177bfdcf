"""Stock promised at the warehouse and picked at the bin; every movement has its cause (A-2)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, EncryptedJson, Qty, new_id


class Warehouse(Base):
    __tablename__ = "warehouse"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    address: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    country: Mapped[str]
    #: in which its carriers' hours are meant and its papers are dated; None: the organisation's
    zone: Mapped[str | None]
    #: sourcing order: the lowest first
    priority: Mapped[int] = mapped_column(Integer, default=1)
    #: the walking grid (oms/fulfilment/layout.py) as JSON, lengths in mm
    layout: Mapped[dict[str, Any] | None]
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Stock(Base):
    """What one warehouse has of one SKU: promised pieces are `reserved`, `safety` is never promised."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="never_oversold"),
        Index("ix_stock_sku", "sku_id"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    warehouse_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sku_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    on_hand: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    reserved: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    safety: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))


class Bin(Base):
    """A place in a warehouse: its access point on the walking grid, in mm."""

    __tablename__ = "bin"
    __table_args__ = (UniqueConstraint("warehouse_id", "code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    warehouse_id: Mapped[uuid.UUID]
    code: Mapped[str]
    block: Mapped[int] = mapped_column(Integer, default=0)
    aisle: Mapped[int] = mapped_column(Integer, default=0)
    y_mm: Mapped[int] = mapped_column(Integer, default=0)
    #: pick | reserve | quarantine | returns
    kind: Mapped[str] = mapped_column(default="pick")


class BinStock(Base):
    """Pieces in one bin; over a warehouse and SKU they add up to `Stock.on_hand`. `allotted` is on pick lists."""

    __tablename__ = "bin_stock"
    __table_args__ = (
        CheckConstraint("on_hand >= 0 AND allotted >= 0 AND allotted <= on_hand", name="balance"),
        Index("ix_bin_stock_sku", "warehouse_id", "sku_id"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    bin_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sku_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    warehouse_id: Mapped[uuid.UUID]
    on_hand: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    allotted: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))


class StockMove(Base):
    """One movement with its cause: `on_hand` and `reserved` are the changes; their sums are the balances (I1).

    Goods that are carried from one bin to another change neither: `carried` pieces from `bin_id` to `to_bin_id`.
    """

    __tablename__ = "stock_move"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_stock_move_stock", "warehouse_id", "sku_id", "id"),
        CheckConstraint(
            "(to_bin_id IS NULL AND carried IS NULL)"
            " OR (bin_id IS NOT NULL AND to_bin_id IS NOT NULL AND carried > 0 AND on_hand = 0 AND reserved = 0)",
            name="carried",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    #: makes a movement one of its kind: `unreserve:<reservation>:<released>`
    key: Mapped[str]
    warehouse_id: Mapped[uuid.UUID]
    sku_id: Mapped[uuid.UUID]
    bin_id: Mapped[uuid.UUID | None]
    on_hand: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    reserved: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    to_bin_id: Mapped[uuid.UUID | None]
    carried: Mapped[Decimal | None] = mapped_column(Qty)
    #: receipt | reserve | unreserve | ship | pick | short | count | restock | scrap | opening
    cause: Mapped[str]
    order_id: Mapped[uuid.UUID | None]
    subject_id: Mapped[uuid.UUID | None]
    actor: Mapped[str]
    at: Mapped[datetime]


class Reservation(Base):
    """Pieces of one SKU in one warehouse promised to one order line (a bundle line has one for each part)."""

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("order_line_id", "warehouse_id", "sku_id", "round"),
        CheckConstraint(
            "qty >= 0 AND qty_shipped >= 0 AND qty_released >= 0 AND qty_shipped + qty_released <= qty", name="ledger"
        ),
        Index("ix_reservation_order", "order_id"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[uuid.UUID]
    order_line_id: Mapped[uuid.UUID]
    warehouse_id: Mapped[uuid.UUID]
    sku_id: Mapped[uuid.UUID]
    round: Mapped[int] = mapped_column(Integer)
    #: pieces promised; still promised = qty - qty_shipped - qty_released
    qty: Mapped[Decimal] = mapped_column(Qty)
    qty_shipped: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_released: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    at: Mapped[datetime]
