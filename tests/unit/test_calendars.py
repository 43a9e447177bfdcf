"""Working time: China's make-up days, lunch, night shifts, spring and autumn changes, rosters."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.errors import InputInvalid
from oms.journey.calendars import (
    Calendars,
    Shift,
    WorkCalendar,
    add_duty,
    add_duty_minutes,
    duty_between,
    duty_minutes_between,
    end_of_shift,
    end_of_shift_or_first_hour,
    next_duty,
    nth_workday,
    nth_workday_close,
    on_duty,
    same_clock_time_workday,
    workday_at,
)
from oms.journey.holiday_tables import NationalDays, missing_tables, national_days
from oms.journey.rosters import OFFICE, merge

SHANGHAI, BERLIN, NEW_YORK = (ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York"))
EIGHT = (Shift(time(8), time(17), ((time(12), time(13)),)),)
WEEK = (EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, (), ())
CHINA = WorkCalendar(SHANGHAI, WEEK)
NIGHT = (Shift(time(22), time(6), ((time(2), time(2, 30)),)),)
ROUND = WorkCalendar(BERLIN, (NIGHT,) * 7, country="DE", works_holidays=True)
TWO_SHIFTS = WorkCalendar(
    NEW_YORK, ((Shift(time(6), time(14)), Shift(time(14), time(22))),) * 5 + ((), ()), country="US"
)
calendars = st.sampled_from([CHINA, ROUND, TWO_SHIFTS])
moments = st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1), timezones=st.just(UTC))
amounts = st.timedeltas(timedelta(0), timedelta(hours=100))

#: A year's table of holidays is made on first use.
relaxed = settings(deadline=None)


def sh(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_asked_at_2350_with_duty_from_0800_sixty_minutes_end_at_0900():
    assert add_duty_minutes(CHINA, sh("2026-11-23 23:50"), 60) == sh("2026-11-24 09:00")


def test_lunch_is_no_duty_but_inside_the_shift():
    assert add_duty_minutes(CHINA, sh("2026-11-23 11:30"), 60) == sh("2026-11-23 13:30")
    assert end_of_shift(CHINA, sh("2026-11-23 12:30")) == sh("2026-11-23 17:00")
    assert not on_duty(CHINA, sh("2026-11-23 12:30"))
    assert duty_minutes_between(CHINA, sh("2026-11-23 08:00"), sh("2026-11-24 08:00")) == 480


@pytest.mark.parametrize("day", ["2026-09-20", "2026-10-10", "2026-02-14"])
def test_a_make_up_day_on_the_weekend_is_worked_with_weekday_hours(day: str):
    assert CHINA.is_workday(date.fromisoformat(day))
    assert CHINA.close_of(date.fromisoformat(day)) == sh(f"{day} 17:00")


@pytest.mark.parametrize("day", [f"2026-10-0{n}" for n in range(1, 8)] + ["2026-10-11", "2026-09-25"])
def test_holidays_and_plain_weekends_are_not_worked(day: str):
    assert not CHINA.is_workday(date.fromisoformat(day))
    assert CHINA.close_of(date.fromisoformat(day)) is None


def test_four_hours_before_golden_week_end_after_it():
    assert add_duty_minutes(CHINA, sh("2026-09-30 16:00"), 240) == sh("2026-10-08 11:00")
    assert nth_workday_close(CHINA, sh("2026-09-30 09:00"), 3) == sh("2026-10-10 17:00")
    assert same_clock_time_workday(CHINA, sh("2026-09-30 15:20")) == sh("2026-10-08 15:20")
    assert workday_at(CHINA, sh("2026-10-03 15:20"), 0, time(10)) == sh("2026-10-08 10:00")


def test_workdays_count_backwards_too():
    assert nth_workday(CHINA, date(2026, 10, 12), -1) == date(2026, 10, 10)
    assert nth_workday(CHINA, date(2026, 10, 8), -1) == date(2026, 9, 30)
    assert nth_workday(CHINA, date(2026, 10, 10), 0) == date(2026, 10, 10)


def test_a_year_that_is_not_announced_yet_is_an_estimate_until_it_is_imported():
    assert not CHINA.is_workday(date(2027, 10, 1))
    assert missing_tables("CN", date(2026, 11, 30)) == ()
    assert missing_tables("CN", date(2026, 12, 1)) == (2027,)
    table = NationalDays("CN", 2027, frozenset({date(2027, 1, 1)}), frozenset({date(2027, 1, 3)}), estimated=False)
    imported = WorkCalendar(SHANGHAI, WEEK, tables={2027: table})
    assert imported.is_workday(date(2027, 1, 3))
    assert missing_tables("CN", date(2027, 1, 5), imported.tables) == ()


def test_other_countries_keep_their_own_holidays():
    bavaria = WorkCalendar(BERLIN, WEEK, country="DE", subdivision="BY")
    assert not bavaria.is_workday(date(2026, 8, 15))
    assert not bavaria.is_workday(date(2026, 1, 6))
    assert not national_days("US", 2026).estimated
    with pytest.raises(InputInvalid, match="ISO 3166"):
        national_days("ZZ", 2026)
    with pytest.raises(InputInvalid, match="DE-XX"):
        national_days("DE", 2026, "XX")


def test_special_days_go_before_everything():
    day = date(2026, 10, 1)
    open_day = WorkCalendar(SHANGHAI, WEEK, special={day: EIGHT, date(2026, 11, 23): ()})
    assert open_day.is_workday(day)
    assert add_duty_minutes(open_day, sh("2026-11-23 09:00"), 30) == sh("2026-11-24 08:30")


def test_make_up_hours_can_be_set_apart():
    short = (Shift(time(9), time(12)),)
    assert WorkCalendar(SHANGHAI, WEEK, makeup=short).close_of(date(2026, 10, 10)) == sh("2026-10-10 12:00")
    every_day = WorkCalendar(SHANGHAI, (EIGHT,) * 7, makeup=short)
    assert every_day.close_of(date(2026, 10, 10)) == sh("2026-10-10 17:00")


def test_a_team_without_a_roster_works_the_organisations_hours():
    both = Calendars(CHINA, {"warehouse": ROUND})
    assert both.of("warehouse") is ROUND
    assert both.of("finance") is CHINA


def test_a_night_shift_goes_on_over_new_year():
    start = datetime(2025, 12, 31, 23, 0, tzinfo=BERLIN)
    assert add_duty_minutes(ROUND, start, 200) == datetime(2026, 1, 1, 2, 50, tzinfo=BERLIN)
    assert end_of_shift(ROUND, datetime(2026, 1, 1, 3, 0, tzinfo=BERLIN)) == datetime(2026, 1, 1, 6, tzinfo=BERLIN)


def test_the_spring_change_takes_an_hour_of_the_night_and_the_autumn_change_gives_one():
    usual = timedelta(hours=7, minutes=30)
    nights = {
        day: duty_between(
            ROUND, datetime(2026, *day, 12, tzinfo=BERLIN), datetime(2026, *day, 12, tzinfo=BERLIN) + timedelta(1)
        )
        for day in [(3, 28), (10, 24), (11, 3)]
    }
    # In spring the break (02:00 to 02:30) falls into the hour that is skipped.
    assert nights == {(3, 28): timedelta(hours=7), (10, 24): timedelta(hours=8, minutes=30), (11, 3): usual}


def test_known_after_the_shift_is_due_within_the_first_hour_of_the_next_duty():
    assert end_of_shift_or_first_hour(CHINA, sh("2026-11-23 16:59")) == sh("2026-11-23 17:00")
    assert end_of_shift_or_first_hour(CHINA, sh("2026-11-27 17:00")) == sh("2026-11-30 09:00")


def test_the_next_duty_is_now_on_duty_and_monday_on_saturday():
    assert next_duty(CHINA, sh("2026-11-23 09:00")) == sh("2026-11-23 09:00")
    assert next_duty(CHINA, sh("2026-11-28 09:00")) == sh("2026-11-30 08:00")
    assert next_duty(CHINA, sh("2026-12-31 18:00")) == sh("2027-01-04 08:00")


def test_a_calendar_without_duty_says_so_instead_of_searching_for_ever():
    never = WorkCalendar(SHANGHAI, ((),) * 7)
    for ask in (
        lambda: add_duty_minutes(never, sh("2026-11-23 09:00"), 1),
        lambda: nth_workday(never, date(2026, 11, 23), 1),
        lambda: next_duty(never, sh("2026-11-23 09:00")),
    ):
        with pytest.raises(InputInvalid, match="weekly hours"):
            ask()
    makeup_only = WorkCalendar(SHANGHAI, ((),) * 7, makeup=OFFICE)
    assert makeup_only.is_workday(date(2026, 10, 10))


def test_spans_that_touch_are_one_and_empty_ones_none():
    assert merge([]) == []
    a, b, c = (sh(f"2026-11-23 {hour}:00") for hour in ("08", "10", "12"))
    assert merge([(b, c), (a, b), (c, c)]) == [(a, c)]


@relaxed
@given(calendars, moments, amounts, amounts)
def test_more_work_is_never_due_earlier(calendar: WorkCalendar, start: datetime, less: timedelta, more: timedelta):
    less, more = sorted((less, more))
    assert start <= add_duty(calendar, start, less) <= add_duty(calendar, start, more)


@relaxed
@given(calendars, moments, moments, amounts)
def test_later_asked_is_never_due_earlier(calendar: WorkCalendar, a: datetime, b: datetime, amount: timedelta):
    a, b = sorted((a, b))
    assert add_duty(calendar, a, amount) <= add_duty(calendar, b, amount)
    for n in (1, 3):
        assert nth_workday_close(calendar, a, n) <= nth_workday_close(calendar, b, n)


@relaxed
@given(calendars, moments, amounts)
def test_exactly_the_added_duty_lies_between_start_and_end(calendar: WorkCalendar, start: datetime, amount: timedelta):
    assert duty_between(calendar, start, add_duty(calendar, start, amount)) == amount


@relaxed
@given(calendars, moments, moments, moments)
def test_duty_adds_up_and_is_never_more_than_time(calendar: WorkCalendar, a: datetime, b: datetime, c: datetime):
    a, b, c = sorted((a, b, c))
    assert duty_between(calendar, a, b) + duty_between(calendar, b, c) == duty_between(calendar, a, c) <= c - a
    assert duty_between(calendar, b, a) == timedelta(0)


@relaxed
@given(calendars, moments)
def test_the_next_duty_is_duty_and_nothing_lies_before_it(calendar: WorkCalendar, moment: datetime):
    begins = next_duty(calendar, moment)
    assert on_duty(calendar, begins)
    assert duty_between(calendar, moment, begins) == timedelta(0)
