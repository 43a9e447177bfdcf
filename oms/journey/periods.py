"""Periodic steps: their subject is no thing but a period, which their key names."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from oms.clock import DAY

#: The subject of the steps that run for the whole house.
HOUSE = uuid.UUID("8f0c8f0a-6d0e-4f0e-9d51-6f6d73000001")


def minute(now: datetime) -> str:
    return now.strftime("%Y%m%dT%H%MZ")


def day(moment: date) -> str:
    """The period of a whole day, as `2026-11-30`."""
    return f"{moment:%Y-%m-%d}"


def day_of(step_key: str) -> date:
    """The day that the key of a daily step names."""
    return date.fromisoformat(step_key.rpartition(":")[2])


def days_since(last_key: str | None, today: date) -> list[str]:
    """Every day after the one that the last step's key names, up to today; today alone when there was none."""
    first = min(day_of(last_key) + DAY, today) if last_key else today
    return [day(first + DAY * ahead) for ahead in range((today - first).days + 1)]


def key(subject_id: uuid.UUID, period: str) -> str:
    """The key of the one step for that subject and period."""
    return f"{subject_id}:{period}"


def keys_of_last_hour(now: datetime) -> list[str]:
    """The keys of the house's steps of each of the last sixty minutes, and of this one."""
    return [key(HOUSE, minute(now - timedelta(minutes=ago))) for ago in range(61)]
