"""What was counted: lines, and sums over them by dimension; of a closed month neither ever changes (K-7)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base


class KpiMonth(Base):
    """One month that was counted; `closed_at` set: it stands. `recount_at` set: since then it is counted whole, to be closed."""

    __tablename__ = "kpi_month"
    __table_args__ = (CheckConstraint("month ~ '^[0-9]{4}-[0-9]{2}$'", name="month"),)

    month: Mapped[str] = mapped_column(primary_key=True)
    computed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    recount_at: Mapped[datetime | None]


class KpiLine(Base):
    """One line behind a month's figure, as it was counted last. `unit_id`: its order, or its subject where it has none."""

    __tablename__ = "kpi_line"
    __table_args__ = (Index("ix_kpi_line_unit", "unit_id"),)

    month: Mapped[str] = mapped_column(primary_key=True)
    kpi: Mapped[str] = mapped_column(primary_key=True)
    fact_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[uuid.UUID]
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


class KpiCount(Base):
    """The sums over the lines of a figure: of the company (both names empty), of one value of a dimension, or of what was told of
    one closed month (`definitions.TOLD`)."""

    __tablename__ = "kpi_count"

    month: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    kpi: Mapped[str] = mapped_column(primary_key=True)
    lines: Mapped[int] = mapped_column(BigInteger)
    hit: Mapped[int] = mapped_column(BigInteger)
    of: Mapped[int] = mapped_column(BigInteger)
    caught: Mapped[int] = mapped_column(BigInteger)
    escaped: Mapped[int] = mapped_column(BigInteger)


class KpiRecount(Base):
    """When an order's lines change by time alone: a step of it that is still open becomes late then."""

    __tablename__ = "kpi_recount"
    __table_args__ = (Index("ix_kpi_recount_at", "at"),)

    unit_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class KpiFold(Base):
    """One row: up to when everything that was touched has been counted; who folds holds it, so folds do not meet."""

    __tablename__ = "kpi_fold"
    __table_args__ = (CheckConstraint(text("id = 1"), name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, default=1)
    folded_at: Mapped[datetime]
