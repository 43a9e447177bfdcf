"""The floor's work is due at the carrier's cut-off of the promised day, and not at the next truck's (K-2, Clocks)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from oms.clock import day_bounds, instant, local_day
from oms.fulfilment.models import Fulfilment
from oms.journey.models import Step
from tests.factories.packed import booked, served_floor

ZONE = ZoneInfo("Asia/Shanghai")
FLOOR = ("wave", "pick", "pack", "book", "hand_over")


def _end(day: int, now: datetime) -> datetime:
    """The last second of the day, so many days from now."""
    return day_bounds(local_day(now, ZONE) + timedelta(days=day), ZONE)[1] - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ship", "deliver", "due"),
    [
        (1, 9, 1),
        (0, 9, 0),
        # The cheapest service takes four days: it has to leave today to be there in time.
        (1, 4, 0),
        (2, 5, 1),
    ],
)
def test_work_is_due_at_the_last_cut_off_that_keeps_the_promise(
    session: Session, business_now: datetime, ship: int, deliver: int, due: int
) -> None:
    promised = {"promised_ship_at": _end(ship, business_now), "promised_deliver_at": _end(deliver, business_now)}
    parcel = booked(session, served_floor(session), business_now, **promised)
    fulfilment = session.get_one(Fulfilment, parcel.fulfilment_id)
    today = instant(local_day(business_now, ZONE), time(17), ZONE)
    assert (fulfilment.service, fulfilment.cut_off_at) == ("economy", today)
    rows = session.query(Step.kind, Step.due_at).filter(Step.order_id == parcel.order_id, Step.kind.in_(FLOOR))
    expected = instant(local_day(business_now, ZONE) + timedelta(days=due), time(17), ZONE)
    assert dict(rows.all()) == dict.fromkeys(FLOOR, expected)
