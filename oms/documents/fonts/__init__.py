"""The fonts of all printed papers, embedded: one for Chinese and Latin, and the rarer ones of `scripts.py` for what it lacks.

A letter that the font lacks prints as the nearest one that it has (Łódź as Lódz, Київ as Киïв), so that an address can still
be read; anything else as a hollow square. Nothing that a customer types makes a paper fail.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from oms.documents.fonts.scripts import Run, runs_of, script_of

FONT = "OmsSans"
#: Stands for a character without a glyph.
REPLACEMENT = "\u25a1"

_FILE = Path(__file__).with_name("NotoSansSC-Regular-subset.ttf")
#: Marks without a shape of their own: joiners, direction marks, variation selectors, skin tones.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]"
)
#: Letters that are no other letter with a mark, and what stands for them: each pair is such a letter and the nearest.
_PAIRS = """Łl Ħh ıi ĸk Ŋn Ŧt Əe Ǝe Ɓb Ɗd Ƙk Ƴy Іi Їï Єe Ґг Јj Ѕs Ћч Ӏi Ғг Қк Ңн Үу Ұу Һh Әа Өо Җж Ҙз Ҡк Ҫс Ҳх Ҷч"""
#: Those for which two stand.
_TWO = {"Љ": "ЛЬ", "Њ": "НЬ", "Ђ": "ДЬ", "Џ": "ДЖ", "ẞ": "SS"}


@cache
def _nearest() -> dict[str, str]:
    """Such letters, capital and small, with what is printed for them."""
    found = _TWO | {pair[0]: pair[1] for pair in _PAIRS.split()}
    large = {letter: nearest if letter.islower() else nearest.upper() for letter, nearest in found.items()}
    return {letter.lower(): nearest.lower() for letter, nearest in found.items()} | large


@cache
def glyph_widths() -> dict[int, int]:
    """Register the font (once a process) and return the width of every character it has, in 1/1000 of its size."""
    font = TTFont(FONT, str(_FILE), shapable=False)
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
    if _has_shape(character, known):
        return character
    if unicodedata.category(character) == "Mn":
        return ""
    parts = (c for c in unicodedata.normalize("NFKD", character) if unicodedata.category(c) != "Mn")
    nearest = "".join(_nearest().get(part, part) for part in parts)
    return nearest if nearest and all(_has_shape(part, known) for part in nearest) else REPLACEMENT


def _has_shape(character: str, known: dict[int, int]) -> bool:
    return ord(character) in known or script_of(character) is not None


def width_of(text: str, size_pt: float) -> float:
    """Width in points of text that went through `printable`."""
    known = glyph_widths()
    try:
        wide: float = sum([known[ord(character)] for character in text])
    except KeyError:
        wide = sum(run.width for run in runs(text))
    return wide * size_pt / 1000


@lru_cache(maxsize=8192)
def runs(line: str) -> tuple[Run, ...]:
    """A line that went through `printable` as it is drawn from left to right, each piece in the font that has its letters."""
    known = glyph_widths()
    if all(ord(character) in known for character in line):
        return (Run(FONT, line, sum(known[ord(character)] for character in line)),)
    return tuple(runs_of(line, font=FONT, widths=known))
