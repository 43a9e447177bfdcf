"""Dates as senders write them, read to aware UTC; what could be two dates is never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime

_SECONDS = range(100_000_000, 10_000_000_000)
_MILLISECONDS = range(100_000_000_000, 10_000_000_000_000)
_YEARS = range(1900, 3000)
#: What some programs write for no date at all.
_NEVER = ("0000-00-00", "0001-01-01")
_ISO = re.compile(r"\d{4}-\d\d?-\d\d?([T ].*)?", re.DOTALL | re.ASCII)
_NUMERIC = re.compile(r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?:[ ,T]+(.+))?", re.ASCII)
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]\s*(.*)", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:(?:\.\d+)?(Z|[+-]\d\d:?\d\d))?)?", re.ASCII)
_CLOCK = re.compile(
    r"(上午|下午)?\s*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?)?\s*[秒分]?\s*([AaPp]\.?[Mm]\.?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
#: `Mar-01-24`, as eBay writes it: the month is named, so that only the year may stand last.
_EBAY = re.compile(r"([A-Z][a-z]{2})-(\d{2})-(\d{2})", re.ASCII)
_WORDS = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y", "%d-%B-%Y")


class DateAmbiguous(ValueError):
    """The text could be two different days, or has no zone where none may be assumed."""


def utc(raw: object, *, assume: tzinfo | None = None) -> datetime | None:
    """Read ISO 8601, RFC 2822, Unix seconds or milliseconds, Chinese and usual European or American dates.

    `assume` is the zone of a time that names none. None for blank, 0000-00-00 and 0001-01-01. Raises DateAmbiguous
    for 03/04/2024 or a missing zone that none may be assumed for, and ValueError for what is no date.
    """
    if isinstance(raw, datetime):
        return _zoned(raw, assume)
    if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
        return _unix(raw)
    if raw is None or not isinstance(raw, str):
        return None if raw is None else _no_date(raw)
    text = " ".join(raw.split())
    if not text or text.startswith(_NEVER):
        return None
    if len(text) > 80:
        return _no_date(text)
    return _from_text(text, assume)


def iso_z(moment: datetime) -> str:
    """The moment in UTC as `2026-11-22T08:00:00Z`, with a fraction only where it has one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _from_text(text: str, assume: tzinfo | None) -> datetime:
    if text.isdecimal() and text.isascii() and len(text) in (9, 10, 12, 13):
        return _unix(int(text))
    for read in (_iso, _chinese, _compact, _numeric, _words):
        found = read(text)
        if found is not None:
            return _zoned(found, assume)
    return _zoned(_rfc(text), assume)


def _no_date(raw: object) -> datetime:
    raise ValueError(f"not a date: {str(raw)[:60]!r}")


def _zoned(moment: datetime, assume: tzinfo | None) -> datetime:
    if moment.tzinfo is None:
        if assume is None:
            raise DateAmbiguous(f"{moment.isoformat()} names no time zone")
        moment = moment.replace(tzinfo=assume)
    # A time at the end of all years is no time any more in some zone, and nobody orders for such a day.
    if moment.year not in _YEARS:
        raise ValueError(f"a date out of bounds: {moment.isoformat()}")
    return moment.astimezone(UTC)


def _unix(number: int | Decimal) -> datetime:
    if isinstance(number, Decimal) and not number.is_finite():
        return _no_date(number)
    whole = int(number)
    if whole in _SECONDS:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(number * 1_000_000))
    if whole in _MILLISECONDS:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(number * 1000))
    return _no_date(number)


def _iso(text: str) -> datetime | None:
    if not _ISO.fullmatch(text):
        return None
    if " " in text:
        text = text.replace(" +", "+").replace(" Z", "Z").replace(" UTC", "Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _numeric(text: str) -> datetime | None:
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    first, mark, second, third = match[1], match[2], match[3], match[4]
    if len(first) == 4 and len(third) <= 2:
        return _day(int(first), int(second), int(third), match[5])
    if len(first) > 2 or len(third) != 4:
        raise DateAmbiguous(f"{text!r} could be more than one day; write it as 2024-04-03")
    month, day = _month_day(int(first), int(second), mark=mark, text=text)
    return _day(int(third), month, day, match[5])


def _month_day(first: int, second: int, *, mark: str, text: str) -> tuple[int, int]:
    # With dots the day comes first wherever such dates are written; with / or - it depends on the country.
    if mark == "." or first > 12 or first == second:
        return second, first
    if second > 12:
        return first, second
    raise DateAmbiguous(f"{text!r} could be two days; write it as YYYY-MM-DD")


def _chinese(text: str) -> datetime | None:
    match = _CHINESE.fullmatch(text)
    return _day(int(match[1]), int(match[2]), int(match[3]), match[4]) if match else None


def _compact(text: str) -> datetime | None:
    match = _COMPACT.fullmatch(text)
    if match is None:
        return None
    if match[7]:
        return datetime.fromisoformat(f"{text[:8]}T{text[8:].removeprefix('T')}")
    clock = f"{match[4]}:{match[5]}:{match[6] or '00'}" if match[4] else None
    return _day(int(match[1]), int(match[2]), int(match[3]), clock)


def _words(text: str) -> datetime | None:
    short = _EBAY.fullmatch(text)
    if short:
        return _words(f"{short[1]} {short[2]} 20{short[3]}")
    match = re.fullmatch(r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?(.*?\b\d{4})(?:,? (?:at )?(\d{1,2}:.*))?", text)
    if match is None:
        return None
    plain = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", match[1]).replace(",", " ").replace(".", " ")
    for form in _WORDS:
        try:
            found = datetime.strptime(" ".join(plain.split()), form)  # noqa: DTZ007 - its zone is added by _zoned
        except ValueError:
            continue
        return _day(found.year, found.month, found.day, match[2])
    return None


def _day(year: int, month: int, day: int, clock: str | None) -> datetime | None:
    midnight = datetime(year, month, day)  # noqa: DTZ001 - its zone is added by _zoned
    if not clock or not clock.strip():
        return midnight
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        return _iso(f"{year:04}-{month:02}-{day:02}T{clock.strip()}") or _no_date(clock)
    hour = _hour(int(match[2]), (match[5] or "").lower()[:1], match[1])
    moment = midnight.replace(hour=hour, minute=int(match[3]), second=int(match[4] or 0))
    return moment.replace(tzinfo=_zone(match[6])) if match[6] else moment


def _hour(hour: int, half: str, chinese_half: str | None) -> int:
    if half == "p" or chinese_half == "下午":
        return hour if hour >= 12 else hour + 12
    return 0 if hour == 12 and half == "a" else hour


def _zone(text: str) -> tzinfo | None:
    if text in ("Z", "UTC", "GMT"):
        return UTC
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo


def _rfc(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"not a date: {text[:60]!r}") from error
