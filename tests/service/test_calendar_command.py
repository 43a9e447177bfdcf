"""`oms calendar`: hours, days and announced holidays from a file; what is wrong is named, and then nothing is kept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from oms.cli import main
from oms.journey import calendar_store
from oms.journey.rosters import OFFICE_WEEK
from tests.conftest import CleanDatabase

EARLY = [{"start": "07:00", "end": "15:00", "breaks": [["11:00", "11:30"]]}]
YEAR = {"country": "CN", "year": 2030, "days_off": ["2030-01-01"], "makeup_workdays": ["2030-01-05"]}
FILE: dict[str, Any] = {
    "hours": [{"team": "warehouse", "zone": "Europe/Berlin", "country": "DE", "weekly": [EARLY] * 5 + [[], []]}],
    "days": [
        {"day": "2026-12-31", "shifts": [{"start": "08:30", "end": "12:00"}]},
        {"day": "2026-12-30", "shifts": []},
    ],
    "years": [YEAR],
}


@pytest.fixture
def house(clean_database: CleanDatabase, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> CleanDatabase:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return clean_database


def _run(tmp_path: Path, file: object) -> int:
    path = tmp_path / "calendar.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    return main(["calendar", str(path), "--why", "as announced"])


def _calendars(house: CleanDatabase) -> Any:
    with house.database.transaction() as session:
        return calendar_store.read(session, datetime.now(UTC))


def test_a_file_sets_hours_days_and_holidays(house, tmp_path, capfd):
    assert _run(tmp_path, FILE) == 0
    assert capfd.readouterr().out.splitlines() == [
        "hours of warehouse, from now on",
        "2026-12-31 of everybody",
        "2026-12-30 of everybody",
        "holidays of CN in 2030",
    ]
    found = _calendars(house)
    assert found.of("warehouse").zone.key == "Europe/Berlin"
    assert found.organisation.special[date(2026, 12, 30)] == ()
    assert 2030 in found.organisation.tables


@pytest.mark.parametrize(
    ("section", "row", "words"),
    [
        ("days", {"day": "31.12.2026", "shifts": []}, "days[0]: day.0: '31.12.2026' cannot be read"),
        ("days", {"day": "2026-12-31"}, "days[0].shifts: is missing"),
        ("days", {"day": "2026-12-31", "shifts": [{"start": "8"}]}, "give {"),
        ("days", {"date": "2026-12-31", "shifts": []}, "days[0]: write an object of"),
        ("hours", {"zone": "Mars/Base", "weekly": [[]] * 7}, "Mars/Base"),
        ("hours", {"zone": "Europe/Berlin", "weekly": [[]] * 6}, "seven lists"),
        ("hours", {"zone": "Europe/Berlin", "weekly": [[]] * 7}, "no hours"),
        ("hours", {"team": "warehous", "zone": "Asia/Shanghai", "weekly": [EARLY] * 7}, "'warehous' performs no step"),
        ("hours", {"zone": "Asia/Shanghai", "weekly": [EARLY] * 7, "works_holidays": "yes"}, "true or false"),
        ("hours", {"zone": None, "weekly": [EARLY] * 7}, "hours[0]: zone: write a text in quotes"),
        ("years", YEAR | {"country": None}, "years[0]: country: write a text in quotes"),
        ("hours", {"zone": "Asia/Shanghai", "country": "China", "weekly": [EARLY] * 7}, "two capital letters"),
        ("days", {"day": "2026-12-31", "team": "nobody", "shifts": []}, "'nobody' performs no step"),
        ("years", YEAR | {"country": "cn"}, "two capital letters"),
        ("years", YEAR | {"country": "XX"}, "no holidays are known"),
        ("years", {"country": "CN", "year": 2030, "days_off": ["2031-01-01"], "makeup_workdays": []}, "2030 is wrong"),
        ("years", {"country": "CN", "year": "2030", "days_off": [], "makeup_workdays": []}, "year as a number"),
    ],
)
def test_a_fault_is_named_and_nothing_is_kept(house, tmp_path, capfd, section, row, words):
    good = {"days": FILE["days"]} if section != "days" else {"years": FILE["years"]}
    assert _run(tmp_path, good | {section: [row]}) == 1
    assert words in capfd.readouterr().err
    found = _calendars(house)
    assert dict(found.organisation.special) == {}
    assert found.rosters == {}


@pytest.mark.parametrize(("name", "value"), [("zone", "Europe/Berlin"), ("country", "DE"), ("country", None)])
def test_hours_of_everybody_in_another_place_than_the_houses_are_refused(house, tmp_path, capfd, name, value):
    """The next `oms migrate` would put zone and country back, and the due times of all steps with them."""
    row = {"team": "", "zone": "Asia/Shanghai", "country": "CN", "weekly": [EARLY] * 7, name: value}
    assert _run(tmp_path, {"hours": [row]}) == 1
    said = capfd.readouterr().err
    assert f"by OMS_{name.upper()}: set that and run `oms migrate`" in said
    assert _calendars(house).organisation.weekly == OFFICE_WEEK


@pytest.mark.parametrize("team", ["", "warehouse"])
def test_hours_that_name_no_country_keep_the_holidays_of_the_house(house, tmp_path, team):
    """Else a team whose hours were set would be late for what fell due on a holiday."""
    national_day = date(2026, 10, 1)
    assert _run(tmp_path, {"hours": [{"team": team, "zone": "Asia/Shanghai", "weekly": [EARLY] * 7}]}) == 0
    found = _calendars(house).of(team or "finance")
    assert (found.is_workday(date(2026, 9, 23)), found.is_workday(national_day)) == (True, False)
    nobodys = {"team": "warehouse", "zone": "Asia/Shanghai", "country": None, "weekly": [EARLY] * 7}
    assert _run(tmp_path, {"hours": [nobodys]}) == 0
    assert _calendars(house).of("warehouse").is_workday(national_day)


@pytest.mark.parametrize("file", [[], {}, {"weeks": []}, {"days": {}}, {"days": ["2026-12-31"]}])
def test_what_is_no_calendar_file_is_refused(house, tmp_path, file):
    assert _run(tmp_path, file) == 1


def test_a_day_of_a_team_that_keeps_the_houses_hours_counts_for_it_alone(house, tmp_path):
    assert _run(tmp_path, {"days": [{"day": "2026-12-31", "team": "warehouse", "shifts": []}]}) == 0
    found, day = _calendars(house), date(2026, 12, 31)
    assert found.of("warehouse").shifts_on(day) == ()
    assert found.of("warehouse").weekly == found.organisation.weekly
    assert found.organisation.shifts_on(day) != ()
