"""Whoever wishes for a wave again and again does not make it look as if it had become due just now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.fulfilment import waves
from tests.factories.floor import make_floor, released


def test_a_second_wish_leaves_a_due_wave_as_late_as_it_is(session: Session, business_now: datetime) -> None:
    """With its worker frozen the queue never looked late, and the sweep did none of its work."""
    floor = make_floor(session)
    released(session, floor, business_now)
    waves.plan_now(session, warehouse_id=floor.warehouse.id)
    session.execute(text("UPDATE step SET run_after = run_after - interval '1 minute' WHERE kind = 'wave'"))
    due = session.execute(text("SELECT run_after FROM step WHERE kind = 'wave'")).scalar_one()
    waves.plan_now(session, warehouse_id=floor.warehouse.id)
    assert session.execute(text("SELECT run_after FROM step WHERE kind = 'wave'")).scalar_one() == due
