"""Amounts beside limits that are kept in one currency: what they come to, and what nobody can tell."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oms.errors import InputInvalid
from oms.journey.policy import Policy
from oms.journey.policy_defaults import checked
from oms.journey.worth import Worth, rates_of

RATES = rates_of("CNY 1, EUR 8, JPY 0.05, XAF 0")


@pytest.mark.parametrize(
    ("house", "amount", "currency", "worth"),
    [
        ("CNY", "1000", "CNY", "1000"),
        ("CNY", "1000", "JPY", "50"),
        ("CNY", "10", "EUR", "80"),
        ("EUR", "10", "JPY", "0.0625"),
        ("CNY", "10", None, "10"),
        ("CNY", "0", "KWD", "0"),
        ("CNY", "10", "KWD", None),
        ("CNY", "10", "XAF", None),
        ("KWD", "10", "CNY", None),
        ("KWD", "10", "KWD", "10"),
    ],
)
def test_an_amount_is_converted_or_unknown(house: str, amount: str, currency: str | None, worth: str | None) -> None:
    expected = None if worth is None else Decimal(worth)
    assert Worth(house, RATES).of(Decimal(amount), currency) == expected


def test_an_amount_beside_a_limit_names_its_currency_where_it_is_another() -> None:
    worth = Worth("CNY", RATES)
    assert [worth.told(Decimal("1000.00"), code) for code in ("CNY", None, "JPY")] == ["1000", "1000", "1000 JPY"]


def test_the_house_comes_with_rates_for_its_own_currency() -> None:
    assert Policy().worth().of(Decimal(100), "EUR") == 800


@pytest.mark.parametrize("rates", ["EUR", "EUR 8; USD 7", "EUR 8, EUR -1", "EUR eight", "euro 8", "EUR 8,"])
def test_rates_that_cannot_be_read_are_refused(rates: str) -> None:
    with pytest.raises(InputInvalid):
        checked("house.rates", rates)
