"""Two scan at one moment: the second waits for the order and is judged by what stands then."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db
from oms.catalog.models import Sku
from oms.db import Database
from oms.errors import Conflict, KeyReused
from oms.fulfilment import packing, picking, shorts
from oms.fulfilment.models import Fulfilment, FulfilmentLine, PickTask, Scan, Wave
from oms.fulfilment.packing import PackScan
from oms.fulfilment.picking import PickScan
from oms.invariants.check import check
from oms.inventory.models import Bin, Stock
from oms.journey.models import ErrorEvent, Step
from tests.factories.at_once import at_once
from tests.factories.floor import confirmed_order, make_floor, released


def _stops(session: Session, fulfilment: Fulfilment) -> list[PickScan]:
    """A right scan for each stop."""
    rows = session.execute(
        select(PickTask.wave_id, Bin.code, Sku.code.label("sku"), PickTask.qty)
        .join(Bin, Bin.id == PickTask.bin_id)
        .join(Sku, Sku.id == PickTask.sku_id)
        .where(PickTask.fulfilment_id == fulfilment.id)
        .order_by(PickTask.stop)
    )
    return [PickScan(str(db.new_id()), row.wave_id, row.code, row.sku, row.qty) for row in rows]


def _pick(session: Session, scanned: PickScan, now: datetime) -> picking.Answer:
    return picking.scan(session, scanned=scanned, actor="staff:bob", staff_id=None, now=now)


def _check(session: Session, fulfilment_id: uuid.UUID, code: str, now: datetime) -> packing.PackAnswer:
    scanned = PackScan(str(db.new_id()), fulfilment_id, code)
    return packing.scan(session, scanned=scanned, actor="staff:amy", staff_id=None, now=now)


def test_of_two_last_stops_scanned_at_once_one_ends_the_pick(database: Database) -> None:
    with database.transaction() as session:
        now = db.now(session)
        fulfilment = released(session, make_floor(session), now)
        first, second = _stops(session, fulfilment)
    answered = at_once(database, lambda s: _pick(s, first, now), lambda s: _pick(s, second, now)).result()
    assert (answered.answer, answered.fulfilment_picked, answered.wave_completed) == ("ok", True, True)
    with database.transaction() as session:
        steps = session.query(Step).filter(Step.subject_id == fulfilment.id, Step.kind.in_(("pick", "pack")))
        assert {step.kind: step.state for step in steps} == {"pick": "done", "pack": "open"}


def test_of_the_last_stops_of_two_orders_scanned_at_once_one_completes_the_list(database: Database) -> None:
    with database.transaction() as session:
        now, floor = db.now(session), make_floor(session)
        confirmed_order(session, replace(floor, skus=floor.skus[1:]), now)
        one = released(session, replace(floor, skus=floor.skus[:1]), now, qty=2)
        [other] = session.query(Fulfilment).filter(Fulfilment.id != one.id)
        assert one.wave_id == other.wave_id
        [both_pieces], [last_of_other] = _stops(session, one), _stops(session, other)
        last_of_one = replace(both_pieces, scan_id=str(db.new_id()), qty=Decimal(1))
        _pick(session, replace(both_pieces, qty=Decimal(1)), now)
    waiting = at_once(database, lambda s: _pick(s, last_of_one, now), lambda s: _pick(s, last_of_other, now))
    assert waiting.result().wave_completed
    with database.transaction() as session:
        assert [wave.status for wave in session.query(Wave)] == ["completed"]


def test_the_last_piece_of_a_stop_is_counted_for_one_of_two(database: Database) -> None:
    with database.transaction() as session:
        now = db.now(session)
        first, _ = _stops(session, released(session, make_floor(session), now))
    again = PickScan(str(db.new_id()), first.wave_id, first.bin_code, first.code, first.qty)
    waiting = at_once(database, lambda s: _pick(s, first, now), lambda s: _pick(s, again, now))
    with pytest.raises(Conflict, match="another scan took the last piece"):
        waiting.result()
    with database.transaction() as session:
        assert session.query(Scan).count() == 1
        assert sum(task.qty_picked for task in session.query(PickTask)) == 1


def test_of_two_checks_of_the_last_piece_the_second_is_one_too_many(database: Database) -> None:
    with database.transaction() as session:
        now = db.now(session)
        fulfilment = released(session, make_floor(session), now)
        stops = _stops(session, fulfilment)
        for scanned in stops:
            _pick(session, scanned, now)
    code = stops[0].code
    answered = at_once(
        database, lambda s: _check(s, fulfilment.id, code, now), lambda s: _check(s, fulfilment.id, code, now)
    ).result()
    assert (answered.answer, answered.left, answered.checked) == ("too_many", Decimal(1), False)
    with database.transaction() as session:
        assert sorted(s.answer for s in session.query(Scan).filter_by(stage="pack")) == ["ok", "too_many"]
        assert [(e.kind, e.person) for e in session.query(ErrorEvent)] == [("mis_pick", "staff:bob")]


def test_of_two_reports_of_the_same_short_one_counts(database: Database) -> None:
    with database.transaction() as session:
        now = db.now(session)
        fulfilment = released(session, make_floor(session), now, qty=2)
        task_id, sku_id = session.query(PickTask.id, PickTask.sku_id).order_by(PickTask.stop).first() or ()

    def report(session: Session) -> uuid.UUID:
        return shorts.report_short(session, task_id=task_id, reason="not_found", actor="staff:bob", now=now)

    waiting = at_once(database, report, report)
    with pytest.raises(Conflict, match="settled already"):
        waiting.result()
    with database.transaction() as session:
        assert session.query(Stock).filter_by(sku_id=sku_id).one().on_hand == 8
        [line] = session.query(FulfilmentLine).filter_by(fulfilment_id=fulfilment.id, sku_id=sku_id)
        assert line.qty_short == 2
        assert check(session) == []


def test_a_short_of_a_stop_that_was_picked_meanwhile_is_refused(database: Database) -> None:
    with database.transaction() as session:
        now = db.now(session)
        fulfilment = released(session, make_floor(session), now)
        first, _ = _stops(session, fulfilment)
        task_id = session.query(PickTask.id).order_by(PickTask.stop).first()[0]  # type: ignore[index]

    def report(session: Session) -> uuid.UUID:
        return shorts.report_short(session, task_id=task_id, reason="not_found", actor="staff:bob", now=now)

    with pytest.raises(Conflict, match="settled already"):
        at_once(database, lambda s: _pick(s, first, now), report).result()
    with database.transaction() as session:
        assert check(session) == []


@pytest.mark.parametrize("given", [{}, {"bin_code": "Z-9"}])
def test_a_scan_sent_twice_at_once_counts_once_and_is_answered_twice(database: Database, given: dict[str, str]) -> None:
    with database.transaction() as session:
        now = db.now(session)
        first, _ = _stops(session, released(session, make_floor(session), now, qty=2))
    sent = replace(first, qty=Decimal(1), **given)
    answered = at_once(database, lambda s: _pick(s, sent, now), lambda s: _pick(s, sent, now)).result()
    assert (answered.answer, answered.left) == (("wrong_bin", 0) if given else ("ok", 1))
    with database.transaction() as session:
        assert session.query(Scan).count() == 1
        assert sum(task.qty_picked for task in session.query(PickTask)) == (0 if given else 1)


@pytest.mark.parametrize(("qty", "answer"), [(1, "ok"), (9, "too_many")])
def test_a_check_sent_twice_at_once_counts_once_and_is_answered_twice(
    database: Database, qty: int, answer: str
) -> None:
    with database.transaction() as session:
        now = db.now(session)
        fulfilment = released(session, make_floor(session), now, qty=2)
        stops = _stops(session, fulfilment)
        for scanned in stops:
            _pick(session, scanned, now)
    sent = PackScan("gun7-1", fulfilment.id, stops[0].code, Decimal(qty))

    def check_it(session: Session) -> packing.PackAnswer:
        return packing.scan(session, scanned=sent, actor="staff:amy", staff_id=None, now=now)

    assert at_once(database, check_it, check_it).result().answer == answer
    with database.transaction() as session:
        assert session.query(Scan).filter_by(stage="pack").count() == 1
        assert sum(line.qty_packed for line in session.query(FulfilmentLine)) == (1 if answer == "ok" else 0)


def _two_orders(session: Session, now: datetime) -> tuple[Fulfilment, Fulfilment]:
    """Each with one piece of a SKU of its own."""
    floor = make_floor(session)
    return (
        released(session, replace(floor, skus=floor.skus[:1]), now),
        released(session, replace(floor, skus=floor.skus[1:]), now),
    )


def test_of_two_devices_that_scan_under_one_id_at_once_the_second_is_told(database: Database) -> None:
    with database.transaction() as session:
        now = db.now(session)
        [first], [second] = (_stops(session, each) for each in _two_orders(session, now))
    second = replace(second, scan_id=first.scan_id)
    with pytest.raises(KeyReused, match="scan again"):
        at_once(database, lambda s: _pick(s, first, now), lambda s: _pick(s, second, now)).result()
    with database.transaction() as session:
        assert [task.sku_id for task in session.query(PickTask).filter(PickTask.qty_picked > 0)] == [
            session.query(Scan).one().sku_id
        ]
        assert check(session) == []


def test_of_two_tables_that_check_under_one_id_at_once_the_second_is_told(database: Database) -> None:
    with database.transaction() as session:
        now = db.now(session)
        checks = []
        for fulfilment in _two_orders(session, now):
            [stop] = _stops(session, fulfilment)
            _pick(session, stop, now)
            checks.append(PackScan("gun7-1", fulfilment.id, stop.code))

    def at_table(scanned: PackScan) -> Callable[[Session], packing.PackAnswer]:
        return lambda s: packing.scan(s, scanned=scanned, actor="staff:amy", staff_id=None, now=now)

    with pytest.raises(KeyReused, match="scan again"):
        at_once(database, *map(at_table, checks)).result()
    with database.transaction() as session:
        packed = session.query(FulfilmentLine.fulfilment_id, FulfilmentLine.qty_packed)
        assert dict(packed.all()) == {checks[0].fulfilment_id: 1, checks[1].fulfilment_id: 0}  # type: ignore[arg-type]
