"""What an order keeps promised while a change is looked at goes back when the review ends otherwise (A-2, C-6, F-1)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.invariants.check import check
from oms.inventory.models import Reservation, Stock
from oms.journey.models import Step
from oms.orders.models import Order, OrderLine
from oms.supply import backorders
from oms.verification import decisions, review
from oms.verification.decisions import Decision
from tests.factories.changes import apply_all, unbalanced, wish
from tests.factories.floor import Floor, confirmed_order, run_kind
from tests.factories.orders import make_sku, make_stock
from tests.factories.verification import DIRECTOR, House, again, make_house, make_price, open_step

ROLES = ["order_specialist", "general_manager"]


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session, stock=10)


@pytest.fixture
def held(session: Session, house: House, business_now: datetime) -> Order:
    """An order of 4 pieces that was allocated, whose buyer then wrote something that holds it for a review."""
    floor = Floor(house.warehouse, None, [house.sku])  # type: ignore[arg-type]
    order = confirmed_order(session, floor, business_now, qty=4)
    run_kind(session, "allocate", backorders.allocate, business_now)
    wanted = {"ship_to": {**(order.ship_to or {}), "lines": ["新地址 9 号"]}, "buyer_message": "Please call first"}
    wish(session, order, business_now, wanted=wanted)
    assert [done.outcome for done in apply_all(session, business_now)] == ["applied"]
    assert again(session, "verify", review.verify, business_now)[order.id].outcome.startswith("held")
    assert _reserved(session, house) == 4
    return session.get_one(Order, order.id)


def _reserved(session: Session, house: House) -> Decimal:
    stock = session.query(Stock).filter_by(warehouse_id=house.warehouse.id, sku_id=house.sku.id)
    return stock.populate_existing().one().reserved


def _decide(session: Session, order: Order, now: datetime, verdict: str, **given: Any) -> None:
    step = open_step(session, "review", order)
    decision = Decision(verdict, "talked", **given)
    decisions.decide(
        session, step_id=step.id, token=step.token, decision=decision, actor=DIRECTOR, roles=ROLES, now=now
    )
    session.expire_all()


def _line(session: Session, order: Order) -> OrderLine:
    return session.query(OrderLine).filter_by(order_id=order.id).populate_existing().one()


def _woken(session: Session) -> list[Any]:
    return [step.subject_id for step in session.query(Step).filter_by(kind="wake", state="open")]


def _in_order(session: Session) -> bool:
    assert unbalanced(session) == []
    assert check(session) == []
    return True


def test_a_refused_order_keeps_nothing_reserved_and_wakes_who_waits(
    session: Session, house: House, held: Order, business_now: datetime
) -> None:
    _decide(session, held, business_now, "reject")
    assert (session.get_one(Order, held.id).status, _reserved(session, house)) == ("rejected", 0)
    assert _woken(session) == [house.sku.id]
    assert _in_order(session)


def test_another_sku_gives_the_old_one_back(
    session: Session, house: House, held: Order, business_now: datetime
) -> None:
    other = make_sku(session)
    make_stock(session, house.warehouse, other, 10)
    make_price(session, other)
    _decide(session, held, business_now, "amend", changes={"lines.0.sku": other.code})
    line = _line(session, held)
    assert (line.sku_id, line.qty_reserved, _reserved(session, house)) == (other.id, 0, 0)
    assert _woken(session) == [house.sku.id]
    assert _in_order(session)


@pytest.mark.parametrize(("qty", "left"), [("3", 3), ("4", 4), ("6", 4)])
def test_a_smaller_quantity_keeps_no_more_than_it_wants(
    session: Session, house: House, held: Order, business_now: datetime, qty: str, left: int
) -> None:
    _decide(session, held, business_now, "amend", changes={"lines.0.qty": qty})
    line = _line(session, held)
    assert (line.qty, line.qty_reserved, _reserved(session, house)) == (Decimal(qty), left, left)
    assert _woken(session) == ([house.sku.id] if left < 4 else [])
    assert _in_order(session)


def test_a_dropped_line_keeps_nothing(session: Session, house: House, held: Order, business_now: datetime) -> None:
    _decide(session, held, business_now, "amend", changes={"lines.0.cancelled": "true"})
    line = _line(session, held)
    assert (line.qty_cancelled, line.qty_reserved, _reserved(session, house)) == (4, 0, 0)
    assert _in_order(session)


def test_what_an_amendment_leaves_alone_stays_promised(
    session: Session, house: House, held: Order, business_now: datetime
) -> None:
    _decide(session, held, business_now, "amend", changes={"ship_to.city": "深圳市"})
    assert (_line(session, held).qty_reserved, _reserved(session, house)) == (4, 4)
    assert session.query(Reservation).one().qty_released == 0
    assert _in_order(session)
