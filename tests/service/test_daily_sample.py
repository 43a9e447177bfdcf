"""The daily sample of passed orders: how many are drawn, and what a fault that it finds counts (G-1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.errors import Fenced, InputInvalid, NotAllowed
from oms.journey import periods, steps
from oms.journey.models import ErrorEvent, Step
from oms.journey.steps import NewStep
from oms.orders.models import OrderLine
from oms.verification import review, sampling
from tests.factories.verification import (
    MANAGER,
    House,
    again,
    make_customer,
    make_house,
    make_web_order,
    open_step,
    run,
    verified,
)
from workers import schedule


@pytest.fixture
def house(session: Session) -> House:
    return make_house(session)


def test_the_daily_sample_draws_at_least_five_of_yesterdays_passed_orders(
    session: Session, house: House, business_now: datetime
) -> None:
    orders = [make_web_order(session, house) for _ in range(8)]
    run(session, "verify", review.verify, orders, business_now)
    held = make_web_order(session, house, customer_id=make_customer(session, key_customer=True).id)
    verified(session, held, business_now)
    tomorrow = business_now + timedelta(days=1)
    opened = NewStep("daily_sample", periods.HOUSE, key=periods.key(periods.HOUSE, "2026-11-19"))
    steps.open_steps(session, [opened], now=tomorrow)
    again(session, "daily_sample", sampling.draw, tomorrow)
    drawn = session.query(Step).filter_by(kind="sample_review").all()
    assert len(drawn) == 5
    assert {s.subject_id for s in drawn} <= {o.id for o in orders}


def test_each_day_is_drawn_once_also_one_on_which_nobody_swept(
    session: Session, house: House, business_now: datetime
) -> None:
    """The sweep stood from the 18th to the 21st, while orders passed: the 19th was drawn never, and the 20th twice when workers
    had stood as well."""
    first, third = business_now, business_now + timedelta(days=2)
    passed = {}
    for moment, many in ((first, 8), (third, 3)):
        passed[moment] = {make_web_order(session, house) for _ in range(many)}
        run(session, "verify", review.verify, list(passed[moment]), moment)
    for moment in (first, business_now + timedelta(days=3)):
        for _ in range(2):
            schedule.open_due(session, now=moment, zone="Asia/Shanghai")
    assert _days(session) == ["2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"]
    late = business_now + timedelta(days=4)
    for _ in range(2):
        again(session, "daily_sample", sampling.draw, late)
    drawn = {s.subject_id for s in session.query(Step).filter_by(kind="sample_review")}
    assert [len(drawn & {o.id for o in orders}) for orders in passed.values()] == [5, 3]
    assert session.query(Step).filter_by(kind="daily_sample", state="done").count() == 4


@pytest.mark.parametrize(
    ("last", "days"),
    [(None, [21]), ("2026-11-18", [19, 20, 21]), ("2026-11-21", [21]), ("2026-11-25", [21])],
    ids=["the first ever", "a gap", "today's stands", "a clock that was turned back"],
)
def test_the_days_since_the_last_step(last: str | None, days: list[int]) -> None:
    key = periods.key(periods.HOUSE, last) if last else None
    assert periods.days_since(key, date(2026, 11, 21)) == [f"2026-11-{day}" for day in days]


def _days(session: Session) -> list[str]:
    return sorted(key.rpartition(":")[2] for (key,) in session.query(Step.key).filter_by(kind="daily_sample"))


def test_a_fault_found_in_the_sample_counts_and_needs_words(
    session: Session, house: House, business_now: datetime
) -> None:
    order = make_web_order(session, house)
    steps.open_steps(session, [NewStep("sample_review", order.id, order_id=order.id)], now=business_now)
    step = open_step(session, "sample_review", order)
    common: dict[str, Any] = {"step_id": step.id, "token": step.token, "actor": MANAGER, "now": business_now}
    with pytest.raises(NotAllowed):
        sampling.check(session, faulty=False, note="", roles=["finance"], **common)
    with pytest.raises(InputInvalid):
        sampling.check(session, faulty=True, note=" ", roles=["order_manager"], **common)
    sampling.check(session, faulty=True, note="wrong unit", roles=["order_manager"], **common)
    assert session.query(ErrorEvent).one().note == "wrong unit"
    with pytest.raises(Fenced):
        sampling.check(session, faulty=False, note="", roles=["order_manager"], **common)


@pytest.mark.parametrize(("shipped", "caught"), [(0, True), (1, False)])
def test_a_fault_that_is_found_when_the_goods_have_left_was_not_caught(
    session: Session, house: House, business_now: datetime, shipped: int, caught: bool
) -> None:
    """The sample is drawn on the day after: a quick order is at its customer's by then, and was no perfect one."""
    order = make_web_order(session, house)
    gone = dict.fromkeys(("qty_picked", "qty_packed", "qty_shipped"), Decimal(shipped))
    session.query(OrderLine).filter_by(order_id=order.id).update(gone)
    steps.open_steps(session, [NewStep("sample_review", order.id, order_id=order.id)], now=business_now)
    step = open_step(session, "sample_review", order)
    sampling.check(
        session, step_id=step.id, token=step.token, faulty=True, note="wrong house number", actor=MANAGER,
        roles=["order_manager"], now=business_now,
    )  # fmt: skip
    assert session.query(ErrorEvent).one().caught is caught
