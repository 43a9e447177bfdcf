"""A month of many orders is closed once the fold has counted each of them anew; what changes meanwhile is folded as ever (K-7)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.journey import steps, touched
from oms.journey.steps import NewStep
from oms.kpi import fold, monthly, whole_months
from oms.kpi.models import KpiMonth
from tests.service.test_kpi_fold import folded, same_as_counted
from tests.service.test_kpi_report import AFTER_FREEZE, NOVEMBER, House, at
from workers.kpi import compute_kpi

SOON = timedelta(seconds=30)


@pytest.fixture
def houses(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[House]:
    """Three orders, where two are as many as are counted at once."""
    monkeypatch.setattr(fold, "BATCH", 2)
    made = [House(session, number) for number in ("N-1", "N-2", "N-3")]
    for house in made:
        house.whole_line()
        touched.touch(session, [house.order])
    folded(session, at(20))
    return made


def spoil(session: Session) -> None:
    """Lines that are not what the facts say, which no touched row tells of."""
    session.execute(text("UPDATE kpi_line SET why = 'spoilt' WHERE kpi = 'completion'"))


def closed_at(session: Session) -> datetime | None:
    return session.get_one(KpiMonth, "2026-11", populate_existing=True).closed_at


def test_a_month_of_many_orders_is_closed_when_each_was_counted_anew(session: Session, houses: list[House]) -> None:
    spoil(session)
    assert monthly.keep(session, month=NOVEMBER, now=AFTER_FREEZE).provisional
    assert monthly.is_counting(session)
    assert fold.fold(session, now=AFTER_FREEZE + SOON, limit=2) > 0
    assert monthly.keep(session, month=NOVEMBER, now=AFTER_FREEZE + SOON).provisional, "one is not counted yet"
    folded(session, AFTER_FREEZE + 2 * SOON)
    assert not monthly.keep(session, month=NOVEMBER, now=AFTER_FREEZE + 3 * SOON).provisional
    assert closed_at(session) == AFTER_FREEZE + 3 * SOON
    assert not monthly.is_counting(session)
    same_as_counted(session, AFTER_FREEZE)


def test_a_month_of_few_orders_is_counted_anew_and_closed_at_once(
    session: Session, houses: list[House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold, "BATCH", len(houses))
    spoil(session)
    assert not monthly.keep(session, month=NOVEMBER, now=AFTER_FREEZE).provisional
    assert not monthly.is_counting(session)
    same_as_counted(session, AFTER_FREEZE)


def test_an_open_month_that_is_new_counts_only_what_no_figure_knows(session: Session, houses: list[House]) -> None:
    """On the first of a month the one before was counted whole each hour, with every order of that first day."""
    spoil(session)
    stranger = House(session, "N-4")
    stranger.whole_line()
    assert whole_months.count(session, month=NOVEMBER, now=at(20), anew=False)
    rows = session.execute(text("SELECT order_no, why FROM kpi_line WHERE kpi = 'completion' ORDER BY 1"))
    assert [row.why == "spoilt" for row in rows] == [True, True, True, False]


def test_the_step_comes_again_until_the_month_is_closed(session: Session, houses: list[House]) -> None:
    assert _computed(session, AFTER_FREEZE) == [("compute_kpi", AFTER_FREEZE + SOON)]
    folded(session, AFTER_FREEZE + timedelta(seconds=1))
    assert _computed(session, AFTER_FREEZE + SOON) == []
    assert closed_at(session) == AFTER_FREEZE + SOON


def _computed(session: Session, now: datetime) -> list[tuple[str, datetime | None]]:
    """What follows the hourly step."""
    new = NewStep("compute_kpi", new_id(), subject_type="period")
    [step_id] = steps.open_steps(session, [new], now=now)
    claimed = steps.find_by_id(session, step_ids=[step_id])[step_id]
    [done] = compute_kpi(session, [claimed], now)
    steps.finish(session, [done], by="system", now=now)
    return [(one.kind, one.run_after) for one in done.opens]
