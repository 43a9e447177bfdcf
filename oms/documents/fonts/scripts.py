"""THE table of writing systems beside Latin and Chinese, each with a font that is read when its first letter is printed.

HarfBuzz, through reportlab, joins letters and places their marks; which of them run to the left says Unicode's bidirectional algorithm.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any

from bidi.algorithm import get_display
from reportlab.lib.abag import ABag
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, shapeFragWord


@dataclass(frozen=True, slots=True)
class Script:
    """A writing system; `blocks` are the first and the last character of each of its ranges in Unicode."""

    font: str
    file: str
    blocks: tuple[tuple[str, str], ...]
    leftward: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one font, in the order in which they are drawn from left to right; `width` is in 1/1000 of their size."""

    font: str
    text: str
    width: float


SCRIPTS = (
    Script("OmsHebrew", "NotoSansHebrew-Regular.ttf", (("\u0590", "\u05ff"), ("\ufb1d", "\ufb4f")), leftward=True),
    Script(
        "OmsArabic",
        "NotoSansArabic-Regular.ttf",
        (("\u0600", "\u06ff"), ("\u0750", "\u077f"), ("\u08a0", "\u08ff"), ("\ufb50", "\ufdff"), ("\ufe70", "\ufefc")),
        leftward=True,
    ),
    Script("OmsThai", "NotoSansThai-Regular.ttf", (("\u0e00", "\u0e7f"),)),
    Script(
        "OmsKorean",
        "NotoSansKR-Regular-subset.ttf",
        (("\u1100", "\u11ff"), ("\u3130", "\u318f"), ("\ua960", "\ua97f"), ("\uac00", "\ud7ff")),
    ),
)
#: Letters that run to the left, and the marks on them; digits among them do not.
_TO_THE_LEFT = frozenset({"R", "AL", "NSM"})
#: Two threads that read a font at once would register two of one name.
_READING = Lock()
#: What is shaped does not depend on the size, for which HarfBuzz asks.
_SIZE_PT = 10
#: No rare ligatures: a name is printed letter by letter.
_FEATURES = {"kern": True, "liga": True, "dlig": False}


@lru_cache(maxsize=4096)
def script_of(character: str) -> Script | None:
    """The writing system whose font has this character; None where none has."""
    found = next((s for s in SCRIPTS if any(first <= character <= last for first, last in s.blocks)), None)
    return found if found is not None and ord(character) in _characters(found) else None


def runs_of(line: str, *, font: str, widths: dict[int, int]) -> Iterator[Run]:
    """A line as it is drawn from left to right, in `font` as far as that has a width for what stands there."""

    def kind(character: str) -> tuple[Script | None, bool]:
        script = None if ord(character) in widths else script_of(character)
        leftward = script is not None and script.leftward
        return script, leftward and unicodedata.bidirectional(character) in _TO_THE_LEFT

    for (script, leftward), letters in groupby(str(get_display(line)), key=kind):
        piece = "".join(letters)
        if script is None:
            yield Run(font, piece, sum(widths.get(ord(character), 1000) for character in piece))
        elif leftward == script.leftward:
            yield _shaped(script, piece[::-1] if leftward else piece)
        else:
            # Its digits run to the right among letters that do not, where HarfBuzz would turn them too: 12 would be 21.
            yield Run(script.font, piece, pdfmetrics.stringWidth(piece, script.font, 1000))


def _shaped(script: Script, piece: str) -> Run:
    """Joined and placed; HarfBuzz takes the letters as they are read and gives the shapes as they are drawn."""
    word = [0, (ABag(fontName=script.font, fontSize=_SIZE_PT), piece)]
    made = shapeFragWord(word, features=_FEATURES, force=True)[1][1]
    return Run(script.font, made, sum(shape.x_advance for shape in made.__shapeData__))


def _characters(script: Script) -> frozenset[int]:
    with _READING:
        return _read(script)


@cache
def _read(script: Script) -> frozenset[int]:
    """Register the font (once a process) and return what it has a glyph for.

    reportlab gives a shape without a character one of the private area when it is first printed. Here each gets its own
    beforehand: the same paper has the same bytes, whatever was printed before it.
    """
    font: Any = TTFont(script.font, str(Path(__file__).with_name(script.file)))
    characters = frozenset(font.face.charToGlyph)
    shapes = font.hbFont()
    for glyph in range(font.hbFace.glyph_count):
        if glyph not in font.face.glyphToChar:
            width = font.pdfScale(shapes.get_glyph_h_advance(glyph))
            font.hbAddPrivate(shapes.glyph_to_string(glyph), glyph, width)
    pdfmetrics.registerFont(font)
    return characters
