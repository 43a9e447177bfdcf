"""Scanners that send in front which kind of code it was: bins, lists, totes and waybills are known all the same (F-2, F-3, F-4)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.fulfilment import picking, queries
from oms.fulfilment.models import PickTask
from oms.fulfilment.picking import PickScan
from oms.inventory.models import Bin
from oms.shipping import handover
from oms.shipping import queries as shipping
from oms.shipping.models import Parcel
from tests.factories.floor import Floor, released, wave_of
from tests.factories.packed import booked, served_floor

KIND = "]C0"


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session)


def test_a_list_a_tote_and_a_bin_are_found(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = released(session, floor, business_now)
    wave = wave_of(session, fulfilment)
    assert queries.wave(session, ref=f"{KIND}{wave.number}").id == wave.id
    assert queries.fulfilment(session, ref=f"{KIND}{fulfilment.number}\r").id == fulfilment.id
    task = session.query(PickTask).filter_by(stop=1).one()
    place = session.get_one(Bin, task.bin_id)
    code = next(sku.code for sku in floor.skus if sku.id == task.sku_id)
    scanned = PickScan(str(new_id()), wave.id, f"{KIND}{place.code}", f"{KIND}{code}")
    for _ in range(2):  # sent again it gets the same answer
        answer = picking.scan(session, scanned=scanned, actor="staff:bob", staff_id=None, now=business_now)
        assert (answer.answer, answer.left) == ("ok", 0)


@pytest.mark.parametrize("of", ["waybill_number", "number"])
def test_a_parcel_is_found_at_the_dock_and_by_its_page(
    session: Session, floor: Floor, business_now: datetime, of: str
) -> None:
    parcel = booked(session, floor, business_now)
    session.query(Parcel).update({"hand_over_list_id": None})
    code = f"{KIND}{getattr(parcel, of)}"
    assert handover.scan(session, code=code, actor="staff:cleo", now=business_now).hand_over_list_id is not None
    assert shipping.parcel(session, ref=code).id == parcel.id
