"""Decimal money with its currency: parsed from text only, quantised to the currency, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.core import get_global
from babel.numbers import format_currency, get_currency_precision

from oms.errors import InputInvalid

_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")

#: CLDR drops the minor unit of these in display; ISO 4217, shops and banks keep two digits.
ISO_DIGITS: dict[str, int] = dict.fromkeys(
    ("AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SLL", "SOS", "SYP", "YER"), 2
) | {"IQD": 3}


@lru_cache(maxsize=512)
def minor_digits(currency: str) -> int:
    """How many decimals the currency has (CNY 2, JPY 0, KWD 3); no currency at all is refused."""
    if currency not in get_global("all_currencies"):
        hint = "use an ISO 4217 code such as CNY"
        raise InputInvalid(f"{currency!r} is no currency: {hint}", fields={"currency": hint})
    return ISO_DIGITS.get(currency, get_currency_precision(currency))


def without_decimals() -> list[str]:
    """The codes of all currencies that count in whole ones, such as JPY, in order."""
    return sorted(code for code in get_global("all_currencies") if minor_digits(code) == 0)


@lru_cache(maxsize=512)
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of the currency: 0.01 for CNY, 1 for JPY."""
    return Decimal(1).scaleb(-minor_digits(currency))


def quantise(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up to the currency's minor unit; a float is a fault of the caller."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"money is Decimal, not {type(amount).__name__}")
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def parse_amount(text: object, *, field: str = "amount") -> Decimal:
    """Read plain digits with a point (`-12.50`); numbers, exponents and separators are refused."""
    if not isinstance(text, str) or _AMOUNT.fullmatch(text) is None:
        hint = 'write digits with a point in quotes, such as "12.50"'
        raise InputInvalid(f"{field}: {text!r} is no amount: {hint}", fields={field: hint})
    return Decimal(text)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency, always at the currency's minor unit."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", quantise(self.amount, self.currency))

    @classmethod
    def parse(cls, text: str, currency: str, *, field: str = "amount") -> Money:
        """Read an amount from text; more decimals than the currency has are refused, not rounded away."""
        return cls.exact(parse_amount(text, field=field), currency, field=field)

    @classmethod
    def exact(cls, amount: Decimal, currency: str, *, field: str = "amount") -> Money:
        """An amount that somebody gave; more decimals than the currency has are refused, not rounded away."""
        if quantise(amount, currency) != amount:
            hint = f"{currency} has {minor_digits(currency)} decimals"
            raise InputInvalid(f"{field}: '{amount:f}' is too fine: {hint}", fields={field: hint})
        return cls(amount, currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def times(self, factor: Decimal | int) -> Money:
        """The amount times a count or a rate, rounded half up; a float is a fault of the caller."""
        if isinstance(factor, float):
            raise TypeError("money is never multiplied by a float")
        return Money(self.amount * factor, self.currency)

    def display(self, locale: str) -> str:
        """As people of that locale write it, such as `¥12.50` (en or zh_Hans)."""
        # Where CLDR hides the minor unit that ISO has, the locale's own pattern shows it.
        as_cldr = self.currency not in ISO_DIGITS
        return format_currency(
            self.amount, self.currency, locale=locale, currency_digits=as_cldr, decimal_quantization=as_cldr
        )

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be put together")
        return other.amount


def unit_price(amount: Decimal, currency: str, locale: str) -> str:
    """A price of one piece as people write it; decimals beyond the currency's own are shown, not rounded away."""
    if quantise(amount, currency) == amount:
        return Money(amount, currency).display(locale)
    return format_currency(amount.normalize(), currency, locale=locale, decimal_quantization=False)
