"""The table of business numbers: every row fits itself, wrong values say what is right."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from oms.errors import InputInvalid
from oms.journey.calendars import Shift, WorkCalendar
from oms.journey.clocks import CLOCKS, Kind, clock_named, due_at
from oms.journey.policy_defaults import POLICY, as_json, checked, row_of, stored

EIGHT = (Shift(time(8), time(17), ((time(12), time(13)),)),)
CHINA = WorkCalendar(ZoneInfo("Asia/Shanghai"), (EIGHT,) * 5 + ((), ()))


@pytest.mark.parametrize("key", sorted(POLICY))
def test_every_default_fits_its_own_row_and_survives_storage(key: str):
    row = POLICY[key]
    assert checked(key, as_json(row.default)) == row.default
    assert row.en
    assert row.zh
    assert row.source


def test_the_numbers_of_the_rulebooks_are_the_defaults():
    assert POLICY["email.confidence_threshold"].default == Decimal("0.80")
    assert (POLICY["verification.sample_rate"].default, POLICY["verification.sample_min"].default) == (Decimal(2), 5)
    weights = [row.default for key, row in POLICY.items() if key.startswith("kpi.weight.")]
    assert sum(weights) == 100
    assert {f"clock.{name}" for name, row in CLOCKS.items() if row.clock.kind is not Kind.SAME_DAY} <= set(POLICY)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("email.confidence_threshold", 0.8),
        ("email.confidence_threshold", "1.01"),
        ("email.confidence_threshold", "NaN"),
        ("email.confidence_threshold", "much"),
        ("email.confidence_threshold", True),
        ("email.confidence_threshold", None),
        ("wave.max_orders", "40"),
        ("wave.max_orders", 0),
        ("verification.every_order_reviewed", 1),
        ("carrier.cut_off", "  "),
        ("carrier.cut_off", 17),
        ("carrier.cut_off", "noon"),
        ("carrier.cut_off", "24:00"),
        ("carrier.cut_off", "17:00+08:00"),
        ("clock.entry", -1),
        ("clock.entry", 10**9),
        ("clock.signature", 10**6),
        # Who waits for a signature would go back to review before the customer has read of it.
        ("clock.signature", -3),
        # A month that is frozen before it is over is closed with what is still to be done in it, and never opened again.
        ("clock.appraisal_freeze", 0),
        ("clock.appraisal_freeze", -5),
        # No month is looked after for so long: it would never be closed.
        ("clock.appraisal_freeze", 120),
        ("credit.overdue_days", 10**7),
        ("cod.max_value", "1e400000"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_fits(key: str, value: object):
    with pytest.raises(InputInvalid, match="give ") as refused:
        checked(key, value)
    assert key in refused.value.fields


def test_an_unknown_key_is_refused():
    with pytest.raises(InputInvalid, match="no business number"):
        row_of("tea.temperature")


@pytest.mark.parametrize("key", [key for key in sorted(POLICY) if key.startswith("clock.")])
def test_the_longest_and_shortest_clock_ends_on_a_day_that_there_is(key: str):
    name, row = key.removeprefix("clock."), POLICY[key]
    for amount in (row.low, row.high):
        assert amount is not None
        clock = clock_named(name, {key: amount})
        assert due_at(clock, datetime(2026, 11, 18, 2, 0, tzinfo=UTC), CHINA).year < 2040


def test_a_value_that_was_set_before_it_was_refused_counts_as_the_default():
    assert stored("carrier.cut_off", "noon") == "17:00"
    assert stored("carrier.cut_off", "16:30") == "16:30"
