"""The four kinds of clock, pauses, and the table of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.errors import InputInvalid
from oms.journey.calendars import Shift, WorkCalendar, duty_between
from oms.journey.clocks import (
    CLOCKS,
    Audience,
    Clock,
    Kind,
    clock_named,
    due_at,
    duty,
    extended_by_pause,
    is_late,
    moves_due,
    next_workday_same_time,
    same_day,
    wall,
    workday_time,
    workdays,
)
from oms.journey.flow import FLOW

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT = (Shift(time(8), time(17), ((time(12), time(13)),)),)
CHINA = WorkCalendar(SHANGHAI, (EIGHT,) * 5 + ((), ()))
clocks = st.sampled_from([row.clock for row in CLOCKS.values()])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))
reasons = st.sampled_from(["customer", "goods", "system", "ours", "absence"])

#: A year's table of holidays is made on first use.
relaxed = settings(deadline=None)


def sh(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("clock", "asked", "due"),
    [
        (wall(48 * 3600), "2026-09-30 16:00", "2026-10-02 16:00"),
        (duty(60), "2026-11-23 23:50", "2026-11-24 09:00"),
        (duty(240), "2026-11-20 15:00", "2026-11-23 10:00"),
        (workdays(1), "2026-11-20 15:00", "2026-11-23 17:00"),
        (workdays(-2), "2026-11-23 00:00", "2026-11-19 17:00"),
        (next_workday_same_time(), "2026-11-20 15:00", "2026-11-23 15:00"),
        (workday_time(0, time(10)), "2026-11-22 00:00", "2026-11-23 10:00"),
        (same_day(Audience.INTERNAL), "2026-11-23 16:00", "2026-11-23 17:00"),
        (same_day(Audience.INTERNAL), "2026-11-23 20:00", "2026-11-24 09:00"),
    ],
)
def test_each_kind_of_clock_ends_where_the_rulebook_says(clock: Clock, asked: str, due: str):
    assert due_at(clock, sh(asked), CHINA) == sh(due)


def test_a_customers_notice_is_due_by_midnight_of_the_same_day_and_month():
    due = due_at(same_day(Audience.CUSTOMER), sh("2026-11-30 09:00"), CHINA)
    assert due == sh("2026-12-01 00:00") - timedelta(microseconds=1)


def test_a_promise_is_the_callers_own_instant_and_other_clocks_ignore_it():
    promised = sh("2026-11-25 18:00")
    assert due_at(clock_named("promise"), sh("2026-11-23 09:00"), CHINA, given=promised) == promised
    assert due_at(clock_named("promise"), sh("2026-11-23 09:00"), CHINA) == sh("2026-11-26 09:00")
    assert due_at(clock_named("entry"), sh("2026-11-23 09:00"), CHINA, given=promised) == sh("2026-11-23 09:30")


def test_a_managers_number_replaces_the_default():
    assert clock_named("entry", {"clock.entry": 45}) == duty(45)
    assert clock_named("entry", {"clock.release": 1}) == duty(30)
    with pytest.raises(InputInvalid, match="no clock"):
        clock_named("tea")


def test_every_clock_of_the_rulebooks_and_of_the_flow_is_in_the_table():
    assert {row.clock for row in FLOW.values()} <= set(CLOCKS)
    assert all(row.source and row.en and row.zh for row in CLOCKS.values())
    # Clocks: "duty: all clocks up to 4 h" that people keep.
    assert all(row.clock.amount <= 240 for row in CLOCKS.values() if row.clock.kind is Kind.DUTY)
    wanted = {
        "entry": 30,
        "release": 240,
        "change_reaction": 30,
        "quality_report": 20,
        "ticket_pass_on": 60,
        "ticket_contact": 120,
    }
    assert {name: CLOCKS[name].clock.amount for name in wanted} == wanted


def test_work_done_outside_duty_is_never_late():
    due = due_at(workdays(1), sh("2026-11-20 15:00"), CHINA)
    assert not is_late(workdays(1), due, sh("2026-11-24 07:59"), CHINA)
    assert is_late(workdays(1), due, sh("2026-11-24 08:01"), CHINA)
    assert not is_late(workdays(1), due, due, CHINA)
    assert is_late(wall(60), due, sh("2026-11-23 17:01"), CHINA)
    assert is_late(same_day(Audience.CUSTOMER), due, sh("2026-11-23 20:00"), CHINA)


def test_a_pause_for_the_customer_moves_a_duty_clock_by_the_duty_inside_it():
    due = extended_by_pause(
        sh("2026-11-23 11:00"), sh("2026-11-23 10:00"), sh("2026-11-24 09:00"), duty(240), CHINA, reason="customer"
    )
    # One hour was left when it was paused, so one hour is left when it goes on.
    assert due == sh("2026-11-24 10:00")


def test_a_pause_that_begins_after_the_shift_gives_its_duty_back():
    """Due at 17:00, held at 20:00: nobody was late, and whoever has it cannot end it next morning."""
    due = extended_by_pause(
        sh("2026-11-23 17:00"), sh("2026-11-23 20:00"), sh("2026-11-24 14:00"), duty(240), CHINA, reason="customer"
    )
    assert due == sh("2026-11-24 14:00")


def test_a_same_day_notice_starts_anew_after_its_pause():
    clock = same_day(Audience.CUSTOMER)
    due = due_at(clock, sh("2026-11-23 09:00"), CHINA)
    later = extended_by_pause(due, sh("2026-11-23 10:00"), sh("2026-11-25 09:00"), clock, CHINA, reason="customer")
    assert later == due_at(clock, sh("2026-11-25 09:00"), CHINA)


@pytest.mark.parametrize(
    ("clock", "reason", "start", "end"),
    [
        (wall(3600), "customer", "2026-11-23 09:00", "2026-11-23 10:00"),
        (duty(60), "absence", "2026-11-23 09:00", "2026-11-23 10:00"),
        (duty(60), "customer", "2026-11-23 12:00", "2026-11-24 10:00"),
        (duty(60), "customer", "2026-11-23 10:00", "2026-11-23 09:00"),
        (duty(60), "goods", "2026-11-21 10:00", "2026-11-22 10:00"),
    ],
    ids=["wall", "absence", "overdue already", "turned round", "nobody was on duty"],
)
def test_other_pauses_leave_the_due_time(clock: Clock, reason: str, start: str, end: str):
    due = sh("2026-11-23 11:00")
    assert extended_by_pause(due, sh(start), sh(end), clock, CHINA, reason=reason) == due


@relaxed
@given(clocks, moments, moments, moments, reasons)
def test_a_pause_never_makes_a_step_due_earlier(clock: Clock, due: datetime, a: datetime, b: datetime, reason: str):
    moved = extended_by_pause(due, a, b, clock, CHINA, reason=reason)
    assert moved >= due
    if not moves_due(clock, reason):
        assert moved == due


@relaxed
@given(moments, st.timedeltas(timedelta(0), timedelta(days=5)), st.timedeltas(timedelta(0), timedelta(days=5)))
def test_a_pause_leaves_as_much_duty_as_there_was(start: datetime, until_pause: timedelta, length: timedelta):
    due = due_at(duty(240), start, CHINA)
    pause, goes_on = start + until_pause, start + until_pause + length
    moved = extended_by_pause(due, pause, goes_on, duty(240), CHINA, reason="goods")
    if pause < due:
        assert duty_between(CHINA, goes_on, moved) <= duty_between(CHINA, pause, due)
        assert duty_between(CHINA, start, moved) == duty_between(CHINA, start, due) + duty_between(
            CHINA, pause, goes_on
        )


@relaxed
@given(clocks, moments, moments)
def test_a_clock_started_later_never_ends_earlier(clock: Clock, a: datetime, b: datetime):
    a, b = sorted((a, b))
    assert due_at(clock, a, CHINA) <= due_at(clock, b, CHINA)
