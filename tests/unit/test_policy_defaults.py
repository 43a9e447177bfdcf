"""The table of business numbers: every row fits itself, wrong values say what is right."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms.errors import InputInvalid
from oms.journey.clocks import CLOCKS, Kind
from oms.journey.policy_defaults import POLICY, as_json, checked, row_of


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
        ("clock.entry", -1),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_fits(key: str, value: object):
    with pytest.raises(InputInvalid, match="give ") as refused:
        checked(key, value)
    assert key in refused.value.fields


def test_an_unknown_key_is_refused():
    with pytest.raises(InputInvalid, match="no business number"):
        row_of("tea.temperature")
