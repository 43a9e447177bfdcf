"""Reports as they were counted: provisional ones are counted again, a closed one never changes (K-7)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base


class KpiMonth(Base):
    """One month's figures; `closed_at` set: it stands, and its lines are in `kpi_line`."""

    __tablename__ = "kpi_month"
    __table_args__ = (CheckConstraint("month ~ '^[0-9]{4}-[0-9]{2}$'", name="month"),)

    month: Mapped[str] = mapped_column(primary_key=True)
    computed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    #: [{"kpi", "dimension", "value", "hit", "of"}] for lists and dashboards
    figures: Mapped[list[Any]]


class KpiLine(Base):
    """One line behind a closed month's figure, exactly as it was counted."""

    __tablename__ = "kpi_line"
    __table_args__ = (Index("ix_kpi_line_order", "order_id"),)

    month: Mapped[str] = mapped_column(primary_key=True)
    kpi: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    fact_id: Mapped[uuid.UUID]
    order_id: Mapped[uuid.UUID | None]
    order_no: Mapped[str | None]
    stage: Mapped[str]
    channel: Mapped[str | None]
    warehouse: Mapped[str | None]
    carrier: Mapped[str | None]
    person: Mapped[str | None]
    hit: Mapped[int] = mapped_column(Integer)
    of: Mapped[int] = mapped_column(Integer)
    why: Mapped[str]
    own_hit: Mapped[int | None] = mapped_column(Integer)
    caught: Mapped[int] = mapped_column(Integer)
    escaped: Mapped[int] = mapped_column(Integer)
