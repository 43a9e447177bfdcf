"""Text as it is laid out: wrapped at blanks and between Chinese signs, quantities, lengths, weights and instants by language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date, format_datetime
from reportlab.lib.units import mm

from oms.documents.fonts import printable, width_of

#: One Chinese character or full-width sign, a run of anything else without a break, or white space.
_TOKEN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+|\s+")
#: Signs that may not start a line.
_CLOSING = frozenset("，。、；：？！）》」』】〉”’,.;:?!)]}%")
ELLIPSIS = "…"
#: Smaller than this nobody reads a paper.
_LEAST_PT = 5.0


@lru_cache(maxsize=8192)
def wrapped(text: str, width_mm: float, size_pt: float, most: int = 99) -> tuple[str, ...]:
    """Break text into at most `most` lines of the width; what is cut off shows as an ellipsis.

    Line breaks in the text stay. Words longer than a line are broken anywhere.
    """
    width = width_mm * mm
    lines = [line for paragraph in text.splitlines() for line in _lines(printable(paragraph).strip(), width, size_pt)]
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], _cut(lines[most - 1] + ELLIPSIS, width, size_pt))


@lru_cache(maxsize=8192)
def shortened(text: str, width_mm: float, size_pt: float) -> str:
    """The text on one line, cut with an ellipsis where it is too wide."""
    line = printable(text).strip()
    width = width_mm * mm
    return line if width_of(line, size_pt) <= width else _cut(line + ELLIPSIS, width, size_pt)


@lru_cache(maxsize=8192)
def fitted(text: str, width_mm: float, size_pt: float) -> float:
    """The size at which the text stands on one line of that width: `size_pt`, or smaller, down to what can still be read."""
    wide = width_of(printable(text), size_pt)
    room = width_mm * mm
    return size_pt if wide <= room else max(_LEAST_PT, size_pt * room / wide * 0.995)


def _cut(text: str, width: float, size_pt: float) -> str:
    body = text.removesuffix(ELLIPSIS)
    while body and width_of(body + ELLIPSIS, size_pt) > width:
        body = body[:-1]
    return body.rstrip() + ELLIPSIS


def _lines(text: str, width: float, size_pt: float) -> Iterator[str]:
    line, used = "", 0.0
    for token in _tokens(text, width, size_pt):
        extra = width_of(token, size_pt)
        if used + extra > width and line and token not in _CLOSING:
            yield line.rstrip()
            line, used = "", 0.0
            if token.isspace():
                continue
        line += token
        used += extra
    yield line.rstrip()


def _tokens(text: str, width: float, size_pt: float) -> Iterator[str]:
    for token in _TOKEN.findall(text):
        if width_of(token, size_pt) <= width:
            yield token
        else:
            yield from token


def quantity(qty: Decimal) -> str:
    """3 as 3, 2.500 as 2.5."""
    text = f"{qty:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def metres(length_mm: int) -> str:
    """A length as 184.3 m."""
    return f"{Decimal(length_mm) / 1000:,.1f} m"


def kilograms(weight_g: int) -> str:
    """A weight as 1.25 kg."""
    return f"{Decimal(weight_g) / 1000:,.2f} kg"


def instant(at: datetime, zone: tzinfo, language: str) -> str:
    """An instant in the zone, as people of that language write it, without seconds."""
    pattern = "y年M月d日 HH:mm" if language == "zh_Hans" else "d MMM y, HH:mm"
    return format_datetime(at.astimezone(zone), pattern, locale=language)


def day(on: date, language: str) -> str:
    """A calendar day as people of that language write it."""
    return format_date(on, "y年M月d日 EEE" if language == "zh_Hans" else "EEE d MMM y", locale=language)
