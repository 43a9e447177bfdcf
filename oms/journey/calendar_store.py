"""Makes the calendars of their rows (read with the numbers, one statement a transaction) and writes new versions of them.

The calendars with their year tables are kept per process as long as the rows stay the same, since
due times are computed thousands of times a second.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db
from oms.clock import zone_named
from oms.errors import InputInvalid
from oms.journey import house_rules, lifecycle
from oms.journey.calendar_models import NationalYear, RosterVersion, SpecialDay
from oms.journey.calendars import Calendars, Shift, WorkCalendar
from oms.journey.holiday_tables import NationalDays, missing_tables, national_days
from oms.journey.rosters import OFFICE_WEEK, Shifts, Weekly
from oms.journey.shift_text import dates_from, shifts_from, shifts_json, weekly_from, weekly_json

ORGANISATION = ""
DEFAULT_ZONE, DEFAULT_COUNTRY = "Asia/Shanghai", "CN"

_CODE = re.compile("[A-Z]{2}")

Row = tuple[str, str, dict[str, Any]]
RowT = TypeVar("RowT", RosterVersion, SpecialDay, NationalYear)


def read(session: Session, now: datetime) -> Calendars:
    """The organisation's calendar and the teams' rosters that hold at `now`; kept for the rest of the transaction."""
    return _calendars(house_rules.read(session, now).calendars)


def load(session: Session) -> Calendars:
    """The calendars that hold now."""
    return read(session, db.now(session))


def through_time(session: Session, now: datetime) -> Callable[[datetime], Calendars]:
    """The calendars that held at any moment up to `now`: hours that were set later do not reach back.

    Special days and national tables are of their days, whenever they were told.
    """
    found: dict[int, Calendars] = {}
    starts = _Starts(session, now)

    def at(moment: datetime) -> Calendars:
        place = bisect_right(starts.moments, moment)
        if place not in found:
            rules = house_rules.at(session, moment).calendars if place < len(starts.moments) else None
            found[place] = read(session, now) if rules is None else _calendars(rules)
        return found[place]

    return at


class _Starts:
    """Since when each version of hours has held; asked for when first wanted."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session, self._now = session, now

    @cached_property
    def moments(self) -> list[datetime]:
        held = select(RosterVersion.valid_from).where(RosterVersion.valid_from <= self._now).distinct()
        return sorted(self._session.scalars(held))


def zone_of(session: Session) -> ZoneInfo:
    """The organisation's zone, in which days and months are cut."""
    return load(session).organisation.zone


def missing_years(session: Session, *, now: datetime) -> tuple[int, ...]:
    """Years whose national table is missing today: what `oms doctor` warns of from 1 December."""
    calendar = read(session, now).organisation
    if calendar.country is None:
        return ()
    return missing_tables(calendar.country, now.astimezone(calendar.zone).date(), calendar.tables)


@lru_cache(maxsize=16)
def _calendars(found: tuple[house_rules.Row, ...]) -> Calendars:
    rows: list[Row] = [(what, name, json.loads(data)) for what, name, data in found]
    rosters = {name: data for what, name, data in rows if what == "roster"}
    common = rosters.pop(ORGANISATION, None) or _default_roster()
    # A team may keep the house's hours and have single days of its own.
    named = rosters.keys() | {name for what, name, _ in rows if what == "day"} - {ORGANISATION}
    teams = {team: _calendar(team, rosters.get(team, common), rows) for team in sorted(named)}
    return Calendars(_calendar(ORGANISATION, common, rows), teams)


def _default_roster() -> dict[str, Any]:
    return {
        "zone": DEFAULT_ZONE,
        "country": DEFAULT_COUNTRY,
        "subdivision": None,
        "weekly": weekly_json(OFFICE_WEEK),
        "makeup": None,
        "works_holidays": False,
    }


def _calendar(team: str, data: dict[str, Any], rows: Sequence[Row]) -> WorkCalendar:
    special: dict[date, Shifts] = {}
    # The team's own exception goes before the one for all.
    for wanted in dict.fromkeys((ORGANISATION, team)):
        for what, name, row in rows:
            if what == "day" and name == wanted and row["shifts"] is not None:
                special[date.fromisoformat(row["day"])] = shifts_from(row["shifts"])
    return WorkCalendar(
        zone=zone_named(data["zone"]),
        weekly=weekly_from(data["weekly"]),
        country=data["country"],
        subdivision=data["subdivision"],
        special=special,
        makeup=None if data["makeup"] is None else shifts_from(data["makeup"]),
        works_holidays=data["works_holidays"],
        tables=_tables(data["country"], rows),
    )


