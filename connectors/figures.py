"""Cells that a workbook keeps as numbers, as a person sees them: `00123`, `10%`, and a point that is surely a decimal one."""

from __future__ import annotations

import re
from decimal import Decimal

#: Where a shape has a digit of the number.
HOLE = "\x00"
#: The shape of a percentage.
PERCENT = "%"
_SIMPLE = re.compile(r'(?:"[^"]*"|\\.|0|[-/ ()]|\[\$-[0-9A-Fa-f]+\])+')
_PART = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|(0)|(.)')
_BESIDE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_SHARE = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,20})?(?:E[+-]?\d{1,2})?", re.IGNORECASE | re.ASCII)


class Figure(str):
    """A number cell as text. It is written with a point, whatever the habit of the text cells beside it."""

    __slots__ = ()


def percentage(share: str) -> Figure:
    """The share 0.1 as `10%`; what is no number stays as it is."""
    if not _SHARE.fullmatch(share):
        return Figure(share)
    return Figure(f"{Decimal(share).scaleb(2).normalize():f}%")


def shape_of(code: str) -> str | None:
    """How a number format shows whole numbers, None where it shows them as they are: `00000`, `"SKU-"0000`, `0.0%`."""
    first = code.partition(";")[0]
    if "%" in _BESIDE.sub("", first):
        return PERCENT
    if not _SIMPLE.fullmatch(first):
        return None
    shape = "".join(
        quoted or escaped or (HOLE if zero else plain) for quoted, escaped, zero, plain in _PART.findall(first)
    )
    lead, _, _ = shape.partition(HOLE)
    worded = HOLE in shape and any(sign.isalpha() for sign in lead)
    return shape if worded or shape.count(HOLE) > 1 else None


def shown(text: str, shape: str) -> Figure:
    """The number as its shape shows it; a shape of digits takes whole numbers alone."""
    if shape == PERCENT:
        return percentage(text)
    if not (text.isascii() and text.isdecimal()):
        return Figure(text)
    holes = shape.count(HOLE)
    digits = text.zfill(holes)
    first, *rest = digits[: len(digits) - holes + 1], *digits[len(digits) - holes + 1 :]
    parts = shape.split(HOLE)
    return Figure("".join(part + digit for part, digit in zip(parts, [first, *rest, ""], strict=True)))
