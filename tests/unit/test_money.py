"""Money: decimal, one currency, the currency's minor unit, text in and out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.errors import InputInvalid
from oms.money import Money, minor_digits, minor_unit, parse_amount, quantise

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


def yuan(text: str) -> Money:
    return Money.parse(text, "CNY")


@pytest.mark.parametrize(
    ("currency", "digits"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("USD", 2), ("RSD", 2), ("IQD", 3), ("CLF", 4)]
)
def test_each_currency_has_its_own_decimals(currency: str, digits: int):
    assert minor_digits(currency) == digits
    assert minor_unit(currency) == Decimal(10) ** -digits


@pytest.mark.parametrize("code", ["", "cny", "XXY", "RMB!"])
def test_what_is_no_currency_is_refused(code: str):
    with pytest.raises(InputInvalid, match="ISO 4217"):
        minor_digits(code)


@pytest.mark.parametrize("text", ["", "1e3", "1,000.00", "NaN", " 1", "１", "1.", ".5", 1, 1.5, None])
def test_only_plain_digits_in_text_are_an_amount(text: object):
    with pytest.raises(InputInvalid, match="no amount"):
        parse_amount(text)


def test_more_decimals_than_the_currency_has_are_refused_not_rounded_away():
    assert str(Money.parse("12.500", "CNY")) == "12.50 CNY"
    with pytest.raises(InputInvalid, match="CNY has 2 decimals"):
        Money.parse("12.505", "CNY")


def test_a_float_never_becomes_money():
    with pytest.raises(TypeError):
        quantise(1.5, "CNY")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        yuan("1.00").times(1.5)  # type: ignore[arg-type]


def test_currencies_do_not_mix():
    with pytest.raises(ValueError, match="CNY and USD"):
        yuan("1.00") + Money.parse("1.00", "USD")
    with pytest.raises(ValueError):
        assert yuan("1.00") < Money.parse("1.00", "USD")


@given(amounts, amounts)
def test_what_is_added_and_taken_off_again_leaves_the_same(a: Decimal, b: Decimal):
    first, second = Money(a, "CNY"), Money(b, "CNY")
    assert first + second - second == first
    assert first + second + -first == second
    assert (first < second) == (a < b)
    assert (first <= second) == (a <= b)


def test_half_a_minor_unit_is_rounded_up():
    assert yuan("0.05").times(Decimal("0.5")) == yuan("0.03")
    assert Money(Decimal("-2.005"), "CNY") == yuan("-2.01")
    assert not Money.zero("CNY")


def test_money_is_shown_as_people_write_it():
    assert yuan("1234.50").display("zh_Hans") == "¥1,234.50"
    assert Money(Decimal(1200), "JPY").display("en") == "¥1,200"
    assert "7.10" in Money(Decimal("7.1"), "RSD").display("en")
