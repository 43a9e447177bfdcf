"""Working time on a calendar: add duty, count duty, the nth working day, the end of a shift.

Pure and cheap: a binary search in the calendar's table of the year. Instants in are aware, out are UTC.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta

from oms.clock import DAY, aware, day_start, instant, local_day
from oms.errors import InputInvalid
from oms.journey.rosters import ZERO, Calendars, Shift, WorkCalendar

__all__ = [
    "Calendars",
    "Shift",
    "WorkCalendar",
    "add_duty",
    "add_duty_minutes",
    "duty_between",
    "duty_minutes_between",
    "end_of_shift",
    "end_of_shift_or_first_hour",
    "next_duty",
    "nth_workday",
    "nth_workday_close",
    "on_duty",
    "same_clock_time_workday",
    "workday_at",
]

#: No roster rests longer than this; a search that does is a calendar without duty.
LONGEST_REST_DAYS = 400


def add_duty(calendar: WorkCalendar, start: datetime, amount: timedelta) -> datetime:
    """The first instant at which `amount` of duty has passed since `start`; none at all is `start` itself."""
    start = aware(start)
    if amount <= ZERO:
        return start
    number = local_day(start, calendar.zone).year
    table = calendar.year(number)
    target, empty = table.worked(start) + amount, 0
    while (found := table.at_worked(target)) is None:
        empty = empty + 1 if table.total == ZERO else 0
        if empty == 3:
            raise _no_duty(start)
        target -= table.total
        number += 1
        table = calendar.year(number)
    return found


def add_duty_minutes(calendar: WorkCalendar, start: datetime, minutes: int) -> datetime:
    """Asked at 23:50 with duty from 08:00, 60 minutes end at 09:00 (requirements, Clocks)."""
    return add_duty(calendar, start, timedelta(minutes=minutes))


def duty_between(calendar: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """How much duty lies between two instants, zero when they are turned round."""
    start, end = aware(start), aware(end)
    if end <= start:
        return ZERO
    first, last = local_day(start, calendar.zone).year, local_day(end, calendar.zone).year
    before = calendar.year(first).worked(start)
    whole = sum((calendar.year(number).total for number in range(first, last)), ZERO)
    return whole + calendar.year(last).worked(end) - before


def duty_minutes_between(calendar: WorkCalendar, start: datetime, end: datetime) -> int:
    """Whole minutes of duty between two instants."""
    return duty_between(calendar, start, end) // timedelta(minutes=1)


def on_duty(calendar: WorkCalendar, at: datetime) -> bool:
    """Whether someone is on duty at that instant (the end of a shift is no longer duty)."""
    table = calendar.year(local_day(at, calendar.zone).year)
    i = bisect_right(table.starts, aware(at)) - 1
    return i >= 0 and aware(at) < table.stops[i]


def next_duty(calendar: WorkCalendar, at: datetime) -> datetime:
    """`at` itself when on duty, else the start of the next duty."""
    if on_duty(calendar, at):
        return aware(at)
    number = local_day(at, calendar.zone).year
    for year in (number, number + 1, number + 2):
        table = calendar.year(year)
        i = bisect_left(table.starts, aware(at))
        if i < len(table.starts):
            return table.starts[i]
    raise _no_duty(at)


def nth_workday(calendar: WorkCalendar, day: date, n: int) -> date:
    """The nth working day after `day`, before it for a negative n; 0 is the day itself or the next working day."""
    step = -DAY if n < 0 else DAY
    left, rest = abs(n), 0
    if n == 0:
        day, left = day - DAY, 1
    while left:
        day += step
        works = calendar.is_workday(day)
        left, rest = left - works, 0 if works else rest + 1
        if rest > LONGEST_REST_DAYS:
            raise _no_duty(day_start(day, calendar.zone))
    return day


def nth_workday_close(calendar: WorkCalendar, start: datetime, n: int) -> datetime:
    """Closing time of the nth working day after the day of `start` (before it for a negative n)."""
    close = calendar.close_of(nth_workday(calendar, local_day(start, calendar.zone), n))
    assert close is not None, "a working day has shifts"
    return close


def same_clock_time_workday(calendar: WorkCalendar, start: datetime, n: int = 1) -> datetime:
    """The same clock time on the nth working day after: what the rulebooks call "24 h" for n = 1."""
    local = aware(start).astimezone(calendar.zone)
    return instant(nth_workday(calendar, local.date(), n), local.time(), calendar.zone)


def workday_at(calendar: WorkCalendar, start: datetime, n: int, at: time) -> datetime:
    """A set clock time on the nth working day after (0: that day or the next working day)."""
    return instant(nth_workday(calendar, local_day(start, calendar.zone), n), at, calendar.zone)


def end_of_shift(calendar: WorkCalendar, at: datetime) -> datetime | None:
    """When the shift in which `at` lies ends (its lunch break is inside it), None between shifts."""
    at = aware(at)
    today = local_day(at, calendar.zone)
    ends = [
        shift.ends(day, calendar.zone)
        for day in (today - DAY, today)
        for shift in calendar.shifts_on(day)
        if instant(day, shift.start, calendar.zone) <= at < shift.ends(day, calendar.zone)
    ]
    return max(ends, default=None)


def end_of_shift_or_first_hour(calendar: WorkCalendar, at: datetime) -> datetime:
    """Until the end of the shift; what is known after it, within the first hour of the next duty."""
    return end_of_shift(calendar, at) or add_duty_minutes(calendar, at, 60)


def _no_duty(at: datetime) -> InputInvalid:
    hint = "give the roster weekly hours"
    return InputInvalid(f"the calendar has no duty after {aware(at):%Y-%m-%d}: {hint}", fields={"weekly": hint})
