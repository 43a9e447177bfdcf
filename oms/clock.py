"""Business-time helpers: the organisation's days and months, instants as text.

Nothing here reads the machine's clock: business time comes from `db.now` and is passed in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oms.errors import InputInvalid

YEARS = range(1900, 3000)
MIDNIGHT = time(0)
DAY = timedelta(days=1)
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month of the organisation, written `2026-11`."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str, *, field: str = "month") -> Month:
        """Read `2026-11`; anything else is refused with how to write it."""
        match = _MONTH.fullmatch(text.strip())
        if match is None or not (1 <= int(match[2]) <= 12 and YEARS.start <= int(match[1]) <= 9998):
            raise InputInvalid(f"{text!r} is no month: write it as 2026-11", fields={field: "write it as 2026-11"})
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    def next(self) -> Month:
        return Month(self.year + 1, 1) if self.month == 12 else Month(self.year, self.month + 1)

    def previous(self) -> Month:
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)


@lru_cache(maxsize=512)
def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of that name; an unknown one is refused."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputInvalid(
            f"{name!r} is no time zone: use an IANA name such as Asia/Shanghai",
            fields={"zone": "use an IANA name such as Asia/Shanghai"},
        ) from error


def aware(at: datetime) -> datetime:
    """The same instant in UTC; one without a zone is a fault of the caller."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at.astimezone(UTC)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local date and time.

    A time that the spring change skips is the moment of the change, so that intervals never turn round;
    one that the autumn change repeats is its first occurrence.
    """
    local = datetime.combine(day, at, zone)
    early = local.astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return early
    return _change_between(local.replace(fold=1).astimezone(UTC), early, zone)


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first whole second in (low, high] at which the zone's offset is the later one."""
    after = high.astimezone(zone).utcoffset()
    seconds_low, seconds_high = 0, int((high - low).total_seconds())
    while seconds_high - seconds_low > 1:
        middle = (seconds_low + seconds_high) // 2
        if (low + timedelta(seconds=middle)).astimezone(zone).utcoffset() == after:
            seconds_high = middle
        else:
            seconds_low = middle
    return low + timedelta(seconds=seconds_high)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The organisation's date at that instant."""
    return aware(at).astimezone(zone).date()


def month_of(at: datetime, zone: ZoneInfo) -> Month:
    """The organisation's month at that instant."""
    day = local_day(at, zone)
    return Month(day.year, day.month)


@lru_cache(maxsize=4096)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC."""
    return instant(day, MIDNIGHT, zone)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """[start, end) of a local day in UTC: 23, 24 or 25 hours."""
    return day_start(day, zone), day_start(day + DAY, zone)


def month_bounds(month: Month, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """[start, end) of a local month in UTC."""
    return day_start(month.first_day, zone), day_start(month.next().first_day, zone)


def end_of_local_day(at: datetime, zone: ZoneInfo) -> datetime:
    """24:00 local of the day in which `at` lies, in UTC."""
    return day_start(local_day(at, zone) + DAY, zone)


def parse_instant(text: str, *, field: str = "at") -> datetime:
    """Read ISO 8601 with a zone (`2026-11-22T08:00:00Z`, `...+08:00`) as UTC; without a zone it is refused."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        hint = "write date, time and zone, such as 2026-11-22T08:00:00Z"
        raise InputInvalid(f"{field}: {text!r} is no time with a zone: {hint}", fields={field: hint})
    if not possible(at):
        hint = f"use a year from {YEARS.start} to {YEARS.stop - 1}"
        raise InputInvalid(f"{field}: {text!r} is out of range", fields={field: hint})
    return at.astimezone(UTC)


def possible(at: datetime) -> bool:
    """Whether business can have to do with that instant: those at the ends of all years are none any more in some zone."""
    return at.year in YEARS


def format_instant(at: datetime) -> str:
    """`2026-11-22T08:00:00Z`, with a fraction only where there is one."""
    return aware(at).isoformat().replace("+00:00", "Z")
