"""What a warehouse ships of an order, its wave and pick tasks, scans, parcels' contents."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, Qty, new_id
from oms.fulfilment.states import FULFILMENT, PICK_TASK, WAVE


class Fulfilment(Base):
    """What one warehouse ships of one order; carrier and cut-off are planned at release (F-1)."""

    __tablename__ = "fulfilment"
    __table_args__ = (
        UniqueConstraint("order_id", "warehouse_id", "round", "part"),
        UniqueConstraint("number"),
        Index("ix_fulfilment_wave", "wave_id"),
        Index("ix_fulfilment_list", "warehouse_id", "status", "cut_off_at"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    MACHINES = {"status": FULFILMENT}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    order_id: Mapped[uuid.UUID]
    warehouse_id: Mapped[uuid.UUID]
    round: Mapped[int] = mapped_column(Integer)
    #: 0, then 1.. for later releases of what was backordered in the same round
    part: Mapped[int] = mapped_column(Integer, default=0)
    status: Mapped[str] = mapped_column(default="planned")
    carrier_id: Mapped[uuid.UUID]
    service: Mapped[str]
    cut_off_at: Mapped[datetime]
    promised_ship_at: Mapped[datetime]
    promised_deliver_at: Mapped[datetime]
    wave_id: Mapped[uuid.UUID | None]
    released_at: Mapped[datetime]
    picked_by: Mapped[str | None]
    packed_by: Mapped[str | None]


class FulfilmentLine(Base):
    """Pieces of one SKU for one order line (bundles stand as their parts)."""

    __tablename__ = "fulfilment_line"
    __table_args__ = (
        UniqueConstraint("fulfilment_id", "order_line_id", "sku_id"),
        Index("ix_fulfilment_line_order", "order_id"),
        CheckConstraint(
            "qty > 0 AND qty_short >= 0 AND qty_packed >= 0 AND qty_packed <= qty_picked AND qty_picked + qty_short <= qty",
            name="ledger",
        ),
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    fulfilment_id: Mapped[uuid.UUID]
    order_id: Mapped[uuid.UUID]
    order_line_id: Mapped[uuid.UUID]
    sku_id: Mapped[uuid.UUID]
    qty: Mapped[Decimal] = mapped_column(Qty)
    qty_picked: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_short: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    qty_packed: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))


class Wave(Base):
    """Fulfilments of one warehouse, cut-off and planned carrier that are picked in one walk (F-2)."""

    __tablename__ = "wave"
    __table_args__ = (UniqueConstraint("number"), Index("ix_wave_list", "warehouse_id", "status", "cut_off_at"))
    MACHINES = {"status": WAVE}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    warehouse_id: Mapped[uuid.UUID]
    carrier_id: Mapped[uuid.UUID]
    service: Mapped[str]
    cut_off_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="released")
    assignee_id: Mapped[uuid.UUID | None]
    #: the walk in mm: as planned, its optimum or None where unbounded, and what S-shape would walk
    length_mm: Mapped[int] = mapped_column(Integer, default=0)
    optimum_mm: Mapped[int | None] = mapped_column(Integer)
    s_shape_mm: Mapped[int] = mapped_column(Integer, default=0)
    released_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class PickTask(Base):
    """Take `qty` of a SKU from a bin for one fulfilment line; `stop` is its place on the walk."""

    __tablename__ = "pick_task"
    __table_args__ = (
        CheckConstraint("qty > 0 AND qty_picked >= 0 AND qty_picked <= qty", name="ledger"),
        Index("ix_pick_task_wave", "wave_id", "stop"),
        Index("ix_pick_task_fulfilment", "fulfilment_id"),
        {"postgresql_with": {"fillfactor": 35}},
    )
    MACHINES = {"status": PICK_TASK}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    wave_id: Mapped[uuid.UUID]
    fulfilment_id: Mapped[uuid.UUID]
    fulfilment_line_id: Mapped[uuid.UUID]
    order_id: Mapped[uuid.UUID]
    bin_id: Mapped[uuid.UUID]
    sku_id: Mapped[uuid.UUID]
    qty: Mapped[Decimal] = mapped_column(Qty)
    qty_picked: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    stop: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(default="pending")
    picked_by: Mapped[str | None]
    picked_at: Mapped[datetime | None]
    short_reason: Mapped[str | None]


class Scan(Base):
    """One scan on the floor, right or wrong: the evidence of picking and packing (F-3, I7). `scan_id` is the device's own."""

    __tablename__ = "scan"
    __table_args__ = (UniqueConstraint("scan_id"), Index("ix_scan_fulfilment", "fulfilment_id", "at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    scan_id: Mapped[str]
    #: pick | pack
    stage: Mapped[str]
    fulfilment_id: Mapped[uuid.UUID]
    task_id: Mapped[uuid.UUID | None]
    code: Mapped[str]
    bin_code: Mapped[str | None]
    sku_id: Mapped[uuid.UUID | None]
    qty: Mapped[Decimal] = mapped_column(Qty)
    #: what it counted: `qty` times what its code stood for then; None where it counted nothing
    pieces: Mapped[Decimal | None] = mapped_column(Qty)
    accepted: Mapped[bool] = mapped_column(Boolean)
    #: ok | wrong_bin | wrong_sku | too_many | unknown_code | not_yours
    answer: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]


class Carton(Base):
    """A carton size: inner and outer in mm, tare and limit in g."""

    __tablename__ = "carton"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    length_mm: Mapped[int] = mapped_column(Integer)
    width_mm: Mapped[int] = mapped_column(Integer)
    height_mm: Mapped[int] = mapped_column(Integer)
    tare_g: Mapped[int] = mapped_column(Integer)
    limit_g: Mapped[int] = mapped_column(Integer)
    price: Mapped[Decimal]
