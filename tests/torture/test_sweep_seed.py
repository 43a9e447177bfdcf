"""No hour of the day strikes while the sweep runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.fulfilment import release
from oms.supply import backorders
from tests.factories.floor import confirmed_order, run_kind
from tests.torture import sweep_seed

#: The cut-off of the tests' floor in Shanghai, the hour of its waves two hours before, and the turn of the day, a minute before each.
MOMENTS = ("06:59", "08:59", "15:59", "23:59", "12:00")


@pytest.mark.parametrize("clock", MOMENTS)
def test_a_wave_of_the_sweep_waits_for_a_pickers_wish_for_hours(session: Session, clock: str) -> None:
    """Else a run that begins before that hour and goes on after it is red for nobody's fault."""
    now = datetime.fromisoformat(f"2026-11-18T{clock}").replace(tzinfo=UTC)
    session.info["now"] = now
    floor = sweep_seed.stocked(session, "http://127.0.0.1:1")
    confirmed_order(session, floor, now)
    run_kind(session, "allocate", backorders.allocate, now)
    run_kind(session, "release", release.release, now)
    after = session.execute(text("SELECT run_after FROM step WHERE kind = 'wave'")).scalar_one()
    assert after - now > timedelta(hours=9)
