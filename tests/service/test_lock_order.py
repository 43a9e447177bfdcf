"""Orders, lists, stock, bins: whatever moves goods takes its rows downwards, so that no two can wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from oms import db
from oms.aftersales import put_backs
from oms.db import Database
from oms.fulfilment import missing, paper, picking, release, shorts, waves
from oms.fulfilment.missing import Gone
from oms.fulfilment.models import Fulfilment, FulfilmentLine, PickTask
from oms.inventory.models import Bin, BinStock
from oms.orders.models import Order
from oms.supply import backorders, receipts
from oms.supply.models import SupplyRequest
from oms.supply.receipts import Receipt
from oms.verification import decisions, review
from oms.verification.decisions import Decision
from tests.factories.at_once import WAIT_S, wait_for_a_lock
from tests.factories.changes import apply_all, pick, wish
from tests.factories.floor import Floor, confirmed_order, make_floor, released, run_kind
from tests.factories.packed import served_floor
from tests.factories.partly import partly_shipped, rest_released
from tests.factories.verification import DIRECTOR, make_house, open_step

#: Downwards. Two rows of one table are taken by their keys, which the statements' ORDER BY says.
LADDER = ("orders", "wave", "stock", "bin_stock")

Work = Callable[[Session, datetime], object]


def _on_a_list(session: Session, now: datetime) -> Fulfilment:
    return released(session, make_floor(session), now, qty=2)


def _scanned(session: Session, now: datetime) -> Work:
    fulfilment = _on_a_list(session, now)
    return lambda s, at: pick(s, s.get_one(Fulfilment, fulfilment.id), at, stops=1)


def _on_paper(session: Session, now: datetime) -> Work:
    wave_id = _on_a_list(session, now).wave_id
    assert wave_id is not None
    return lambda s, at: paper.confirm(s, wave_ids=[wave_id], actor="staff:bob", now=at)


def _short(session: Session, now: datetime) -> Work:
    task = session.query(PickTask).filter_by(fulfilment_id=_on_a_list(session, now).id).first()
    assert task is not None
    task_id = task.id

    def work(s: Session, at: datetime) -> object:
        short = shorts.report_short(s, task_id=task_id, reason="not_found", actor="staff:bob", now=at)
        return picking.settle(s, fulfilment_ids=[short], actor="staff:bob", now=at)

    return work


def _missing_at_the_table(session: Session, now: datetime) -> Work:
    fulfilment = _on_a_list(session, now)
    pick(session, fulfilment, now)
    line = session.query(FulfilmentLine).filter_by(fulfilment_id=fulfilment.id).order_by(FulfilmentLine.id).first()
    assert line is not None
    gone = Gone(line.id, Decimal(1), "missing")
    told: dict[str, Any] = {"fulfilment_id": fulfilment.id, "gone": gone, "actor": "staff:amy"}
    return lambda s, at: missing.report(s, now=at, **told)


def _cancelled(session: Session, now: datetime) -> Work:
    order = session.get_one(Order, _on_a_list(session, now).order_id)
    wish(session, order, now, kind="cancellation")
    return apply_all


def _cancelled_before_release(session: Session, now: datetime) -> Work:
    order = confirmed_order(session, make_floor(session), now)
    run_kind(session, "allocate", backorders.allocate, now)
    wish(session, order, now, kind="cancellation")
    return apply_all


def _rest_cancelled(session: Session, now: datetime) -> Work:
    floor = served_floor(session, qty=2)
    order = partly_shipped(session, floor, now)
    rest_released(session, floor, now)
    wish(session, order, now, kind="cancellation")
    return apply_all


def _put_back(session: Session, now: datetime) -> Work:
    fulfilment = _on_a_list(session, now)
    pick(session, fulfilment, now, stops=1)
    wish(session, session.get_one(Order, fulfilment.order_id), now, kind="cancellation")
    apply_all(session, now)
    ids = [fulfilment.id]
    return lambda s, at: put_backs.put_back_done(s, fulfilment_ids=ids, actor="staff:bob", now=at)


def _planned(session: Session, now: datetime) -> Work:
    floor = make_floor(session)
    confirmed_order(session, floor, now)
    run_kind(session, "allocate", backorders.allocate, now)
    run_kind(session, "release", release.release, now)
    waves.plan_now(session, warehouse_id=floor.warehouse.id)
    return lambda s, at: run_kind(s, "wave", waves.plan, at)


def _received(session: Session, now: datetime) -> Work:
    floor = make_floor(session)
    place = Bin(warehouse_id=floor.warehouse.id, code="R-1")
    session.add(place)
    session.flush()
    receipt = Receipt("GR-1", floor.warehouse.id, floor.skus[0].id, place.id, Decimal(5))
    return lambda s, at: receipts.receive(s, receipts=[receipt], actor="staff:bob", now=at)


def _refused(session: Session, now: datetime) -> Work:
    """An allocated order that was changed, held for a review and is refused there."""
    house = make_house(session)
    order = confirmed_order(session, Floor(house.warehouse, None, [house.sku]), now)  # type: ignore[arg-type]
    run_kind(session, "allocate", backorders.allocate, now)
    wish(session, order, now, wanted={"buyer_message": "Please call first"})
    apply_all(session, now)
    run_kind(session, "verify", review.verify, now)
    step = open_step(session, "review", order)
    no = Decision("reject", "no")
    return lambda s, at: decisions.decide(
        s,
        step_id=step.id,
        token=step.token,
        decision=no,
        actor=DIRECTOR,
        roles=["order_specialist", "general_manager"],
        now=at,
    )


MOVES = {
    _refused: ("orders", "stock"),
    _scanned: ("orders", "wave", "stock"),
    _on_paper: ("orders", "wave", "stock"),
    _short: ("orders", "wave", "stock"),
    _missing_at_the_table: ("orders", "wave", "stock"),
    _cancelled: ("orders", "wave", "stock"),
    _cancelled_before_release: ("orders", "stock"),
    _rest_cancelled: ("orders", "wave", "stock"),
    _put_back: ("orders", "wave", "stock"),
    _planned: ("orders", "stock"),
    _received: ("stock",),
}


def _held(session: Session, table: str) -> int:
    """How many rows of the table somebody else holds."""
    free = text(
        f"SELECT (SELECT count(*) FROM {table}) - count(*) FROM (SELECT 1 FROM {table} FOR UPDATE SKIP LOCKED) f"
    )
    return int(session.execute(free).scalar_one())


def _while_held(
    database: Database, held: TextClause, work: Callable[[Session], object], tables: Sequence[str]
) -> dict[str, int]:
    """Begin the work while the rows of `held` are held; once it waits: how many rows of each table somebody holds."""

    def move() -> None:
        with database.transaction() as session:
            work(session)

    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as holding:
            holding.execute(held)
            moving = threads.submit(move)
            wait_for_a_lock(database, moving)
            with database.transaction() as probe:
                taken = {table: _held(probe, table) for table in tables}
        moving.result(timeout=WAIT_S)
    return taken


@pytest.mark.parametrize(
    ("prepare", "rung"),
    [(move, rung) for move, rungs in MOVES.items() for rung in rungs],
    ids=lambda v: str(getattr(v, "__name__", v)).strip("_"),
)
def test_whatever_moves_goods_takes_its_rows_downwards(
    database: Database, prepare: Callable[..., Work], rung: str
) -> None:
    with database.transaction() as session:
        now = db.now(session)
        work = prepare(session, now)

    others = [table for table in LADDER if table != rung]
    taken = _while_held(database, text(f"SELECT 1 FROM {rung} FOR UPDATE"), lambda s: work(s, now), others)
    place = LADDER.index(rung)
    assert {table: taken[table] for table in LADDER[place + 1 :]} == dict.fromkeys(LADDER[place + 1 :], 0)
    above = [table for table in MOVES[prepare] if LADDER.index(table) < place]
    assert [table for table in above if not taken[table]] == [], "taken only after what stands below it"


def _turned_round(session: Session) -> None:
    """Let the request with the smaller id be the one for the larger SKU."""
    first, second = session.query(SupplyRequest).order_by(SupplyRequest.id)
    if first.sku_id < second.sku_id:
        ids = {"old": first.id, "new": db.new_id()}
        for table, column in (("supply_demand", "request_id"), ("step", "subject_id"), ("supply_request", "id")):
            changed = text(f"UPDATE {table} SET {column} = :new WHERE {column} = :old")
            session.execute(changed, ids)


def _goods_in(session: Session, now: datetime, floor: Floor) -> Work:
    place = select(BinStock.bin_id)
    bins = [(sku.id, session.scalars(place.where(BinStock.sku_id == sku.id)).one()) for sku in floor.skus]
    came = [Receipt(f"GR-{sku}", floor.warehouse.id, sku, place, Decimal(1)) for sku, place in bins]
    return lambda s, at: receipts.receive(s, receipts=came, actor="staff:bob", now=at)


def _demand_gone(session: Session, now: datetime, floor: Floor) -> Work:
    wish(session, session.query(Order).one(), now, kind="cancellation")
    return apply_all


@pytest.mark.parametrize("prepare", [_goods_in, _demand_gone])
def test_supply_requests_are_taken_by_their_skus(database: Database, prepare: Callable[..., Work]) -> None:
    with database.transaction() as session:
        now, floor = db.now(session), make_floor(session, qty=1)
        confirmed_order(session, floor, now, qty=3)
        run_kind(session, "allocate", backorders.allocate, now)
        _turned_round(session)
        work = prepare(session, now, floor)
    own = text("SELECT 1 FROM supply_request ORDER BY sku_id LIMIT 1 FOR UPDATE")
    held = _while_held(database, own, lambda s: work(s, now), ("supply_request",))
    assert held == {"supply_request": 1}, "the other one was taken before it"
