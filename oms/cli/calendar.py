"""`oms calendar`: working hours, single days and announced holidays from a JSON file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from oms import db, installation
from oms.cli.arguments import Parser, read_json, write
from oms.errors import InputInvalid
from oms.journey import calendar_store, shift_text
from oms.journey.flow import FLOW
from oms.settings import load

_EXAMPLE = """the file, every section may be left out:
{
  "hours": [{"team": "", "zone": "Asia/Shanghai", "country": "CN",
             "weekly": [[{"start": "08:30", "end": "17:30", "breaks": [["12:00", "13:00"]]}], [...], ...]}],
  "days": [{"day": "2026-12-31", "team": "", "shifts": [{"start": "08:30", "end": "12:00"}]}],
  "years": [{"country": "CN", "year": 2027, "days_off": ["2027-01-01"], "makeup_workdays": ["2027-01-09"]}]
}
weekly: seven lists, Monday first, [] for a day off. shifts: [] closes the day, null takes an exception back.
team: who performs steps, such as warehouse or customer_service. In hours "" is everybody who has none of their own,
in days it is everybody whose team has no such day of its own.
country: whose holidays count; left out it is OMS_COUNTRY, null is nobody's. Zone and country of "" are those of OMS_ZONE and
OMS_COUNTRY, by which days and months are cut.
"""


def run(argv: Sequence[str]) -> int:
    """Add hours, days and holidays, all of the file or nothing; of two that say different things the newer one counts."""
    parser = Parser(prog="oms calendar", description=run.__doc__, epilog=_EXAMPLE, keep_lines=True)
    parser.add_argument("file", metavar="FILE", help="JSON; - for standard input")
    parser.add_argument("--why", required=True, help="stands in the record")
    args = parser.parse_args(argv)
    file = read_json(args.file)
    with installation.opened(os.environ) as session:
        write("\n".join(_kept(session, file, args.why)))
    return 0


def _kept(session: Session, file: object, why: str) -> list[str]:
    if not isinstance(file, dict) or not file or file.keys() - _SECTIONS.keys():
        raise InputInvalid(f"the file must be one JSON object of {', '.join(_SECTIONS)}")
    said, by = [], {"actor": installation.actor(), "why": why, "now": db.now(session)}
    for name, rows in file.items():
        if not isinstance(rows, list):
            raise InputInvalid(f"{name}: write a list of rows: [{{...}}]")
        said += [_one(session, f"{name}[{place}]", name, row, by) for place, row in enumerate(rows)]
    return said


def _one(session: Session, where: str, name: str, row: object, by: dict[str, Any]) -> str:
    keep, known = _SECTIONS[name]
    if not isinstance(row, dict) or not row or row.keys() - known:
        raise InputInvalid(f"{where}: write an object of {', '.join(sorted(known))}")
    try:
        return keep(session, row, by)
    except KeyError as missing:
        raise InputInvalid(f"{where}.{missing.args[0]}: is missing") from missing
    except InputInvalid as error:
        raise InputInvalid(f"{where}: {error}", fields=error.fields) from error


def _hours(session: Session, row: dict[str, Any], by: dict[str, Any]) -> str:
    team, makeup, deploy = _team(row), row.get("makeup"), load(os.environ)
    zone, country = _text(row, "zone"), _text(row, "country", deploy.country, or_null=True)
    works_holidays = row.get("works_holidays", False)
    if not isinstance(works_holidays, bool):
        raise InputInvalid("works_holidays: write true or false, without quotes")
    now: datetime = by["now"]
    calendar_store.set_roster(
        session,
        team=team,
        zone=zone,
        country=country,
        weekly=shift_text.weekly_from(row["weekly"]),
        makeup=None if makeup is None else shift_text.shifts_from(makeup, field="makeup"),
        works_holidays=works_holidays,
        valid_from=now,
        **by,
    )
    if team == calendar_store.ORGANISATION:
        _as_deployed({"zone": (zone, deploy.zone), "country": (country, deploy.country)})
    return f"hours of {team or 'everybody'}, from now on"


def _as_deployed(told: dict[str, tuple[str | None, str]]) -> None:
    """Pages cut days and months by the settings, and the next `oms migrate` would put the settings' own back without a word."""
    for name, (given, deployed) in told.items():
        if given != deployed:
            setting = f"OMS_{name.upper()}"
            hint = f"that of everybody is {deployed}, by {setting}: set that and run `oms migrate`, or name a team"
            raise InputInvalid(f"{name}: {given!r} is not the house's: {hint}", fields={name: hint})


def _day(session: Session, row: dict[str, Any], by: dict[str, Any]) -> str:
    [day], shifts = shift_text.dates_from([row["day"]], field="day"), row["shifts"]
    read = None if shifts is None else shift_text.shifts_from(shifts)
    team = _team(row)
    calendar_store.set_day(session, day=day, shifts=read, team=team, **by)
    return f"{day} of {team or 'everybody'}"


def _year(session: Session, row: dict[str, Any], by: dict[str, Any]) -> str:
    lists = {name: row[name] for name in ("days_off", "makeup_workdays")}
    year, country = row["year"], _text(row, "country")
    if not all(isinstance(dates, list) for dates in lists.values()) or not isinstance(year, int):
        raise InputInvalid("write year as a number, days_off and makeup_workdays as lists of dates")
    calendar_store.import_year(session, country=country, year=year, **lists, **by)
    return f"holidays of {country} in {year}"


def _team(row: dict[str, Any]) -> str:
    team: str = _text(row, "team", "")
    if team not in _TEAMS:
        raise InputInvalid(f"team: {team!r} performs no step: write one of {', '.join(sorted(_TEAMS - {''}))}")
    return team


def _text(row: dict[str, Any], name: str, *otherwise: str, or_null: bool = False) -> Any:
    value = row.get(name, *otherwise) if otherwise else row[name]
    if not isinstance(value, str) and not (or_null and value is None):
        raise InputInvalid(f"{name}: write a text in quotes")
    return value


#: Due times are reckoned by the hours of who performs a step: those of any other name would change none.
_TEAMS = frozenset({calendar_store.ORGANISATION, *(kind.performer for kind in FLOW.values())})
Keep = Callable[[Session, dict[str, Any], dict[str, Any]], str]

#: THE table of sections: what keeps a row, and the fields it may have.
_SECTIONS: dict[str, tuple[Keep, frozenset[str]]] = {
    "hours": (_hours, frozenset({"team", "zone", "country", "weekly", "makeup", "works_holidays"})),
    "days": (_day, frozenset({"day", "team", "shifts"})),
    "years": (_year, frozenset({"country", "year", "days_off", "makeup_workdays"})),
}
