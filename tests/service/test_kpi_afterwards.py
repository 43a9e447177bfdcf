"""What is told of a month after it was closed counts once, in the month in which it was told, and the closed one stands (K-7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.db import new_id
from oms.invariants.check import check
from oms.journey import steps, touched
from oms.journey.models import ErrorEvent, Step
from oms.kpi import kept, monthly
from oms.kpi.monthly import compute_months, keep
from oms.kpi.rendering import why_text
from oms.kpi.report import month_report
from tests.service.test_kpi_fold import folded, told
from tests.service.test_kpi_report import AFTER_FREEZE, NOVEMBER, NOW, House, at

DECEMBER = NOVEMBER.next()
JANUARY = DECEMBER.next()
A_MONTH_LATER = datetime(2027, 1, 20, 2, 0, tzinfo=UTC)
DECIDED = ("perfect_order", "shipped_on_time", "delivered_on_time", "completion")


@pytest.fixture
def house(session: Session) -> House:
    return House(session)


def floor(house: House) -> dict[str, Any]:
    return {"subject_type": "fulfilment", "subject_id": house.fulfilment, "performer": "carrier"}


def on_its_way(house: House) -> Step:
    """Released and collected in time; the delivery, promised for the 14th, is still to be told."""
    house.step("release", at(10, 8), at(10, 7), "released", "system")
    house.step("collect", at(11, 9), at(11, 8), "collected", "carrier", **floor(house))
    return house.step("deliver", at(14, 9), None, **floor(house))


def end(step: Step, when: datetime, outcome: str = "delivered") -> None:
    step.state, step.finished_at, step.outcome, step.finished_by = "done", when, outcome, "carrier"


def fold(session: Session, house: House, now: datetime = AFTER_FREEZE) -> None:
    session.flush()
    touched.touch(session, [house.order])
    folded(session, now)


def close(session: Session, house: House, month: Month = NOVEMBER, now: datetime = AFTER_FREEZE) -> dict[Any, Any]:
    """Close a month; return all that it tells."""
    fold(session, house, now)
    keep(session, month=month, now=now)
    return stands(session, month)


def stands(session: Session, month: Month = NOVEMBER) -> dict[Any, Any]:
    return told(monthly.with_lines(session, month=month, counted_at=NOW, provisional=False))


def lines(session: Session, kpi: str, month: Month = DECEMBER, now: datetime = AFTER_FREEZE) -> list[tuple[Any, ...]]:
    """The lines of a figure, which are the same whether the month is read as folded or counted now."""
    anew = month_report(session, month=month, now=now).company(kpi)
    assert anew.lines == monthly.with_lines(session, month=month, counted_at=now, provisional=True).company(kpi).lines
    return [(line.why, line.hit, line.of) for line in anew.lines]


def test_a_delivery_that_is_told_after_its_month_was_closed_counts_in_the_month_in_which_it_is_told(
    session: Session, house: House
):
    deliver = on_its_way(house)
    closed = close(session, house)
    assert [line.why for line in closed["delivered_on_time", None][-1]] == ["open_late"]
    end(deliver, at(14, 8))
    fold(session, house)
    assert {kpi: lines(session, kpi) for kpi in DECIDED} == {
        "perfect_order": [("2026-11/perfect", 1, 1)],
        "shipped_on_time": [],
        # November counted these as missed, and stands: that they were kept is named, and counts nothing.
        "delivered_on_time": [("2026-11/on_time", 0, 0)],
        "completion": [("2026-11/on_time", 0, 0)],
    }
    assert stands(session) == closed
    summed = [(t.month, t.kpi, t.lines, t.hit, t.of) for t in kept.told_of_closed(session, month=DECEMBER)]
    assert summed == [
        ("2026-11", "completion", 1, 0, 0),
        ("2026-11", "delivered_on_time", 1, 0, 0),
        ("2026-11", "perfect_order", 1, 1, 1),
    ]
    assert check(session, names={"kpi_is_sum_of_lines", "a_fact_counts_once", "a_closed_month_stands"}) == []


def test_what_was_told_once_is_told_in_no_other_month(session: Session, house: House):
    deliver = on_its_way(house)
    close(session, house)
    end(deliver, at(14, 8))
    december = close(session, house, DECEMBER, A_MONTH_LATER)
    assert len(december["perfect_order", None][-1]) == 0, "the delivery is told in January, as nobody folded before"
    fold(session, house, A_MONTH_LATER)
    assert [lines(session, kpi, JANUARY, A_MONTH_LATER) for kpi in DECIDED[:1]] == [[("2026-11/perfect", 1, 1)]]


def test_what_was_told_stays_in_the_month_in_which_it_was(session: Session, house: House):
    deliver = on_its_way(house)
    close(session, house)
    end(deliver, at(14, 8))
    fold(session, house)
    december = close(session, house, DECEMBER, A_MONTH_LATER)
    assert [line.why for line in december["perfect_order", None][-1]] == ["2026-11/perfect"]
    fold(session, house, A_MONTH_LATER)
    assert {kpi: lines(session, kpi, JANUARY, A_MONTH_LATER) for kpi in DECIDED} == {kpi: [] for kpi in DECIDED}
    assert stands(session, DECEMBER) == december


def test_an_error_of_what_was_told_later_counts_there(session: Session, house: House):
    deliver = on_its_way(house)
    close(session, house)
    end(deliver, at(14, 8))
    house.error("pack", "someone", at(9, month=12), caught=False)
    fold(session, house, at(10, month=12))
    assert lines(session, "perfect_order", now=at(10, month=12)) == [("2026-11/error", 0, 1)]


def test_an_order_that_lay_unread_until_its_month_was_closed_is_counted(session: Session):
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    fold(session, House(session, "M-1"))
    assert lines(session, "entry_accuracy_machine") == [("2026-11/right", 1, 1)]


@pytest.mark.parametrize("counted_as_a_whole", [True, False])
def test_a_part_that_is_released_after_the_month_of_its_promise_was_closed_is_missed_once(
    session: Session, house: House, counted_as_a_whole: bool
):
    """November has the order as missed, before it was split up; or it had its other part alone."""
    late = at(7, month=12)
    pair = house.step("collect", at(11, 9), None, performer="carrier")
    if not counted_as_a_whole:
        end(pair, at(10), "split")
    close(session, house)
    end(pair, pair.finished_at or late, "split")
    part = {"subject_type": "fulfilment", "subject_id": new_id(), "performer": "carrier", "opened_at": late}
    house.step("collect", at(11, 9), late, "collected", "carrier", **part)
    fold(session, house)
    assert lines(session, "shipped_on_time") == ([] if counted_as_a_whole else [("2026-11/late_carrier", 0, 1)])


def test_an_order_that_was_released_after_the_month_of_its_promise_was_closed_is_no_complete_one(
    session: Session, house: House
):
    """November left it out, for it was not released; it came in December, and stood in no month."""
    release = house.step("release", at(20, month=11), None)
    deliver = house.step("deliver", at(14, 9), None, performer="carrier")
    closed = close(session, house)
    assert [line.why for line in closed["completion", None][-1]] == ["not_released"]
    end(release, at(7, month=12), "released")
    end(deliver, at(7, month=12))
    fold(session, house)
    assert lines(session, "completion") == [("2026-11/late", 0, 1)]
    assert lines(session, "perfect_order") == [("late", 0, 1)]
    assert lines(session, "delivered_on_time") == []
    assert stands(session) == closed


def test_a_scan_that_sets_an_end_back_into_a_closed_month_takes_the_order_out_of_no_month(
    session: Session, house: House
):
    end(on_its_way(house), at(3, month=12))
    close(session, house)
    assert lines(session, "perfect_order") == [("late", 0, 1)]
    steps.ended_earlier(session, kind="deliver", at={house.fulfilment: at(14, 8)})
    fold(session, house)
    assert lines(session, "perfect_order") == [("2026-11/perfect", 1, 1)]


def test_that_a_parcel_was_in_time_after_all_is_named_and_counts_nothing(session: Session, house: House):
    """The carrier's own first scan comes weeks after its second one, by which November was late."""
    end(on_its_way(house), at(20))
    closed = close(session, house)
    assert [line.why for line in closed["perfect_order", None][-1]] == ["late"]
    steps.ended_earlier(session, kind="deliver", at={house.fulfilment: at(14, 8)})
    fold(session, house)
    assert {kpi: lines(session, kpi) for kpi in DECIDED} == {
        "perfect_order": [("2026-11/perfect", 0, 0)],
        "shipped_on_time": [],
        "delivered_on_time": [("2026-11/on_time", 0, 0)],
        "completion": [("2026-11/on_time", 0, 0)],
    }
    assert stands(session) == closed


