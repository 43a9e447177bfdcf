"""Many checks in one call: each counts once, and none is lost behind another's id (F-3)."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.fulfilment import checking
from oms.fulfilment.models import Fulfilment, FulfilmentLine, Scan
from oms.fulfilment.packing import PackScan
from oms.journey.models import ErrorEvent
from tests.factories.changes import WORKER, pick
from tests.factories.floor import Floor, make_floor, released


@pytest.fixture
def floor(session: Session) -> Floor:
    return make_floor(session)


@pytest.fixture
def picked(session: Session, floor: Floor, business_now: datetime) -> Fulfilment:
    """Two pieces of each SKU at the packing table."""
    fulfilment = released(session, floor, business_now, qty=2)
    pick(session, fulfilment, business_now)
    return fulfilment


def _check(session: Session, now: datetime, *scans: PackScan) -> list[str]:
    return checking.check(session, scans=scans, actor="staff:amy", now=now)


def _packed(session: Session) -> list[Decimal]:
    return sorted(line.qty_packed for line in session.query(FulfilmentLine).populate_existing())


def test_a_repeat_gets_its_first_answer_and_counts_nothing(
    session: Session, floor: Floor, picked: Fulfilment, business_now: datetime
) -> None:
    both = PackScan("tunnel-1", picked.id, floor.skus[0].code, Decimal(2))
    wrong = PackScan("tunnel-2", picked.id, floor.skus[0].code)
    for _ in range(2):
        assert _check(session, business_now, both, wrong) == ["ok", "too_many"]
    assert _packed(session) == [0, 2]


def test_one_id_twice_in_a_call_counts_once(
    session: Session, floor: Floor, picked: Fulfilment, business_now: datetime
) -> None:
    one = PackScan("tunnel-1", picked.id, floor.skus[0].code)
    assert _check(session, business_now, one, one) == ["ok", "ok"]
    assert _packed(session) == [0, 1]


@pytest.mark.parametrize("other", ["fulfilment", "sku", "qty"])
@pytest.mark.parametrize("at_once", [False, True])
def test_another_scan_under_a_known_id_is_refused_and_the_others_count(
    session: Session, floor: Floor, picked: Fulfilment, business_now: datetime, other: str, at_once: bool
) -> None:
    first = PackScan("tunnel-1", picked.id, floor.skus[0].code)
    given: dict[str, tuple[uuid.UUID, str, Decimal]] = {
        "fulfilment": (new_id(), first.code, first.qty),
        "sku": (picked.id, floor.skus[1].code, first.qty),
        "qty": (picked.id, first.code, Decimal(2)),
    }
    second, third = PackScan("tunnel-1", *given[other]), PackScan("tunnel-3", picked.id, floor.skus[1].code)
    if at_once:
        assert _check(session, business_now, first, second, third) == ["ok", "id_used", "ok"]
    else:
        assert _check(session, business_now, first) == ["ok"]
        assert _check(session, business_now, second, third) == ["id_used", "ok"]
    assert _packed(session) == [1, 1]
    assert session.query(Scan).filter_by(stage="pack").count() == 2


def test_an_id_of_a_pick_is_not_taken_for_a_check(
    session: Session, floor: Floor, picked: Fulfilment, business_now: datetime
) -> None:
    used = session.query(Scan).filter_by(stage="pick").first()
    assert used is not None
    assert _check(session, business_now, PackScan(used.scan_id, picked.id, used.code, used.qty)) == ["id_used"]
    assert _packed(session) == [0, 0]


def test_a_wrong_piece_among_many_is_a_mis_pick_of_the_picker_caught(
    session: Session, floor: Floor, picked: Fulfilment, business_now: datetime
) -> None:
    right = PackScan("tunnel-1", picked.id, floor.skus[0].code, Decimal(2))
    wrong = [PackScan(f"tunnel-{n}", picked.id, floor.skus[0].code) for n in (2, 3)]
    unread = PackScan("tunnel-4", picked.id, "NOBODY-KNOWS")
    assert _check(session, business_now, right, unread) == ["ok", "unknown_code"]
    assert session.query(ErrorEvent).count() == 0
    assert _check(session, business_now, *wrong) == ["too_many", "too_many"]
    event = session.query(ErrorEvent).one()
    assert (event.kind, event.subject_id, event.person, event.caught) == ("mis_pick", picked.id, WORKER, True)


def test_the_line_end_that_a_scanner_sends_with_a_code_is_no_part_of_it(
    session: Session, floor: Floor, picked: Fulfilment, business_now: datetime
) -> None:
    assert _check(session, business_now, PackScan("tunnel-1", picked.id, f"{floor.skus[0].code}\r\n")) == ["ok"]
