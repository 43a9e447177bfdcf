"""A set comes back in parts: no part twice, and it is paid back when it is whole again (S-2, I16)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.aftersales import inspections, returns
from oms.aftersales.inspections import Found
from oms.aftersales.models import Refund, ReturnLine
from oms.aftersales.returns import Arrived
from oms.catalog.models import Sku
from oms.errors import InputInvalid
from oms.orders.models import Order
from tests.factories.sold import INSPECTOR, SERVICE, ask_back, line_of, make_sold_sets


def _comes_back(session: Session, order: Order, now: datetime, *, asked: int, came: Mapping[str, int]) -> None:
    """A return of so many sets of which only these pieces came, by SKU code; they are restocked."""
    return_id = ask_back(session, order, now, asked)
    returns.decide(session, return_id=return_id, approve=True, reason="", actor=SERVICE, now=now)
    arrived = [Arrived(code, Decimal(qty)) for code, qty in came.items()]
    returns.receive(session, return_id=return_id, arrived=arrived, actor="staff:bob", now=now)
    lines = session.query(ReturnLine).filter_by(return_id=return_id).populate_existing().all()
    found = [Found(x.order_line_id, x.sku_id, x.qty_received, Decimal(0), "as new") for x in lines]
    inspections.inspect(session, return_id=return_id, found=found, actor=INSPECTOR, now=now)


def _back(session: Session) -> dict[str, Decimal]:
    back: dict[str, Decimal] = {}
    for line in session.query(ReturnLine).populate_existing():
        code = session.get_one(Sku, line.sku_id).code
        back[code] = back.get(code, Decimal(0)) + line.qty_received
    return back


@pytest.mark.parametrize("first", [0, 1])
def test_a_part_that_came_back_cannot_come_again_and_the_other_completes_the_set(
    session: Session, business_now: datetime, first: int
) -> None:
    order, skus = make_sold_sets(session, business_now, qty=2)
    one, other = skus[first], skus[1 - first]
    _comes_back(session, order, business_now, asked=2, came={one.code: 2})
    assert (line_of(session, order).qty_returned, session.query(Refund).count()) == (0, 0)
    with pytest.raises(InputInvalid), session.begin_nested():
        _comes_back(session, order, business_now, asked=2, came={one.code: 2})
    _comes_back(session, order, business_now, asked=2, came={other.code: 2})
    assert _back(session) == {one.code: 2, other.code: 2}
    assert line_of(session, order).qty_returned == 2
    assert session.query(Refund).one().amount == 20
    with pytest.raises(InputInvalid), session.begin_nested():
        ask_back(session, order, business_now, 1)


def test_sets_that_come_back_whole_by_and_by_are_paid_back_once(session: Session, business_now: datetime) -> None:
    order, (one, other) = make_sold_sets(session, business_now, qty=3)
    _comes_back(session, order, business_now, asked=3, came={one.code: 1, other.code: 2})
    _comes_back(session, order, business_now, asked=2, came={one.code: 2, other.code: 1})
    assert line_of(session, order).qty_returned == 3
    assert sorted(refund.amount for refund in session.query(Refund)) == [10, 20]


def test_a_return_of_which_only_a_part_of_a_set_came_is_asked_for_no_more(
    session: Session, business_now: datetime
) -> None:
    order, (one, other) = make_sold_sets(session, business_now, qty=1)
    _comes_back(session, order, business_now, asked=1, came={one.code: 1})
    assert session.get_one(Order, order.id, populate_existing=True).return_status == "none"
    _comes_back(session, order, business_now, asked=1, came={other.code: 1})
    assert session.get_one(Order, order.id, populate_existing=True).return_status == "returned"
