"""Who works when: shifts with breaks, weekly hours, holidays, make-up workdays, special days, rosters of teams.

Pure. A calendar keeps its duty as one sorted table a year, made on first use, so that a due time is a
binary search (`calendars.py`). Days and shifts are cut in the calendar's zone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oms.clock import DAY, day_start, instant
from oms.journey.holiday_tables import NationalDays, national_days

ZERO = timedelta(0)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift; an end at or before its start lies on the next day (00:00 is 24:00), breaks lie inside."""

    start: time
    end: time
    breaks: tuple[tuple[time, time], ...] = ()

    def spans(self, day: date, zone: ZoneInfo) -> list[Span]:
        """The duty spans of this shift when it begins on `day`, without its breaks."""
        cuts = [instant(day, self.start, zone)]
        for begin, finish in sorted(self.breaks, key=lambda pause: (pause[0] < self.start, pause[0])):
            cuts += [self._after_start(day, begin, zone), self._after_start(day, finish, zone)]
        cuts.append(self.ends(day, zone))
        return [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=True) if a < b]

    def ends(self, day: date, zone: ZoneInfo) -> datetime:
        """When the shift that begins on `day` is over."""
        return instant(day if self.end > self.start else day + DAY, self.end, zone)

    def _after_start(self, day: date, at: time, zone: ZoneInfo) -> datetime:
        return instant(day if at >= self.start else day + DAY, at, zone)


Shifts = tuple[Shift, ...]
Weekly = tuple[Shifts, Shifts, Shifts, Shifts, Shifts, Shifts, Shifts]

OFFICE: Shifts = (Shift(time(8, 30), time(17, 30), ((time(12), time(13)),)),)
OFFICE_WEEK: Weekly = (OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ())


@dataclass(frozen=True, slots=True)
class DutyYear:
    """One local year of duty: sorted spans that do not touch, and how much duty lies before the end of each."""

    begins: datetime
    ends: datetime
    starts: list[datetime]
    stops: list[datetime]
    done: list[timedelta]

    def worked(self, at: datetime) -> timedelta:
        """Duty from the start of the year until `at`."""
        i = bisect_right(self.starts, at) - 1
        if i < 0:
            return ZERO
        return self.done[i] - max(self.stops[i] - at, ZERO)

    def at_worked(self, amount: timedelta) -> datetime | None:
        """The first instant at which that much duty is done in this year, None if the year has less."""
        i = bisect_left(self.done, amount)
        if i == len(self.done):
            return None
        return self.stops[i] - (self.done[i] - amount)

    @property
    def total(self) -> timedelta:
        return self.done[-1] if self.done else ZERO


@dataclass(frozen=True)
class WorkCalendar:
    """Weekly hours (Monday first) on a country's days.

    `special` overrides a day's shifts, () closes it; `makeup` are the hours of a make-up workday, by
    default those of the first weekday that has any. With `works_holidays` (a warehouse that never rests)
    only weekly hours and special days count. A make-up day never adds to hours the weekday has anyway.
    `tables` are imported years, which go before the ones that came with the release.
    """

    zone: ZoneInfo
    weekly: Weekly = OFFICE_WEEK
    country: str | None = "CN"
    subdivision: str | None = None
    special: Mapping[date, Shifts] = field(default_factory=dict)
    makeup: Shifts | None = None
    works_holidays: bool = False
    tables: Mapping[int, NationalDays] = field(default_factory=dict)
    _years: dict[int, DutyYear] = field(default_factory=dict, init=False, repr=False, compare=False)
    _closes: dict[date, datetime | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def national(self, year: int) -> NationalDays | None:
        """The country's table of that year, None where the roster does not follow one."""
        if self.country is None or self.works_holidays:
            return None
        return self.tables.get(year) or national_days(self.country, year, self.subdivision)

    def shifts_on(self, day: date) -> Shifts:
        """The shifts that begin on that day; () on a day off."""
        if day in self.special:
            return self.special[day]
        usual = self.weekly[day.weekday()]
        table = self.national(day.year)
        if table is None:
            return usual
        if day in table.makeup_workdays:
            return usual or self._makeup_hours()
        return () if day in table.days_off else usual

    def is_workday(self, day: date) -> bool:
        return bool(self.shifts_on(day))

    def close_of(self, day: date) -> datetime | None:
        """When the last shift that begins on that day ends, None on a day off."""
        if day not in self._closes:
            self._closes[day] = max((shift.ends(day, self.zone) for shift in self.shifts_on(day)), default=None)
        return self._closes[day]

    def year(self, year: int) -> DutyYear:
        """The duty table of a local year."""
        if year not in self._years:
            self._years[year] = self._build(year)
        return self._years[year]

    def _makeup_hours(self) -> Shifts:
        if self.makeup is not None:
            return self.makeup
        return next((shifts for shifts in self.weekly if shifts), ())

    def _build(self, year: int) -> DutyYear:
        begins, ends = day_start(date(year, 1, 1), self.zone), day_start(date(year + 1, 1, 1), self.zone)
        # A night shift of 31 December belongs to both years: each gets its part.
        day, last, spans = date(year, 1, 1) - DAY, date(year, 12, 31), []
        while day <= last:
            for shift in self.shifts_on(day):
                spans += [(max(a, begins), min(b, ends)) for a, b in shift.spans(day, self.zone)]
            day += DAY
        merged = merge(spans)
        done, total = [], ZERO
        for a, b in merged:
            total += b - a
            done.append(total)
        return DutyYear(begins, ends, [a for a, _ in merged], [b for _, b in merged], done)


def merge(spans: list[Span]) -> list[Span]:
    """The same time as sorted spans that neither overlap nor touch; empty ones are left out."""
    merged: list[Span] = []
    for start, stop in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged


@dataclass(frozen=True)
class Calendars:
    """The organisation's calendar and the rosters of teams that keep hours of their own."""

    organisation: WorkCalendar
    rosters: Mapping[str, WorkCalendar] = field(default_factory=dict)

    def of(self, team: str) -> WorkCalendar:
        """The team's roster, else the organisation's calendar."""
        return self.rosters.get(team, self.organisation)
