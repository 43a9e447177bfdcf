"""Rates in a sheet: columns of percentages (`Discount (%)`, `VAT %`, `税率`), and discounts named by what is still paid (`9折`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

_MAX_HEAD_CHARS = 60
_SAYS_PERCENT = re.compile(
    r"%|percent|prozent|pct|百分比|税率|扣率|(?<![a-z])rate\b|(?:tax|vat|gst|discount)rate|satz\b"
)
#: `Total (incl. 19 % VAT)` names a rate, and its cells are amounts.
_NAMES_ONE = re.compile(r"\d\s*(?:%|percent|prozent|pct)")
_NO_WORD = re.compile(r"percent(?:age)?|prozent|pct|百分比|rate|satz|率|[\W_]+")
#: What is left of a head without its percent sign -> our field.
_FIELDS: dict[str, str] = {
    **dict.fromkeys(
        "discount linediscount itemdiscount tradediscount customerdiscount disc off rabatt remise sconto descuento 折扣 折 优惠".split(),
        "lines.discount",
    ),
    **dict.fromkeys("orderdiscount totaldiscount 整单折扣 订单折扣".split(), "totals.discount"),
    **dict.fromkeys(
        "tax linetax itemtax salestax vat gst mwst ust mehrwertsteuer umsatzsteuer steuer tva iva 税 增值税".split(),
        "lines.tax",
    ),
}
_CAN_BE_RATES = ("lines.discount", "lines.tax", "totals.discount", "totals.tax")
#: Discounts that senders give in percent or as amounts, as they like; 折扣 is what is still paid besides.
_EITHER = frozenset("折扣 rabatt remise sconto descuento disc disc.".split())
_NAMES_MONEY = re.compile(r"[€$£¥]|\b(?:eur|usd|gbp|cny|amount|betrag)\b|金额|元")
_PAID = re.compile(r"打?([1-9]\d?(?:\.\d{1,2})?|[一二三四五六七八九]{1,2})折")
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
_NOTHING = frozenset("- -- — n/a none exempt 无 免税 无折扣 不打折 原价 全价".split())
_PERCENTAGE = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,18})?", re.ASCII)


class RateUnclear(ValueError):
    """A percentage that is none, or that can be two; the message says what to write."""


def says_percent(head: str) -> bool:
    """Whether the cells under this head, or behind this label, are percentages."""
    text = _plain(head[:_MAX_HEAD_CHARS])
    return bool(_SAYS_PERCENT.search(text)) and not _NAMES_ONE.search(text)


@lru_cache(maxsize=4096)
def is_rate(head: str) -> bool:
    """Whether the head is one of percentages, or one that may hold them."""
    return says_percent(head) or _plain(head[:_MAX_HEAD_CHARS]) in _EITHER


def rate_of(head: str) -> str | None:
    """The field of which this head gives the percentage; None for any other head."""
    if not is_rate(head):
        return None
    name = _NO_WORD.sub("", _plain(head[:_MAX_HEAD_CHARS]))
    return _FIELDS.get(name) or _FIELDS.get(name.removesuffix("in"))


def rates_of(heads: Mapping[str, str]) -> frozenset[str]:
    """The fields whose column holds rates."""
    return frozenset(name for name in _CAN_BE_RATES if name in heads and is_rate(heads[name]))


def percent_of(text: str, *, shares: bool = False) -> Decimal:
    """The percentage in a cell, 10 for `10`, `10%` and `-10,0 %`; `shares` tells that 0.1 means it too.

    Raises RateUnclear.
    """
    plain = _plain(text)
    if plain in _NOTHING:
        return Decimal(0)
    bare = plain.removesuffix("%").strip()
    if not _PERCENTAGE.fullmatch(bare):
        raise RateUnclear(f"{text[:40]!r} is no percentage; write one such as 10%")
    value = abs(Decimal(bare.replace(",", ".")))
    if 0 < value < 1 and bare == plain:
        if not shares:
            raise RateUnclear(
                f"{text[:40]!r} can be {value} % or {(value * 100).normalize():f} %; write it with its sign, such as 10%"
            )
        value *= 100
    if value > 100:
        raise RateUnclear(f"{text[:40]!r} is more than the whole; write a percentage such as 10%")
    return value


def percent_off(text: str, *, head: str, is_rate: bool) -> Decimal | None:
    """The percentage that a discount takes off, 10 for `10%` and `9折`; None where the cell is an amount.

    Raises RateUnclear.
    """
    plain = _plain(text)
    paid = _PAID.fullmatch(plain)
    if paid:
        said = Decimal(paid[1].translate(_DIGITS))
        return 100 - (said * 10 if said <= 10 else said)
    if plain in _NOTHING:
        return Decimal(0)
    if not is_rate and not plain.endswith("%"):
        return None
    value = percent_of(text)
    if value and not plain.endswith("%") and _is_either(head):
        raise RateUnclear(f"{text[:40]!r} can be a percentage or an amount; write 10% or say in the head which it is")
    if value and is_rate and "折" in head:
        raise RateUnclear(f"{text[:40]!r} can be what is taken off or what is still paid; write 9折 for 10 % off")
    return value


def _is_either(head: str) -> bool:
    text = _plain(head)
    return "折" not in text and (text in _EITHER or bool(_NAMES_MONEY.search(text)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:200]).casefold().strip().strip("*:")
