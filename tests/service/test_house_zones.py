"""A house in another time zone than its organisation: carriers come, and papers are dated, by the clock on its own wall (F-1, F-2, F-4)."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from oms.clock import local_day
from oms.documents.hand_over_list import HandOverListDocument
from oms.documents.packing_slip import PackingSlipDocument
from oms.fulfilment.models import Wave
from oms.journey import steps
from oms.set_up import keep
from oms.shipping import booking, list_papers, queries, slips
from oms.shipping.booking import Booking
from tests.factories.floor import Floor, released
from tests.factories.packed import label, packed, served_floor

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
#: When its carrier comes (`tests/factories/floor.py`).
FIVE = time(17)


@pytest.fixture
def floor(session: Session) -> Floor:
    made = served_floor(session)
    made.warehouse.zone = BERLIN.key
    session.flush()
    return made


def test_a_wave_has_its_carriers_hour_at_the_house(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = released(session, floor, business_now)
    wave = session.query(Wave).one()
    assert fulfilment.cut_off_at.astimezone(BERLIN).time() == FIVE
    assert wave.cut_off_at == fulfilment.cut_off_at
    assert local_day(fulfilment.cut_off_at, BERLIN) == local_day(business_now, BERLIN)


def test_a_house_without_a_zone_goes_by_the_organisations(session: Session, business_now: datetime) -> None:
    fulfilment = released(session, served_floor(session), business_now)
    assert fulfilment.cut_off_at.astimezone(SHANGHAI).time() == FIVE


def test_the_booking_knows_by_which_clock_the_carrier_comes(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    parcel = packed(session, floor, business_now)
    [step] = steps.find(session, kind="book", subject_ids=[parcel.id]).values()
    found = booking.prepare(session, step=step, now=business_now)
    assert isinstance(found, Booking)
    assert (found.plan.house_zone, found.zone) == (BERLIN, SHANGHAI)


def test_papers_of_the_house_are_dated_there(
    session: Session, floor: Floor, business_now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[HandOverListDocument | PackingSlipDocument] = []
    for paper in ("hand_over_list", "packing_slip"):
        monkeypatch.setattr(f"oms.documents.{paper}.render", lambda document, **_: printed.append(document) or b"%PDF-")
    parcel = label(session, packed(session, floor, business_now), business_now)
    slips.slip(session, parcel_id=parcel.id, language="en", zone=SHANGHAI.key)
    listed = queries.hand_over_list(session, ref=str(parcel.hand_over_list_id))
    list_papers.paper_of(session, listed=listed, language="en", zone=SHANGHAI.key)
    assert [document.zone for document in printed] == [BERLIN, BERLIN]


def test_the_set_up_file_says_in_which_zone_a_house_lies(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    file = {"warehouses": [{"code": floor.warehouse.code, "zone": "Europe/London"}]}
    same: dict[str, Any] = {"sources": {"channels": (), "carriers": ()}, "actor": "staff:anna", "now": business_now}
    assert keep.keep(session, file=file, **same).changed == {"warehouses": 1}
    assert floor.warehouse.zone == "Europe/London"
    assert keep.keep(session, file=file, **same).changed == {}
