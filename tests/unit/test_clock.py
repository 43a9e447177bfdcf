"""Business-time helpers: months and days in three zones, instants as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.clock import (
    Month,
    aware,
    day_bounds,
    end_of_local_day,
    format_instant,
    instant,
    local_day,
    month_bounds,
    month_of,
    parse_instant,
    zone_named,
)
from oms.errors import InputInvalid

ZONES = ["Asia/Shanghai", "America/New_York", "Europe/Berlin"]
moments = st.datetimes(datetime(2001, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def at(text: str) -> datetime:
    return parse_instant(text)


@pytest.mark.parametrize(
    ("zone", "inside", "after"),
    [
        ("Asia/Shanghai", "2026-11-30T15:59:59.999999Z", "2026-11-30T16:00:00Z"),
        ("America/New_York", "2026-12-01T04:59:59.999999Z", "2026-12-01T05:00:00Z"),
        ("Europe/Berlin", "2026-11-30T22:59:59.999999Z", "2026-11-30T23:00:00Z"),
    ],
)
def test_the_month_ends_at_the_organisations_midnight(zone: str, inside: str, after: str):
    assert month_of(at(inside), zone_named(zone)) == Month(2026, 11)
    assert month_of(at(after), zone_named(zone)) == Month(2026, 12)
    assert month_bounds(Month(2026, 11), zone_named(zone))[1] == at(after)


@given(moments, st.sampled_from(ZONES))
def test_every_moment_lies_in_exactly_its_own_day_and_month(moment: datetime, name: str):
    zone = zone_named(name)
    start, end = month_bounds(month_of(moment, zone), zone)
    assert start <= moment < end
    start, end = day_bounds(local_day(moment, zone), zone)
    assert start <= moment < end == end_of_local_day(moment, zone)
    assert end - start in (timedelta(hours=23), timedelta(hours=24), timedelta(hours=25))


@given(moments)
def test_an_instant_survives_being_written_and_read(moment: datetime):
    assert parse_instant(format_instant(moment)) == moment


def test_a_day_whose_midnight_is_skipped_starts_at_the_change():
    start, end = day_bounds(date(2026, 4, 24), zone_named("Africa/Cairo"))
    assert (start, end - start) == (at("2026-04-23T22:00:00Z"), timedelta(hours=23))


def test_a_skipped_time_is_the_moment_of_the_change_and_a_repeated_one_its_first_occurrence():
    berlin = zone_named("Europe/Berlin")
    assert instant(date(2026, 3, 29), time(2, 30), berlin) == at("2026-03-29T01:00:00Z")
    assert instant(date(2026, 10, 25), time(2, 30), berlin) == at("2026-10-25T00:30:00Z")


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "2026-11-01", "0000-01", "0001-01", "２０２６-11", "next"]
)
def test_what_is_no_month_is_refused_with_how_to_write_it(text: str):
    with pytest.raises(InputInvalid, match="write it as 2026-11"):
        Month.parse(text)


def test_months_follow_each_other_over_the_year():
    assert str(Month.parse(" 2026-12 ").next()) == "2027-01"
    assert Month(2027, 1).previous() == Month(2026, 12) < Month(2027, 1)
    assert (Month(2026, 5).previous(), Month(2026, 5).next()) == (Month(2026, 4), Month(2026, 6))


@pytest.mark.parametrize(
    "text", ["2026-11-22", "2026-11-22T08:00:00", "yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]
)
def test_a_time_without_zone_or_sense_is_refused(text: str):
    with pytest.raises(InputInvalid) as refused:
        parse_instant(text, field="placed_at")
    assert "placed_at" in refused.value.fields


def test_a_naive_time_is_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="no time zone"):
        aware(datetime(2026, 11, 22))


@pytest.mark.parametrize("name", ["Asia/Nowhere", "../etc/passwd", ""])
def test_an_unknown_zone_is_refused(name: str):
    with pytest.raises(InputInvalid, match="Asia/Shanghai"):
        zone_named(name)