def test_an_error_that_was_lifted_later_is_told_by_its_correction_alone(session: Session, house: House):
    house.whole_line()
    house.error("pack", "someone", at(16), caught=False)
    close(session, house)
    house.session.query(ErrorEvent).update(
        {"upheld": False, "ruled_at": at(9, month=12), "ruled_by": "gm", "ruling": "judged anew"}
    )
    fold(session, house, at(10, month=12))
    assert lines(session, "perfect_order", now=at(10, month=12)) == []


def test_an_order_that_a_closed_month_has_counts_in_no_other(session: Session, house: House):
    """A part that comes later is a delivery of its own, and no second order."""
    house.whole_line()
    close(session, house)
    part = {"subject_type": "fulfilment", "subject_id": new_id(), "performer": "carrier"}
    house.step("deliver", at(6, month=12), at(5, month=12), "delivered", "carrier", **part)
    fold(session, house)
    assert {kpi: lines(session, kpi) for kpi in DECIDED} == {
        "perfect_order": [], "shipped_on_time": [], "delivered_on_time": [("on_time", 1, 1)], "completion": [],
    }  # fmt: skip


def test_a_month_that_nobody_closed_in_time_is_closed_as_soon_as_somebody_does(session: Session):
    compute_months(session, now=NOW)
    reports = compute_months(session, now=datetime(2027, 4, 20, 2, 0, tzinfo=UTC))
    months = ["2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-04"]
    assert [str(report.month) for report in reports] == months
    assert [report.provisional for report in reports] == [False] * 5 + [True]


def test_the_reason_names_the_closed_month_in_both_languages():
    assert why_text("2026-11/late", "en") == "of 2026-11, told after it was closed: late"
    assert why_text("2026-11/late", "zh_Hans") == "属 2026-11，关账后才得知: 超时"
