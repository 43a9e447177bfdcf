"""A booking knows on which days the carrier comes to this house for that country, so that a later service is not taken in vain (F-4)."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal

from sqlalchemy.orm import Session

from oms.journey import steps
from oms.parties.models import CarrierService
from oms.shipping import booking
from oms.shipping.booking import Booking
from tests.factories.orders import make_warehouse
from tests.factories.packed import packed, served_floor

WEEKDAYS, BUT_SUNDAY = 31, 63


def test_a_booking_knows_on_which_days_the_carrier_comes(session: Session, business_now: datetime) -> None:
    floor = served_floor(session)
    session.query(CarrierService).filter_by(service="express").update({"pick_up_days": WEEKDAYS})
    for house, country in ((floor.warehouse, "CN"), (floor.warehouse, "DE"), (make_warehouse(session), "*")):
        same = {"cut_off": time(17), "transit_days": 4, "base_price": Decimal(5), "price_per_kg": Decimal(1)}
        days = BUT_SUNDAY if country == "CN" else WEEKDAYS
        row = CarrierService(
            carrier_id=floor.carrier.id, warehouse_id=house.id, service="economy", country=country, currency="CNY",
            pick_up_days=days, **same,
        )  # fmt: skip
        session.add(row)
    parcel = packed(session, floor, business_now)
    [step] = steps.find(session, kind="book", subject_ids=[parcel.id]).values()
    found = booking.prepare(session, step=step, now=business_now)
    assert isinstance(found, Booking)
    assert found.plan.pick_up_days == {"economy": BUT_SUNDAY, "express": WEEKDAYS}
