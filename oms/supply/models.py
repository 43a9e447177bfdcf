"""Supply requests for what is short (A-3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, Qty, new_id
from oms.journey.states import machine

SUPPLY = machine("raised", raised="ordered received withdrawn", ordered="received withdrawn", received="", withdrawn="")


class SupplyRequest(Base):
    """Pieces of one SKU wanted at one warehouse; one open request a SKU and warehouse gathers many orders."""

    __tablename__ = "supply_request"
    __table_args__ = (
        CheckConstraint("qty > 0 AND qty_received >= 0", name="qty"),
        Index(
            "ix_supply_request_open",
            "warehouse_id",
            "sku_id",
            unique=True,
            postgresql_where="status IN ('raised', 'ordered')",
        ),
    )
    MACHINES = {"status": SUPPLY}

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    #: purchase | production
    kind: Mapped[str] = mapped_column(default="purchase")
    warehouse_id: Mapped[uuid.UUID]
    sku_id: Mapped[uuid.UUID]
    supplier_id: Mapped[uuid.UUID | None]
    qty: Mapped[Decimal] = mapped_column(Qty)
    qty_received: Mapped[Decimal] = mapped_column(Qty, default=Decimal(0))
    status: Mapped[str] = mapped_column(default="raised")
    raised_at: Mapped[datetime]
    expected_at: Mapped[datetime | None]


class SupplyDemand(Base):
    """Which order line waits for which request, and how many pieces."""

    __tablename__ = "supply_demand"
    __table_args__ = (Index("ix_supply_demand_order", "order_id"),)

    request_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_line_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    order_id: Mapped[uuid.UUID]
    qty: Mapped[Decimal] = mapped_column(Qty)
