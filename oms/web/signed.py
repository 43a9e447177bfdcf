"""What every signed webhook asks before it believes its sender: the world's time, and whether the signature holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from connectors.base import Received, SignatureInvalid, SignedChannel
from connectors.carriage import Carrier
from oms.errors import NotSignedIn
from oms.web import metrics

_CLOCK = text("SELECT clock_timestamp()")


@dataclass(frozen=True, slots=True)
class WorldClock:
    """The database's time as of `looked` (the process's clock, which only runs on).

    Senders sign by the world's clock, not by business time that a test may have moved.
    """

    read_at: datetime
    looked: float

    def now(self) -> datetime:
        return self.read_at + timedelta(seconds=time.monotonic() - self.looked)


def world_clock(session: Session) -> WorldClock:
    """Ask the database once; what comes back is right for as long as the process runs."""
    return WorldClock(session.execute(_CLOCK).scalar_one(), time.monotonic())


def check_signature(
    sender: SignedChannel | Carrier, message: Received, *, secrets: Sequence[str], at: datetime, noun: str
) -> None:
    """Let the sender's connector judge; raises NotSignedIn, counted, where no secret is set or none signed the bytes."""
    known = [secret for secret in secrets if secret]
    try:
        if not known:
            raise SignatureInvalid(f"this {noun} has no secret yet")
        sender.verify(message, secrets=known, at=at)
    except SignatureInvalid as fault:
        metrics.DENIED.labels(why="signature").inc()
        raise NotSignedIn(f"the signature does not hold: {fault}") from fault
