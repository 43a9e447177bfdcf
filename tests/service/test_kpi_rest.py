"""An order of which a part arrived and the rest is still to come is neither complete nor perfect (K-3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.journey.models import Step
from oms.kpi import fold, monthly
from oms.kpi.report import Report, month_report
from oms.orders.models import Order, OrderLine
from oms.shipping import arrivals
from oms.shipping.models import Parcel
from tests.factories.changes import apply_all, wish
from tests.factories.packed import served_floor
from tests.factories.partly import partly_shipped

NOVEMBER = Month(2026, 11)


@pytest.fixture
def order(session: Session, business_now: datetime) -> Order:
    """Two of three pieces of each line have arrived in time."""
    order = partly_shipped(session, served_floor(session, qty=2), business_now)
    parcel = session.scalars(select(Parcel)).one()
    parcel.collected_at = parcel.delivered_at = business_now
    session.flush()
    for end in (arrivals.collected, arrivals.delivered):
        end(session, parcel_ids=[parcel.id], by="carrier:sandbox", now=business_now)
    return order


def promised_at(session: Session) -> datetime:
    return session.scalars(select(Step.first_due_at).where(Step.kind == "deliver", Step.outcome == "delivered")).one()


def counted(report: Report, kpi: str) -> tuple[int, int]:
    figure = report.company(kpi)
    return figure.hit, figure.of


@pytest.mark.parametrize(("later", "expected"), [(timedelta(0), (0, 0)), (timedelta(seconds=1), (0, 1))])
def test_a_part_that_came_in_time_completes_no_order(
    session: Session, order: Order, business_now: datetime, later: timedelta, expected: tuple[int, int]
) -> None:
    fold.fold_units(session, units=[order.id], now=business_now)
    now = promised_at(session) + later
    report = month_report(session, month=NOVEMBER, now=now)
    assert counted(report, "completion") == expected
    assert counted(report, "perfect_order") == (0, 0)
    assert counted(report, "delivered_on_time") == (1, 1)
    # The folded month follows when the promise is over, though nothing happened to the order.
    fold.fold(session, now=now)
    assert counted(monthly.figures_of(session, month=NOVEMBER, now=now, at_once=0), "completion") == expected


def test_a_rest_that_is_cancelled_for_want_of_goods_completes_no_order(
    session: Session, order: Order, business_now: datetime
) -> None:
    """Else the customer's giving up on what never came made the order complete and perfect."""
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    assert {line.qty_backordered for line in session.query(OrderLine)} == {0}
    report = month_report(session, month=NOVEMBER, now=promised_at(session) + timedelta(days=1))
    assert counted(report, "completion") == (0, 1)
    assert counted(report, "perfect_order") == (0, 1)
