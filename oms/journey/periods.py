"""Periodic steps: their subject is no thing but a period, which their key names."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

#: The subject of the steps that run for the whole house.
HOUSE = uuid.UUID("8f0c8f0a-6d0e-4f0e-9d51-6f6d73000001")


def minute(now: datetime) -> str:
    return now.strftime("%Y%m%dT%H%MZ")


def key(subject_id: uuid.UUID, period: str) -> str:
    """The key of the one step for that subject and period."""
    return f"{subject_id}:{period}"


def keys_of_last_hour(now: datetime) -> list[str]:
    """The keys of the house's steps of each of the last sixty minutes, and of this one."""
    return [key(HOUSE, minute(now - timedelta(minutes=ago))) for ago in range(61)]