def _tables(country: str | None, rows: Sequence[Row]) -> dict[int, NationalDays]:
    return {
        row["year"]: NationalDays(
            name, row["year"], dates_from(row["off"], field="off"), dates_from(row["makeup"], field="makeup"), False
        )
        for what, name, row in rows
        if what == "year" and name == country
    }


def set_roster(
    session: Session,
    *,
    team: str,
    zone: str,
    weekly: Weekly,
    valid_from: datetime,
    actor: str,
    why: str,
    now: datetime,
    country: str | None = DEFAULT_COUNTRY,
    subdivision: str | None = None,
    makeup: Shifts | None = None,
    works_holidays: bool = False,
) -> RosterVersion:
    """Add a version of a team's hours ('' is the organisation); a Step keeps the due time it got.

    Refused: an unknown zone or country, a week without any hours, no reason.
    """
    zone_named(zone)
    if country is not None:
        _must_be_country(country, now.year, subdivision)
    if not any(weekly):
        raise InputInvalid("the week has no hours", fields={"weekly": "give at least one day a shift"})
    row = RosterVersion(
        team=team,
        zone=zone,
        country=country,
        subdivision=subdivision,
        weekly=weekly_json(weekly),
        makeup=None if makeup is None else shifts_json(makeup),
        works_holidays=works_holidays,
        valid_from=valid_from,
        by=actor,
        why=_reason(why),
        created_at=now,
    )
    return _add(session, row, "roster.set", team, why, actor, now)


def keep_organisation(session: Session, *, zone: str, country: str, now: datetime) -> None:
    """Make the organisation's calendar follow the deploy's zone and country; nothing when it does so already."""
    calendar = read(session, now).organisation
    if calendar.zone.key != zone or calendar.country != country:
        set_roster(
            session,
            team=ORGANISATION,
            zone=zone,
            country=country,
            weekly=calendar.weekly,
            makeup=calendar.makeup,
            works_holidays=calendar.works_holidays,
            valid_from=now,
            actor="system",
            now=now,
            why="the deploy's settings",
        )


def set_day(
    session: Session,
    *,
    day: date,
    shifts: tuple[Shift, ...] | None,
    actor: str,
    why: str,
    now: datetime,
    team: str = ORGANISATION,
) -> SpecialDay:
    """Give one day hours of its own: () closes it, None takes the exception back; the newest counts."""
    data = None if shifts is None else shifts_json(shifts)
    row = SpecialDay(team=team, day=day, shifts=data, by=actor, why=_reason(why), created_at=now)
    return _add(session, row, "calendar.day_set", f"{team or 'all'} {day}", why, actor, now)


def import_year(
    session: Session,
    *,
    country: str,
    year: int,
    days_off: Sequence[str],
    makeup_workdays: Sequence[str],
    actor: str,
    why: str,
    now: datetime,
) -> NationalYear:
    """Import a national table as it was announced (ISO dates); it goes before what came with the release."""
    off, made_up = dates_from(days_off, field="days_off"), dates_from(makeup_workdays, field="makeup_workdays")
    foreign = sorted(str(day) for day in off | made_up if day.year != year)
    if foreign or off & made_up or not off:
        hint = f"give the days off and the make-up workdays of {year}, none twice"
        what = ", ".join(foreign) or "empty, or a day in both"
        raise InputInvalid(f"the table of {year} is wrong ({what}): {hint}", fields={"days_off": hint})
    _must_be_country(country, year)
    row = NationalYear(
        country=country,
        year=year,
        days_off=sorted(map(str, off)),
        makeup_workdays=sorted(map(str, made_up)),
        by=actor,
        why=_reason(why),
        created_at=now,
    )
    return _add(session, row, "calendar.year_imported", f"{country} {year}", why, actor, now)


def _must_be_country(country: str, year: int, subdivision: str | None = None) -> None:
    """Refuse what is no code: a table under the name `cn` or `China` would be nobody's, and nothing would say so."""
    if not _CODE.fullmatch(country):
        hint = "use two capital letters, such as CN"
        raise InputInvalid(f"{country!r} is no country: {hint}", fields={"country": hint})
    national_days(country, year, subdivision)


def _reason(why: str) -> str:
    if not why.strip():
        raise InputInvalid("say why the calendar changes", fields={"why": "say why the calendar changes"})
    return why


def _add(session: Session, row: RowT, event: str, what: str, why: str, actor: str, now: datetime) -> RowT:
    session.add(row)
    session.flush()
    entry = lifecycle.Note(row.__tablename__, row.id, event, why, became=what)
    lifecycle.note(session, [entry], actor=actor, now=now)
    house_rules.forget(session)
    return row
