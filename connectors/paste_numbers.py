"""Numbers in pasted text: a comma between two digits parts a fraction or thousands far more often than two things.

What is 1.5 to one writer and 1500 to another is left open, with a word on both.
"""

from __future__ import annotations

import re
from decimal import Decimal

from connectors import addresses
from connectors.sheet_cells import ReadTwoWays, habit, number, refuse_two_ways

#: Code, field of the line and message of a problem that holds.
Doubt = tuple[str, str, str]

#: Where no number with a comma begins: in a code (`A001,2` is two things, and so is `KAF-1,2`) or another number.
_BEGINS = r"(?<![A-WYZa-wyz0-9_.])(?<![A-Za-z0-9_]-)"
_GROUPS = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?|\d{1,3}(?:\.\d{3})+,\d{1,4}"
NUM_WITH_COMMA = rf"{_BEGINS}(?:{_GROUPS}|\d{{1,4}},\d{{1,3}})(?!\d)"
NUM = rf"(?:{NUM_WITH_COMMA}|\d{{1,7}}(?:\.\d{{1,4}})?(?!\d))"
AMOUNT = r"(?:\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,4})?|\d{1,9}(?:[.,]\d{1,4})?)"
_MONEY_AROUND = (r"(?<=[€$£¥])\s?\d{5,7},\d{2}", r"\d{5,7},\d{2}(?=\s?(?:€|EUR|USD|元))")
_WITH_COMMA = re.compile(rf"{_BEGINS}(?:{_GROUPS}|\d{{1,4}},\d{{1,2}}|{'|'.join(_MONEY_AROUND)})(?!\d)")
_COUNTS_BEFORE = re.compile(r"(?:[xX×✕✖*]|[A-Za-z]-?\d[A-Za-z0-9-]*\s)\s*$")
_COUNTS_BEHIND = re.compile(r"\s*[×✕✖*]|\s*[xX](?![A-Za-z])|\s*[xX](?=[A-Za-z]*-?\d)")
_TO_THE_END = re.compile(r"[^,;\n]*")
#: Stands for the comma of a number while its text is cut at commas.
_KEPT = "\x1e"
#: Who writes with these writes decimal points.
_POINTS = re.compile(r"[$£¥￥\u4e00-\u9fff]|\b(?:USD|GBP|CNY|RMB)\b")


def kept_whole(text: str) -> str:
    """The text with the commas of its numbers hidden from who cuts it at commas; `as_written` shows them again."""
    return _WITH_COMMA.sub(_kept, text) if "," in text else text


def as_written(piece: str) -> str:
    """The piece with the commas of its numbers again."""
    return piece.replace(_KEPT, ",")


def _kept(match: re.Match[str]) -> str:
    before, behind = match.string[max(0, match.start() - 45) : match.start()], match.string[match.end() :][:80]
    if re.fullmatch(r"\d+,\d{1,2}", match.group()):
        # `A-1 x2,3 x B-2` counts twice, and `Flat 2,14 Park Road` is a door and a house.
        twice = _COUNTS_BEFORE.search(before) and _COUNTS_BEHIND.match(behind)
        street = _TO_THE_END.match(behind)
        if twice or (street and addresses.names_street(match.group().partition(",")[2] + street.group())):
            return match.group()
    return match.group().replace(",", _KEPT)


def read_numbers(
    qty: str | None, price: str | None, *, beside: str
) -> tuple[Decimal | None, Decimal | None, tuple[Doubt, ...]]:
    """Return (quantity, price, doubts) of two numbers said together; one that stays open is None, with its doubt.

    `beside` is the text round them. Raises ValueError for what is no number.
    """
    mark, doubts = doubts_of(qty, price, beside=beside)
    is_open = {field for _, field, _ in doubts}
    return (
        number(qty, mark=mark) if qty and "qty" not in is_open else None,
        number(price, mark=mark) if price and "unit_price" not in is_open else None,
        doubts,
    )


def doubts_of(qty: str | None, price: str | None, *, beside: str) -> tuple[str, tuple[Doubt, ...]]:
    """Return (decimal sign, doubts) of two numbers said together: either may show what the other's signs mean."""
    mark, is_sure = habit([text for text in (qty, price) if text], delimiter=None)
    if _POINTS.search(beside):
        # A decimal comma beside a dollar or Chinese: two habits, of which neither is proved.
        mark, is_sure = (mark, False) if is_sure and mark == "," else (".", True)
    doubts: list[Doubt] = []
    for code, field, text in (("qty_invalid", "qty", qty), ("price_missing", "unit_price", price)):
        try:
            if text and not is_sure:
                refuse_two_ways(text)
        except ReadTwoWays as error:
            doubts.append((code, field, f"{beside.strip()[:60]!r}: {error}"))
    return mark, tuple(doubts)
