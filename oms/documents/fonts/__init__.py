"""The one font of all printed papers: Chinese and Latin, embedded, registered at first use.

A character that the font lacks prints as a hollow square; nothing that a customer types makes a paper fail.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT = "OmsSans"
#: Stands for a character without a glyph.
REPLACEMENT = "\u25a1"

_FILE = Path(__file__).with_name("NotoSansSC-Regular-subset.ttf")
#: Marks without a shape of their own: joiners, direction marks, variation selectors, skin tones.
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]"
)


@cache
def glyph_widths() -> dict[int, int]:
    """Register the font (once a process) and return the width of every character it has, in 1/1000 of its size."""
    font = TTFont(FONT, str(_FILE))
    pdfmetrics.registerFont(font)
    widths: dict[int, int] = font.face.charWidths
    return widths


@lru_cache(maxsize=8192)
def printable(text: str) -> str:
    """The text as it can be printed on one line: composed, without control marks, unknown characters replaced."""
    known = glyph_widths()
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return "".join(_printed(character, known) for character in composed)


def _printed(character: str, known: dict[int, int]) -> str:
    if character.isspace() or unicodedata.category(character) == "Cc":
        return " "
    if ord(character) in known:
        return character
    return "" if unicodedata.category(character) == "Mn" else REPLACEMENT


def width_of(text: str, size_pt: float) -> float:
    """Width in points of text that went through `printable`."""
    known = glyph_widths()
    return sum([known.get(ord(character), 1000) for character in text]) * size_pt / 1000
