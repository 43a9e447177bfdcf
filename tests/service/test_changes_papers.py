"""A change of papers alone leaves the promise of an order that waits for its goods as it stands (C-4)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from oms.orders.models import Order
from oms.supply import backorders
from tests.factories.changes import apply_all, living_steps, wish
from tests.factories.floor import confirmed_order, make_floor, run_kind


def test_papers_of_an_order_that_waits_for_its_goods_leave_its_promise_alone(
    session: Session, business_now: datetime
) -> None:
    """Else a memo in the shop made a late order punctual."""
    order = confirmed_order(session, make_floor(session), business_now, qty=11)
    run_kind(session, "allocate", backorders.allocate, business_now)
    promised = order.promised_ship_at
    session.query(Order).update({"first_promised_ship_at": promised})
    before = living_steps(session, order)
    wish(session, order, business_now + timedelta(days=3), wanted={"seller_memo": "gift wrap"})
    [done] = apply_all(session, business_now + timedelta(days=3))
    order = session.get_one(Order, order.id, populate_existing=True)
    assert (done.outcome, order.status, order.round, order.seller_memo) == ("applied", "confirmed", 0, "gift wrap")
    assert (order.first_promised_ship_at, order.promised_ship_at) == (promised, promised)
    assert living_steps(session, order) == before
