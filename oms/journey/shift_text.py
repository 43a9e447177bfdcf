"""Shifts as JSON and back: `{"start": "08:30", "end": "17:30", "breaks": [["12:00", "13:00"]]}`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from oms.errors import InputInvalid
from oms.journey.rosters import Shift, Shifts, Weekly


def shifts_from(data: object, *, field: str = "shifts") -> Shifts:
    """Read a day's shifts; what is wrong is named with its place."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise _wrong(field, data, "give a list of shifts, [] for a day off")
    return tuple(_shift(item, f"{field}.{i}") for i, item in enumerate(data))


def weekly_from(data: object, *, field: str = "weekly") -> Weekly:
    """Read seven lists of shifts, Monday first."""
    if not isinstance(data, Sequence) or isinstance(data, str) or len(data) != 7:
        raise _wrong(field, data, "give seven lists of shifts, Monday first")
    mon, tue, wed, thu, fri, sat, sun = (shifts_from(day, field=f"{field}.{i}") for i, day in enumerate(data))
    return (mon, tue, wed, thu, fri, sat, sun)


def shifts_json(shifts: Shifts) -> list[dict[str, Any]]:
    """A day's shifts as they are stored."""
    return [
        {
            "start": _text(shift.start),
            "end": _text(shift.end),
            "breaks": [[_text(begin), _text(finish)] for begin, finish in shift.breaks],
        }
        for shift in shifts
    ]


def weekly_json(weekly: Weekly) -> list[list[dict[str, Any]]]:
    return [shifts_json(day) for day in weekly]


def dates_from(data: Sequence[str], *, field: str) -> frozenset[date]:
    """Read ISO dates."""
    return frozenset(_date(text, f"{field}.{i}") for i, text in enumerate(data))


def _shift(item: object, field: str) -> Shift:
    if not isinstance(item, dict) or "start" not in item or "end" not in item:
        raise _wrong(field, item, 'give {"start": "08:30", "end": "17:30", "breaks": []}')
    start, end = _time(item["start"], f"{field}.start"), _time(item["end"], f"{field}.end")
    breaks = tuple(_break(pair, f"{field}.breaks.{i}") for i, pair in enumerate(item.get("breaks", ())))
    shift = Shift(start, end, breaks)
    if not _in_order(shift):
        raise _wrong(field, item, "breaks lie inside the shift and do not overlap")
    return shift


def _break(pair: object, field: str) -> tuple[time, time]:
    if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
        raise _wrong(field, pair, 'give ["12:00", "13:00"]')
    return _time(pair[0], field), _time(pair[1], field)


def _in_order(shift: Shift) -> bool:
    def since_start(at: time, *, end: bool = False) -> int:
        minutes = (at.hour - shift.start.hour) * 60 + at.minute - shift.start.minute
        return minutes + 1440 if minutes < 0 or (end and minutes == 0) else minutes

    points = [since_start(at) for pair in sorted(shift.breaks, key=lambda pair: since_start(pair[0])) for at in pair]
    points.append(since_start(shift.end, end=True))
    return all(a < b for a, b in zip([-1, *points], points, strict=False))


def _time(text: object, field: str) -> time:
    try:
        return time.fromisoformat(str(text)).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as error:
        raise _wrong(field, text, "give a time such as 08:30") from error


def _date(text: object, field: str) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise _wrong(field, text, "give a date such as 2027-10-01") from error


def _text(at: time) -> str:
    return f"{at:%H:%M}"


def _wrong(field: str, value: object, hint: str) -> InputInvalid:
    return InputInvalid(f"{field}: {value!r} cannot be read: {hint}", fields={field: hint})
