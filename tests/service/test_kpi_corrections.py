"""What is found, or lifted, after a month was frozen changes nothing of it and is told in the month of now (K-7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.clock import Month
from oms.db import new_id
from oms.fulfilment.models import Fulfilment, FulfilmentLine
from oms.journey import errors, policy
from oms.journey.errors import NewError
from oms.kpi import corrections
from oms.kpi.monthly import keep, report_of
from tests.service.test_kpi_report import AFTER_FREEZE, NOVEMBER, House, at

DECEMBER = NOVEMBER.next()
FOUND, BEFORE_FREEZE = at(9, month=12), at(4, month=12)
ALL = ("entry_accuracy", "perfect_order")


@pytest.fixture
def house(session: Session) -> House:
    made = House(session)
    made.whole_line()
    return made


def told(session: Session, month: Month = DECEMBER) -> list[tuple[object, ...]]:
    found = corrections.of_month(session, month=month, now=at(20, month=12))
    return [(c.month, c.order_no, c.stage, c.person, c.lifted, c.at, c.by, c.kpis) for c in found]


def test_an_error_that_was_found_too_late_names_the_month_that_stands(session: Session, house: House):
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    house.error("entry", house.li.login, FOUND, caught=False)
    assert told(session) == [("2026-11", "N-1", "entry", "Li N-1", False, FOUND, "boss", ALL)]
    assert (told(session, NOVEMBER), told(session, DECEMBER.next())) == ([], [])
    closed = report_of(session, month=NOVEMBER, now=at(20, month=12))
    assert [closed.company(kpi).hit for kpi in ALL] == [1, 1]


def test_an_error_that_was_caught_in_the_house_is_no_correction_of_perfect_orders(session: Session, house: House):
    """A field was mended before its order was sent, say: the order of that month was perfect with it and without."""
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    house.error("entry", house.li.login, FOUND, caught=True)
    assert [row[-1] for row in told(session)] == [("entry_accuracy",)]


def test_an_error_that_was_found_too_late_stays_told_when_the_freeze_is_set_to_another_day(
    session: Session, house: House
):
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    house.error("entry", house.li.login, FOUND)
    policy.set_value(
        session, key="clock.appraisal_freeze", value=10, valid_from=at(15, month=12), actor="boss", why="longer",
        now=at(15, month=12),
    )  # fmt: skip
    assert [row[:2] for row in told(session)] == [("2026-11", "N-1")]


def test_an_error_that_its_month_counts_is_none(session: Session, house: House):
    house.error("entry", house.li.login, BEFORE_FREEZE)
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    assert report_of(session, month=NOVEMBER, now=AFTER_FREEZE).company("entry_accuracy").hit == 0
    assert told(session) == []


def test_an_error_that_was_lifted_too_late_is_told_as_well(session: Session, house: House):
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    house.error(
        "entry",
        house.li.login,
        BEFORE_FREEZE,
        caught=False,
        upheld=False,
        ruled_at=FOUND,
        ruled_by="gm",
        ruling="judged anew",
    )
    assert told(session) == [("2026-11", "N-1", "entry", "Li N-1", True, FOUND, "gm", ALL)]


@pytest.mark.parametrize("again", [False, True])
def test_what_was_ruled_before_the_hour_of_the_closing_is_told_and_not_counted_twice(
    session: Session, house: House, again: bool
):
    """Frozen on the 7th at half past five, closed the next time it is looked at: in between the month is frozen as well."""
    event = NewError("ticket", house.fulfilment, "wrong", "entry", "entry", house.li.login, False, house.order)
    errors.judge(session, kind="wrong", subject_id=house.fulfilment, event=event, by="boss", now=BEFORE_FREEZE)
    evening = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
    for verdict, now in ((None, evening), *([(event, evening + timedelta(minutes=10))] if again else [])):
        errors.judge(session, kind="wrong", subject_id=house.fulfilment, event=verdict, by="gm", now=now)
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    closed = report_of(session, month=NOVEMBER, now=AFTER_FREEZE)
    assert [closed.company(kpi).hit for kpi in ALL] == [0, 0]
    assert [(row[0], row[4]) for row in told(session)] == ([] if again else [("2026-11", True)])


def test_what_was_found_and_lifted_after_the_freeze_was_never_counted(session: Session, house: House):
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    house.error("entry", house.li.login, FOUND, upheld=False, ruled_at=at(10, month=12), ruled_by="gm", ruling="x")
    assert told(session) == []


def test_a_wrong_stock_record_is_no_correction_of_the_pickers(session: Session, house: House):
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    house.error("pick", "someone", FOUND, caught=False, cause="inventory")
    assert [row[-1] for row in told(session)] == [("perfect_order",)]


def test_an_error_of_an_order_picked_in_two_months_belongs_to_the_month_of_its_part(session: Session, house: House):
    """The second part was picked in December and its error found there: December's own figure has it."""
    second = new_id()
    house.session.add(
        Fulfilment(id=second, number="F-2", order_id=house.order, warehouse_id=house.warehouse, round=1, part=1,
                   carrier_id=house.carrier, service="std", cut_off_at=FOUND, promised_ship_at=FOUND,
                   promised_deliver_at=FOUND, released_at=FOUND)
    )  # fmt: skip
    session.flush()
    floor = {"subject_type": "fulfilment", "subject_id": second, "performer": "warehouse"}
    house.step("pick", at(8, 8, month=12), at(8, 7, month=12), "picked", house.li.login, **floor)
    line = {"fulfilment_id": second, "order_id": house.order, "order_line_id": new_id(), "sku_id": new_id()}
    session.add(FulfilmentLine(**line, qty=Decimal(1)))
    session.flush()
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    keep(session, month=DECEMBER, now=at(20, month=12))
    house.error("pick", house.li.login, FOUND, subject_type="fulfilment", subject_id=second)
    assert told(session) == []
    house.error("pick", house.li.login, FOUND, subject_type="fulfilment", subject_id=house.fulfilment)
    assert [(row[0], row[-1]) for row in told(session)] == [("2026-11", ("pick_accuracy",))]


def test_each_month_tells_its_own_ruling_of_an_error_that_was_judged_three_times(session: Session, house: House):
    """Li is at fault in time, Wang after the freeze, Li again a month later: December's word stands, January has its own."""
    keep(session, month=NOVEMBER, now=AFTER_FREEZE)
    li, wang = house.li.login, "wang"
    for person, when in ((li, BEFORE_FREEZE), (wang, at(21, month=12)), (li, datetime(2027, 1, 10, tzinfo=UTC))):
        event = NewError(
            "ticket", house.fulfilment, "wrong", "entry", "entry", person, caught=True, order_id=house.order
        )
        errors.judge(session, kind="wrong", subject_id=house.fulfilment, event=event, by="gm", now=when)
    months = {}
    for month in (DECEMBER, DECEMBER.next()):
        found = corrections.of_month(session, month=month, now=datetime(2027, 1, 20, tzinfo=UTC))
        months[str(month)] = sorted((one.person, one.lifted) for one in found)
    assert months == {
        "2026-12": [("Li N-1", True), ("wang", False)],
        "2027-01": [("Li N-1", False), ("wang", True)],
    }
