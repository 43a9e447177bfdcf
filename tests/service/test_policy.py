"""Managers' numbers and calendars in the database: versions, first moments, history, refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.errors import InputInvalid
from oms.journey import calendar_store, policy
from oms.journey.calendars import Shift, add_duty_minutes
from oms.journey.clocks import duty
from oms.journey.models import HistoryEntry
from oms.journey.rosters import OFFICE_WEEK, Weekly
from oms.journey.shift_text import shifts_from, shifts_json, weekly_from

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
KEY = "email.confidence_threshold"
EARLY: Weekly = ((Shift(time(6), time(14), ((time(10), time(10, 30)),)),),) * 7  # type: ignore[assignment]


def set_threshold(session: Session, value: str, *, valid_from: datetime = NOW, now: datetime = NOW) -> None:
    policy.set_value(session, key=KEY, value=value, valid_from=valid_from, actor="boss", why="too many holds", now=now)


def test_without_any_value_the_defaults_hold(session: Session):
    numbers = policy.read(session, NOW)
    assert (numbers.decimal(KEY), numbers.whole("wave.max_orders")) == (Decimal("0.80"), 40)
    assert (numbers.flag("verification.every_order_reviewed"), numbers.text("carrier.cut_off")) == (False, "17:00")
    assert numbers.clock("entry") == duty(30)


def test_a_value_holds_from_its_first_moment_and_the_older_one_before(session: Session):
    set_threshold(session, "0.90")
    set_threshold(session, "0.70", valid_from=NOW + timedelta(days=2))
    assert policy.at(session, NOW - timedelta(seconds=1)).decimal(KEY) == Decimal("0.80")
    assert policy.at(session, NOW).decimal(KEY) == Decimal("0.90")
    assert policy.at(session, NOW + timedelta(days=2)).decimal(KEY) == Decimal("0.70")


def test_of_two_values_with_the_same_first_moment_the_later_written_counts(session: Session):
    set_threshold(session, "0.90")
    set_threshold(session, "0.95")
    assert policy.read(session, NOW).decimal(KEY) == Decimal("0.95")
    assert [v.value for v in policy.versions(session, keys=[KEY])] == [Decimal("0.95"), Decimal("0.90")]


def test_each_change_is_in_the_history_with_who_and_why(session: Session):
    set_threshold(session, "0.90")
    entry = session.scalars(select(HistoryEntry).where(HistoryEntry.event == "policy.set")).one()
    assert (entry.actor, entry.cause, entry.was, entry.became) == ("boss", "too many holds", "0.80", "0.90")
    assert entry.data["key"] == KEY


def test_a_managers_number_moves_the_clock(session: Session):
    policy.set_value(session, key="clock.entry", value=45, valid_from=NOW, actor="boss", why="new team", now=NOW)
    numbers = policy.read(session, NOW)
    assert (numbers.clock("entry"), numbers.clock("release")) == (duty(45), duty(240))
    assert numbers.numbers("clock.") == {"clock.entry": 45}


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"key": "tea"}, "no business number"),
        ({"value": 0.9}, "give a number as text"),
        ({"why": " "}, "say why"),
        ({"valid_from": NOW - timedelta(seconds=1)}, "what was stays"),
    ],
)
def test_a_change_that_cannot_be_is_refused(session: Session, change: dict, hint: str):
    wanted = {"key": KEY, "value": "0.90", "valid_from": NOW, "actor": "boss", "why": "because", "now": NOW}
    with pytest.raises(InputInvalid, match=hint):
        policy.set_value(session, **{**wanted, **change})


def test_a_number_is_never_read_as_something_else(session: Session):
    numbers = policy.read(session, NOW)
    for read, key in (
        (numbers.whole, KEY),
        (numbers.decimal, "carrier.cut_off"),
        (numbers.flag, "wave.max_orders"),
        (numbers.text, "wave.max_orders"),
    ):
        with pytest.raises(TypeError, match=key):
            read(key)


def test_a_key_that_a_later_release_dropped_does_no_harm(session: Session):
    row = policy.PolicyValue(key="gone", value=1, valid_from=NOW, by="boss", why="-", created_at=NOW)
    session.add(row)
    session.flush()
    assert policy.at(session, NOW).values == {}


def test_numbers_are_read_once_a_transaction(session: Session):
    assert policy.read(session, NOW) is policy.read(session, NOW)
    set_threshold(session, "0.90")
    assert policy.read(session, NOW).decimal(KEY) == Decimal("0.90")


# ------------------------------------------------------------------ calendars


def roster(session: Session, team: str, weekly: Weekly = EARLY, **more: object) -> None:
    values = {
        "zone": "Asia/Shanghai", "valid_from": NOW, "actor": "boss", "why": "summer hours", "now": NOW, "country": "CN",
    }  # fmt: skip
    calendar_store.set_roster(session, team=team, weekly=weekly, **{**values, **more})  # type: ignore[arg-type]


def test_without_any_rows_the_organisation_works_chinese_office_hours(session: Session, business_now: datetime):
    calendars = calendar_store.load(session)
    assert calendars.of("warehouse").weekly == OFFICE_WEEK
    assert calendar_store.zone_of(session).key == "Asia/Shanghai"
    assert calendar_store.load(session) is calendars


def test_a_team_keeps_hours_of_its_own_and_the_others_do_not(session: Session):
    roster(session, "warehouse")
    calendars = calendar_store.read(session, NOW)
    start = datetime(2026, 11, 21, 1, 45, tzinfo=UTC)  # a Saturday, 09:45 in Shanghai
    assert add_duty_minutes(calendars.of("warehouse"), start, 30) == datetime(2026, 11, 21, 2, 45, tzinfo=UTC)
    assert add_duty_minutes(calendars.of("finance"), start, 30) == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def test_a_roster_holds_from_its_first_moment(session: Session):
    roster(session, "warehouse", valid_from=NOW + timedelta(days=1))
    assert "warehouse" not in calendar_store.read(session, NOW).rosters
    assert "warehouse" in calendar_store.read(session, NOW + timedelta(days=1)).rosters


def test_a_special_day_counts_for_all_and_a_teams_own_goes_before_it(session: Session):
    day = date(2026, 11, 23)
    roster(session, "warehouse")
    own = (Shift(time(9), time(11)),)
    for team, shifts in (("", ()), ("warehouse", own)):
        calendar_store.set_day(session, day=day, shifts=shifts, team=team, actor="boss", why="stocktake", now=NOW)
    calendars = calendar_store.read(session, NOW)
    assert (calendars.of("finance").shifts_on(day), calendars.of("warehouse").shifts_on(day)) == ((), own)
    calendar_store.set_day(session, day=day, shifts=None, actor="boss", why="no stocktake", now=NOW)
    assert calendar_store.read(session, NOW).of("finance").is_workday(day)


def test_next_years_table_is_missed_from_december_until_it_is_imported(session: Session):
    december = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    assert calendar_store.missing_years(session, now=NOW) == ()
    assert calendar_store.missing_years(session, now=december) == (2027,)
    calendar_store.import_year(
        session, country="CN", year=2027, days_off=["2027-01-01"], makeup_workdays=["2027-01-03"],
        actor="boss", why="State Council notice", now=december,
    )  # fmt: skip
    assert calendar_store.missing_years(session, now=december) == ()
    assert calendar_store.read(session, december).organisation.is_workday(date(2027, 1, 3))


@pytest.mark.parametrize(
    ("off", "makeup"), [([], []), (["2026-01-01"], []), (["2027-01-01"], ["2027-01-01"]), (["new year"], [])]
)
def test_a_table_that_is_none_is_refused(session: Session, off: list[str], makeup: list[str]):
    with pytest.raises(InputInvalid):
        calendar_store.import_year(
            session, country="CN", year=2027, days_off=off, makeup_workdays=makeup, actor="boss", why="notice", now=NOW
        )


@pytest.mark.parametrize("change", [{"zone": "Mars/Base"}, {"country": "ZZ"}, {"weekly": ((),) * 7}, {"why": ""}])
def test_a_roster_that_cannot_be_is_refused(session: Session, change: dict):
    with pytest.raises(InputInvalid):
        roster(session, "warehouse", **change)


def test_the_organisation_follows_the_deploys_zone_and_a_repeat_changes_nothing(session: Session):
    for _ in range(2):
        calendar_store.keep_organisation(session, zone="Europe/Berlin", country="DE", now=NOW)
    organisation = calendar_store.read(session, NOW).organisation
    assert (organisation.zone.key, organisation.country) == ("Europe/Berlin", "DE")
    assert session.scalar(text("SELECT count(*) FROM roster_version")) == 1
    calendar_store.keep_organisation(session, zone="Europe/Berlin", country="DE", now=NOW)
    assert calendar_store.missing_years(session, now=datetime(2026, 12, 5, tzinfo=UTC)) == ()


def test_shifts_survive_being_written_and_read():
    night = (Shift(time(22), time(6), ((time(2), time(2, 30)),)), Shift(time(8), time(0)))
    assert shifts_from(shifts_json(night)) == night


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ("08:00", "shifts"),
        ([{"start": "08:00"}], "shifts.0"),
        ([{"start": "8 am", "end": "17:00"}], "shifts.0.start"),
        ([{"start": "08:00", "end": "17:00", "breaks": ["12:00"]}], "shifts.0.breaks.0"),
        ([{"start": "08:00", "end": "17:00", "breaks": [["12:00", "18:00"]]}], "shifts.0"),
        ([{"start": "08:00", "end": "17:00", "breaks": [["12:00", "13:00"], ["12:30", "14:00"]]}], "shifts.0"),
        ([{"start": "08:00", "end": "17:00", "breaks": [["13:00", "12:00"]]}], "shifts.0"),
    ],
)
def test_shifts_that_cannot_be_read_are_named_with_their_place(data: object, where: str):
    with pytest.raises(InputInvalid) as refused:
        shifts_from(data)
    assert where in refused.value.fields


def test_a_week_has_seven_days():
    with pytest.raises(InputInvalid, match="seven lists"):
        weekly_from([[]] * 6)
