"""Release, waves, picking and checking by scan."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.catalog.models import Barcode
from oms.db import new_id
from oms.errors import Conflict, InputInvalid, KeyReused
from oms.fulfilment import boxing, checking, codes, packing, picking, release, shorts
from oms.fulfilment.models import Fulfilment, FulfilmentLine, PickTask, Scan
from oms.fulfilment.packing import PackScan
from oms.fulfilment.picking import Answer, PickScan
from oms.invariants.check import check
from oms.inventory.models import Bin, BinStock, Stock
from oms.journey.models import ErrorEvent, Step
from oms.orders.models import OrderLine
from oms.supply import backorders
from tests.factories.floor import Floor, confirmed_order, make_floor, released, run_kind, to_the_floor, wave_of

WORKER = "staff:bob"


@pytest.fixture
def floor(session: Session) -> Floor:
    return make_floor(session)


def _scan(session: Session, fulfilment: Fulfilment, now: datetime, **given: object) -> Answer:
    """Scan the first open stop rightly, but for what the test gives."""
    wave = wave_of(session, fulfilment)
    task = session.query(PickTask).filter_by(wave_id=wave.id, status="pending").order_by(PickTask.stop).first()
    place = session.get(Bin, task.bin_id)
    code = session.execute(text("SELECT code FROM sku WHERE id = :id"), {"id": task.sku_id}).scalar_one()
    values = {
        "scan_id": str(new_id()),
        "wave_id": wave.id,
        "bin_code": place.code,
        "code": code,
        "qty": task.qty,
        **given,
    }
    return picking.scan(session, scanned=PickScan(**values), actor=WORKER, staff_id=None, now=now)


def _pick_all(session: Session, fulfilment: Fulfilment, now: datetime) -> Answer:
    answer = _scan(session, fulfilment, now)
    while not answer.fulfilment_picked:
        answer = _scan(session, fulfilment, now)
    return answer


def _kinds(session: Session, fulfilment: Fulfilment) -> dict[str, str]:
    rows = session.query(Step).filter_by(subject_id=fulfilment.id)
    return {row.kind: row.state for row in rows.populate_existing()}


def test_release_plans_the_cheapest_carrier_that_keeps_the_promise(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now)
    assert (fulfilment.service, fulfilment.status) == ("economy", "released")
    pair = session.query(Step).filter_by(order_id=fulfilment.order_id, kind="collect").order_by(Step.opened_at, Step.id)
    assert {(s.subject_type, s.state, s.outcome) for s in pair} == {
        ("order", "done", "split"),
        ("fulfilment", "open", None),
    }


def test_the_last_right_scan_ends_the_pick_and_opens_the_pack(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now, qty=2)
    answer = _pick_all(session, fulfilment, business_now)
    assert answer.wave_completed
    assert _kinds(session, fulfilment)["pick"] == "done"
    assert _kinds(session, fulfilment)["pack"] == "open"
    assert {line.qty_picked for line in session.query(OrderLine).filter_by(order_id=fulfilment.order_id)} == {2}


def test_picked_goods_stand_in_the_packing_bin_and_stay_promised(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now)
    _pick_all(session, fulfilment, business_now)
    stock = session.query(Stock).filter_by(sku_id=floor.skus[0].id).one()
    bins = session.execute(
        text("SELECT sum(on_hand) FROM bin_stock WHERE sku_id = :s"), {"s": floor.skus[0].id}
    ).scalar_one()
    assert (stock.on_hand, stock.reserved, bins) == (10, 1, 10)


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"code": "NOBODY-KNOWS"}, "unknown_code"),
        ({"bin_code": "Z-9"}, "wrong_bin"),
        ({"qty": Decimal(99)}, "too_many"),
        ({"qty": Decimal(0)}, "too_many"),
        ({"qty": Decimal(-1)}, "too_many"),
    ],
)
def test_a_wrong_scan_is_recorded_and_counts_nothing(
    session: Session, floor: Floor, business_now: datetime, given: dict[str, object], answer: str
) -> None:
    fulfilment = released(session, floor, business_now)
    assert _scan(session, fulfilment, business_now, **given).answer == answer
    row = session.query(Scan).one()
    assert (row.accepted, row.answer) == (False, answer)
    assert sum(t.qty_picked for t in session.query(PickTask)) == 0


@pytest.mark.parametrize(
    ("known", "scanned"),
    [
        ("0036000291452", "036000291452"),
        ("036000291452", "0036000291452"),
        ("00036000291452", "036000291452\r\n"),
        ("6901234567892", "]E06901234567892"),
        ("6901234567892", "0106901234567892172612311042A"),
        ("6901234567892", "]C10106901234567892"),
        ("TEA-A", "tea-a"),
    ],
)
def test_a_barcode_is_known_with_other_zeros_and_as_each_scanner_sends_it(
    session: Session, floor: Floor, business_now: datetime, known: str, scanned: str
) -> None:
    fulfilment = released(session, floor, business_now)
    for sku in floor.skus:
        session.query(PickTask).filter_by(sku_id=sku.id).update({"sku_id": floor.skus[0].id})
    session.query(FulfilmentLine).update({"sku_id": floor.skus[0].id})
    session.query(BinStock).filter_by(sku_id=floor.skus[1].id).update({"sku_id": floor.skus[0].id})
    session.add(Barcode(code=known, sku_id=floor.skus[0].id))
    session.flush()
    for _ in range(2):
        assert _scan(session, fulfilment, business_now, code=scanned).answer == "ok"
    first, second = (PackScan(str(new_id()), fulfilment.id, scanned) for _ in range(2))
    assert packing.scan(session, scanned=first, actor=WORKER, staff_id=None, now=business_now).answer == "ok"
    assert checking.check(session, scans=[second], actor=WORKER, now=business_now) == ["ok"]


def test_a_code_is_first_what_it_says_and_no_number_with_a_wrong_check_digit(session: Session, floor: Floor) -> None:
    one, other = floor.skus
    session.add_all([Barcode(code="0036000291452", sku_id=one.id), Barcode(code="036000291452", sku_id=other.id)])
    session.add(Barcode(code="0036000291453", sku_id=one.id))
    session.flush()
    found = [codes.sku_of(session, code=code)[0] for code in ("0036000291452", "036000291452", "036000291453")]
    assert found == [one.id, other.id, None]


def test_a_scan_sent_twice_counts_once(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = released(session, floor, business_now, qty=3)
    for _ in range(2):
        assert _scan(session, fulfilment, business_now, scan_id="device-1", qty=Decimal(1)).answer == "ok"
    assert sum(t.qty_picked for t in session.query(PickTask).populate_existing()) == 1


@pytest.mark.parametrize("other", [{"qty": Decimal(2)}, {"code": "OTHER"}, {"bin_code": "Z-9"}])
def test_another_scan_under_a_known_id_is_refused_and_not_lost(
    session: Session, floor: Floor, business_now: datetime, other: dict[str, object]
) -> None:
    fulfilment = released(session, floor, business_now, qty=3)
    same = {"scan_id": "device-1", "qty": Decimal(1)}
    _scan(session, fulfilment, business_now, **same)
    with pytest.raises(KeyReused, match="scan again"):
        _scan(session, fulfilment, business_now, **{**same, **other})
    assert sum(t.qty_picked for t in session.query(PickTask).populate_existing()) == 1
    assert check(session) == []


def test_the_same_goods_scanned_under_a_known_id_for_another_list_are_refused_and_not_lost(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    one, other = (released(session, floor, business_now) for _ in range(2))
    assert one.wave_id != other.wave_id
    _scan(session, one, business_now, scan_id="device-1")
    with pytest.raises(KeyReused, match="scan again"):
        _scan(session, other, business_now, scan_id="device-1")
    assert session.query(PickTask).filter_by(wave_id=other.wave_id, status="picked").count() == 0


def test_a_scan_counts_for_the_order_that_is_shown_and_not_for_another_at_the_same_bin(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    for _ in range(2):
        confirmed_order(session, floor, business_now, qty=2)
    to_the_floor(session, floor, business_now)
    first, second = session.query(PickTask).order_by(PickTask.wave_id, PickTask.stop).limit(2)
    assert (first.bin_id, first.sku_id) == (second.bin_id, second.sku_id)
    fulfilment = session.get_one(Fulfilment, second.fulfilment_id)
    one: dict[str, object] = {"qty": Decimal(1), "stop": second.stop}
    assert [_scan(session, fulfilment, business_now, **one).answer for _ in range(3)] == ["ok", "ok", "too_many"]
    assert [session.get_one(PickTask, t.id, populate_existing=True).qty_picked for t in (first, second)] == [0, 2]


def test_another_check_under_a_known_id_is_refused(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = released(session, floor, business_now)
    _pick_all(session, fulfilment, business_now)
    first, second = (PackScan("device-1", fulfilment.id, sku.code) for sku in floor.skus)
    for _ in range(2):
        assert packing.scan(session, scanned=first, actor=WORKER, staff_id=None, now=business_now).left == 1
    with pytest.raises(KeyReused):
        packing.scan(session, scanned=second, actor=WORKER, staff_id=None, now=business_now)


def test_a_short_lowers_the_ledger_and_backorders_the_line(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now, qty=2)
    wave = wave_of(session, fulfilment)
    task = session.query(PickTask).filter_by(wave_id=wave.id).first()
    done = shorts.report_short(session, task_id=task.id, reason="not_found", actor=WORKER, now=business_now)
    picking.settle(session, fulfilment_ids=[done], actor=WORKER, now=business_now)
    _scan(session, fulfilment, business_now)
    stock = session.query(Stock).filter_by(sku_id=task.sku_id).populate_existing().one()
    line = (
        session.query(OrderLine).filter_by(order_id=fulfilment.order_id, sku_id=task.sku_id).populate_existing().one()
    )
    assert (stock.on_hand, stock.reserved) == (8, 0)
    assert (line.qty_reserved, line.qty_backordered) == (0, 2)
    # What was picked beside it waits: test_short_shipments.py.
    assert {k: v for k, v in _kinds(session, fulfilment).items() if k in ("pack", "short_pick")} == {
        "short_pick": "open"
    }


def _check(session: Session, fulfilment: Fulfilment, code: str, now: datetime, qty: int = 1) -> packing.PackAnswer:
    scanned = PackScan(str(new_id()), fulfilment.id, code, Decimal(qty))
    return packing.scan(session, scanned=scanned, actor="staff:amy", staff_id=None, now=now)


def test_a_carton_closes_only_when_every_piece_was_checked(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now)
    _pick_all(session, fulfilment, business_now)
    assert not _check(session, fulfilment, floor.skus[0].code, business_now).checked
    with pytest.raises(InputInvalid, match="not fully checked"):
        boxing.require_checked(_at_table(session, fulfilment).unchecked)
    assert _check(session, fulfilment, floor.skus[1].code, business_now).checked
    boxing.require_checked(_at_table(session, fulfilment).unchecked)
    assert len(_at_table(session, fulfilment).checked) == 2


def _at_table(session: Session, fulfilment: Fulfilment) -> packing.AtTable:
    return packing.at_table(session, fulfilment_ids=[fulfilment.id])[fulfilment.id]


def test_a_wrong_piece_at_packing_is_a_mis_pick_of_the_picker_caught(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment = released(session, floor, business_now)
    _pick_all(session, fulfilment, business_now)
    answer = _check(session, fulfilment, floor.skus[0].code, business_now, qty=5)
    event = session.query(ErrorEvent).one()
    assert answer.answer == "too_many"
    assert (event.stage, event.person, event.caught) == ("pick", WORKER, True)


def test_nothing_can_be_packed_before_it_is_picked(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = released(session, floor, business_now)
    with pytest.raises(Conflict, match="nothing to pack"):
        _check(session, fulfilment, floor.skus[0].code, business_now)


def test_what_was_short_is_sourced_again_at_once(session: Session, floor: Floor, business_now: datetime) -> None:
    fulfilment = released(session, floor, business_now, qty=2)
    task = session.query(PickTask).filter_by(wave_id=wave_of(session, fulfilment).id).first()
    done = shorts.report_short(session, task_id=task.id, reason="damaged", actor=WORKER, now=business_now)
    picking.settle(session, fulfilment_ids=[done], actor=WORKER, now=business_now)
    _scan(session, fulfilment, business_now)
    assert [d.outcome for d in run_kind(session, "short_pick", shorts.source_again, business_now)] == ["settled"]
    assert [d.outcome for d in run_kind(session, "allocate", backorders.allocate, business_now)] == ["allocated"]
    run_kind(session, "release", release.release, business_now)
    again = (
        session.query(Fulfilment)
        .filter(Fulfilment.order_id == fulfilment.order_id, Fulfilment.id != fulfilment.id)
        .one()
    )
    lines = session.execute(text("SELECT qty FROM fulfilment_line WHERE fulfilment_id = :id"), {"id": again.id})
    assert (again.part, [row.qty for row in lines]) == (1, [2])
