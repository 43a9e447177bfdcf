"""Working hours, special days and national tables as managers set them: append-only, the newest counts."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from oms.db import Base, new_id


class RosterVersion(Base):
    """The weekly hours of a team ('' is the organisation), Monday first: seven lists of shifts."""

    __tablename__ = "roster_version"
    __table_args__ = (Index("ix_roster_version_team", "team", "valid_from", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    team: Mapped[str]
    zone: Mapped[str]
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    weekly: Mapped[list[Any]]
    makeup: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    works_holidays: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str]
    created_at: Mapped[datetime]


class SpecialDay(Base):
    """A day with hours of its own for a team ('' for all): [] closes it, null takes the exception back."""

    __tablename__ = "special_day"
    __table_args__ = (Index("ix_special_day_team", "team", "day", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    team: Mapped[str]
    day: Mapped[date]
    shifts: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    by: Mapped[str]
    why: Mapped[str]
    created_at: Mapped[datetime]


class NationalYear(Base):
    """An imported national table: the year's days off and its make-up workdays."""

    __tablename__ = "national_year"
    __table_args__ = (
        Index("ix_national_year_country", "country", "year", "id"),
        CheckConstraint("year BETWEEN 2000 AND 2200", name="year"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    country: Mapped[str]
    year: Mapped[int] = mapped_column(Integer)
    days_off: Mapped[list[Any]]
    makeup_workdays: Mapped[list[Any]]
    by: Mapped[str]
    why: Mapped[str]
    created_at: Mapped[datetime]
