"""What a scan counted stands with it: a carton that holds another number of pieces later changes nothing of the past (F-3, I7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.catalog.models import Barcode
from oms.db import new_id
from oms.fulfilment import checking, packing, picking
from oms.fulfilment.boxing import Box
from oms.fulfilment.models import Fulfilment, PickTask, Scan
from oms.fulfilment.packing import PackScan
from oms.fulfilment.picking import PickScan
from oms.invariants.check import check
from oms.inventory.models import Bin
from tests.factories.changes import WORKER
from tests.factories.floor import released, wave_of
from tests.factories.packed import close, label, served_floor, sign_both

CASE = "15000000000018"
LEFT_CHECKED = ["what_left_was_checked_by_scan"]


def _one_by_one(session: Session, scan: PackScan, now: datetime) -> str:
    return packing.scan(session, scanned=scan, actor=WORKER, staff_id=None, now=now).answer


def _in_bulk(session: Session, scan: PackScan, now: datetime) -> str:
    return checking.check(session, scans=[scan], actor=WORKER, now=now)[0]


def _pick_cases(session: Session, fulfilment: Fulfilment, now: datetime) -> None:
    wave = wave_of(session, fulfilment)
    task = session.query(PickTask).filter_by(fulfilment_id=fulfilment.id).one()
    scanned = PickScan(str(new_id()), wave.id, session.get_one(Bin, task.bin_id).code, CASE, Decimal(2))
    assert picking.scan(session, scanned=scanned, actor=WORKER, staff_id=None, now=now).answer == "ok"


@pytest.fixture(params=[_one_by_one, _in_bulk])
def cases_left(request: pytest.FixtureRequest, session: Session, business_now: datetime) -> Barcode:
    """The code of a case of twelve: two of them were picked, checked, one by one or in bulk, and have left."""
    check_one: Callable[[Session, PackScan, datetime], str] = request.param
    made = served_floor(session, qty=24)
    floor = replace(made, skus=made.skus[:1])
    barcode = Barcode(code=CASE, sku_id=floor.skus[0].id, qty=Decimal(12))
    session.add(barcode)
    fulfilment = released(session, floor, business_now, qty=24)
    _pick_cases(session, fulfilment, business_now)
    for _ in range(2):
        assert check_one(session, PackScan(str(new_id()), fulfilment.id, CASE), business_now) == "ok"
    [parcel] = close(session, fulfilment, [Box("M", 120 + 24 * 300)], business_now)
    sign_both(session, label(session, parcel, business_now), business_now)
    return barcode


def test_each_scan_says_how_many_pieces_it_counted(session: Session, cases_left: Barcode) -> None:
    counted = session.query(Scan.stage, Scan.qty, Scan.pieces).order_by(Scan.at, Scan.id)
    assert [tuple(one) for one in counted] == [("pick", 2, 24), ("pack", 1, 12), ("pack", 1, 12)]


@pytest.mark.parametrize("holds", [6, 24])
def test_what_was_checked_stays_checked_when_the_carton_holds_another_number(
    session: Session, cases_left: Barcode, holds: int
) -> None:
    cases_left.qty = Decimal(holds)
    session.flush()
    assert check(session, names=LEFT_CHECKED) == []


def test_a_larger_carton_later_hides_nothing_that_left_unchecked(session: Session, cases_left: Barcode) -> None:
    cases_left.qty = Decimal(24)
    session.flush()
    session.execute(text("SET LOCAL session_replication_role = replica"))  # nobody else takes a scan away
    session.execute(text("DELETE FROM scan WHERE id = (SELECT max(id::text)::uuid FROM scan WHERE stage = 'pack')"))
    assert [one.detail for one in check(session, names=LEFT_CHECKED)] == ["24.000 left, 12.000 checked"]


def test_a_wrong_scan_counted_no_piece(session: Session, business_now: datetime) -> None:
    fulfilment = released(session, served_floor(session), business_now)
    wave = wave_of(session, fulfilment)
    wrong = PickScan(str(new_id()), wave.id, "NOWHERE", "nonsense")
    assert picking.scan(session, scanned=wrong, actor=WORKER, staff_id=None, now=business_now).answer == "unknown_code"
    assert session.query(Scan).one().pieces is None
