"""Delimited text (CSV, TSV): encoding, delimiter and quoting found out, cells as exact text."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from typing import Literal

#: What a row of cells says about being a header: the more known names, the higher.
HeaderScore = Callable[[list[str]], int]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARS = 32_000
_SAMPLE_ROWS = 60
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SEP_LINE = re.compile(r"\A\s*\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n)", re.IGNORECASE)


class NotText(ValueError):
    """The bytes are no text in any encoding that order sheets are written in."""


def decode(data: bytes) -> tuple[str, str]:
    """Return (text, encoding) of a sheet: BOM, UTF-8, UTF-16, GB18030, then Windows-1252.

    Raises NotText for bytes that are none of these.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _checked(_decoded(data, encoding), encoding)
    for encoding in (*_utf16_without_bom(data), "utf-8"):
        text = _decoded(data, encoding)
        if text is not None:
            return _checked(text, encoding)
    if _is_chinese(data):
        return _checked(_decoded(data, "gb18030"), "gb18030")
    text = _decoded(data, "cp1252")
    return _checked(text, "cp1252") if text is not None else _checked(data.decode("latin-1"), "latin-1")


def rows_of(text: str, *, score: HeaderScore) -> tuple[list[list[str]], str]:
    """Return (rows, delimiter); blank rows stay, so that a row's place is its row number."""
    declared = _SEP_LINE.match(text)
    if declared:
        return [[], *_rows(text[declared.end() :], declared[1])], declared[1]
    delimiter = _delimiter(text, score)
    return _rows(text, delimiter), delimiter


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _checked(text: str | None, encoding: str) -> tuple[str, str]:
    if text is None:
        raise NotText(f"the file says it is {encoding} and is not")
    controls = len(_CONTROLS.findall(text[:_SAMPLE_CHARS]))
    if controls > len(text[:_SAMPLE_CHARS]) // 100:
        raise NotText("the file is not text: it holds control characters")
    return _CONTROLS.sub("", text), encoding


def _utf16_without_bom(data: bytes) -> tuple[str, ...]:
    sample = data[:4000]
    if len(sample) < 8 or len(data) % 2:
        return ()
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.3 and even < half * 0.05:
        return ("utf-16-le",)
    return ("utf-16-be",) if even > half * 0.3 and odd < half * 0.05 else ()


def _is_chinese(data: bytes) -> bool:
    # GB18030 decodes much of what is not Chinese too; common Chinese lies in the GB2312 rows (both bytes >= A1).
    if _decoded(data, "gb18030") is None:
        return False
    sample = data[:_SAMPLE_CHARS]
    pairs = re.findall(rb"[\x81-\xfe][\x40-\xfe]", sample)
    common = sum(1 for pair in pairs if 0xA1 <= pair[0] <= 0xF7 and pair[1] >= 0xA1)
    return bool(pairs) and common >= len(pairs) * 0.8


def _delimiter(text: str, score: HeaderScore) -> str:
    sample = text[:_SAMPLE_CHARS]
    found = {delimiter: _rows(sample, delimiter)[:_SAMPLE_ROWS] for delimiter in _DELIMITERS}
    return max(_DELIMITERS, key=lambda delimiter: _fitness(found[delimiter], score))


def _fitness(rows: list[list[str]], score: HeaderScore) -> tuple[int, int, int]:
    widths = Counter(len(row) for row in rows if len(row) > 1)
    usual, times = widths.most_common(1)[0] if widths else (1, 0)
    return max((score(row) for row in rows), default=0), times, usual


def _rows(text: str, delimiter: str) -> list[list[str]]:
    # An odd number of quotes means that one is an inch sign or a slip: then none of them quotes (3 is QUOTE_NONE).
    quotes: Literal[0, 3] = 3 if text.count(chr(34)) % 2 else 0
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=delimiter, quoting=quotes, skipinitialspace=delimiter != "\t")
    try:
        return list(reader)
    except csv.Error as error:
        raise NotText(f"line {reader.line_num} cannot be split into cells: {error}") from error
