"""Prices that are for more than one piece: `12.50 EUR/100`, `12,50 je 1000 Stk`, a column `Price Unit`, a head `元/百个`."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from connectors.headers import normal
from connectors.sheet_cells import number
from connectors.sheet_units import PIECES

_MAX_CHARS = 100
_BY_WORD = r"(?<![^\W\d_])(?:per|pro|je|par|por|à)(?![^\W\d_])|每"
_COUNT = r"(?P<count>\d{1,6})?\s*(?P<unit>[^\W\d_]{0,12})\.?"
#: Nearly every price says nothing of pieces, and is not looked at twice.
_MAY_SAY = re.compile(r"[/／每]|per|pro|je|par|por|à", re.IGNORECASE)
_PRICE_PER = re.compile(rf"(?P<price>.*?\d.*?)\s*(?:/|(?P<word>{_BY_WORD}))\s*{_COUNT}", re.IGNORECASE)
_IN_HEAD = re.compile(rf"(?:/|(?P<word>{_BY_WORD}))\s*{_COUNT}(?![\d.,])", re.IGNORECASE)
_IN_CELL = re.compile(rf"(?:/|{_BY_WORD})?\s*{_COUNT}", re.IGNORECASE)
_TWO_NUMBERS = re.compile(r"\d[^/]*/\s*\d")
#: Behind a bare `/` only these are a count of pieces: `10.00/12.50` may be two prices.
_USUAL = frozenset({1, 10, 12, 100, 144, 1000, 10000})
#: `PE` is the unit of the price to one program and of the pack to another; only the first has powers of ten.
_SHORT_HEADS = frozenset({"pe", "peh", "per"})
_POWERS = frozenset({0, 1, 10, 100, 1000, 10000})
_TIMES: dict[str, int] = {
    **dict.fromkeys("hundred hundert cent cien cento 百".split(), 100),
    **dict.fromkeys("thousand tausend tsd mille mil 千".split(), 1000),
    **dict.fromkeys(["万"], 10000),
}
#: These count pieces, or are the unit that the quantity is counted in: one needs the other to tell.
_EITHER = frozenset("c m dozen doz dz dozens dutzend douzaine docena dozzina 打 gross".split())
_CHINESE_TIMES = re.compile(r"([百千万])(?:个|個|件|只|支|枚|片|张|条|粒|颗)?")


class PriceUnitUnclear(ValueError):
    """What a price is for can be read in two ways; the message says what to write."""


def price_and_count(text: str, *, unit: str) -> tuple[str, int]:
    """Return (the price's text, for how many pieces it is); `unit` is what the row's quantity is counted in.

    Raises PriceUnitUnclear.
    """
    if len(text) > _MAX_CHARS or not _MAY_SAY.search(text):
        return text, 1
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _PRICE_PER.fullmatch(plain)
    if found and not (found["count"] or found["unit"]):
        found = None
    if found is None:
        if _TWO_NUMBERS.search(plain):
            raise PriceUnitUnclear(f"{text[:40]!r} may be two prices; write the price of one piece")
        return text, 1
    if not found["word"] and found["count"] and int(found["count"]) not in _USUAL:
        raise PriceUnitUnclear(f"{text[:40]!r} may be two prices; write the price of one piece")
    return found["price"], _count(found["count"], found["unit"], unit, text)


@lru_cache(maxsize=256)
def count_in_head(head: str, *, unit: str) -> int:
    """For how many pieces the prices under this head are: 100 for `Price (EUR/100)`. Raises PriceUnitUnclear."""
    for found in _IN_HEAD.finditer(unicodedata.normalize("NFKC", head[:_MAX_CHARS])):
        is_count = found["count"] and (found["word"] or int(found["count"]) in _USUAL)
        if is_count or (not found["count"] and _times(found["unit"])):
            return _count(found["count"], found["unit"], unit, head)
    return 1


def count_in_column(text: str, *, head: str, unit: str, mark: str) -> int:
    """What a cell of a column `Price Unit` says: 100 for `100` and `100 ST`, 1 for a unit or currency alone.

    Raises PriceUnitUnclear.
    """
    count = _count_in_cell(text, unit=unit, mark=mark)
    if normal(head) in _SHORT_HEADS and count not in _POWERS:
        raise PriceUnitUnclear(
            f"{head} {count} may be what a pack holds; head the column Price Unit, or write the price of one piece"
        )
    return count


def _count_in_cell(text: str, *, unit: str, mark: str) -> int:
    plain = unicodedata.normalize("NFKC", text[:_MAX_CHARS]).strip()
    found = _IN_CELL.fullmatch(plain)
    if found:
        return _count(found["count"], found["unit"], unit, text)
    try:
        value = number(text, mark=mark)
    except ValueError:
        if any(map(str.isdigit, plain)):
            raise PriceUnitUnclear(f"{text[:40]!r} is no number of pieces; write one such as 100") from None
        return 1
    if value is None:
        return 1
    if value <= 0 or value != value.to_integral_value():
        raise PriceUnitUnclear(f"{text[:40]!r} is no number of pieces; write one such as 100")
    return int(value)


def one_count(counts: list[int], *, qty: Decimal | None, price: Decimal | None) -> int:
    """The count that cell, head and column agree on. Raises PriceUnitUnclear where they do not, or where it may be a price."""
    told = {count for count in counts if count != 1}
    if not told:
        return 1
    count = min(told)
    if len(told) > 1 or count == 0:
        said = " and ".join(map(str, sorted(told)))
        raise PriceUnitUnclear(f"the price is said to be for {said} pieces; write the price of one piece")
    if count not in _USUAL and qty is not None and qty * count == price:
        raise PriceUnitUnclear(f"{count} may be the price of one piece, or how many the price is for; name the columns")
    return count


def _count(count: str | None, written: str, unit: str, text: str) -> int:
    said, counted = written.casefold(), unit.casefold().strip(" .")
    if said in _EITHER and said != counted and not count:
        raise PriceUnitUnclear(f"{text[:40]!r} may be for {written} pieces; write the price of one piece")
    many = _times(written)
    if many and said != counted:
        return many * int(count or 1)
    if count and int(count) > 1 and not _is_counted_in(said, counted):
        raise PriceUnitUnclear(
            f"{text[:40]!r} is for {count} {written}, and the goods are not counted so; write the price of one"
        )
    return int(count) if count else 1


def _is_counted_in(said: str, counted: str) -> bool:
    return not said or said == counted or (said in PIECES and (not counted or counted in PIECES))


def _times(written: str) -> int:
    chinese = _CHINESE_TIMES.fullmatch(written)
    return _TIMES.get(chinese[1] if chinese else written.casefold(), 0)
