"""Step `check_invariants`: look, each minute and for a second at most, whether the house is as it must be (I1-I17)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from oms.db import Database
from oms.invariants import watch
from oms.journey.steps import Claimed, Done
from workers.handlers import Inside

log = logging.getLogger(__name__)


def check_invariants(session: Session, claimed: Sequence[Claimed], now: datetime) -> list[Done]:
    """In transactions of their own: a rule that is given up for its time would spoil the step's."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    found = watch.look(Database(engine), turn=int(now.timestamp()) // 60)
    if found.unfinished:
        log.warning("invariants not checked in time", extra={"names": found.unfinished})
    if not found.violations:
        return [Done(step, watch.SOUND) for step in claimed]
    said = watch.in_words(found.violations)[:2000]
    log.error("invariants violated", extra={"names": sorted({v.name for v in found.violations})})
    return [Done(step, watch.VIOLATED, error=said) for step in claimed]


CHECK_INVARIANTS = Inside(check_invariants)
