"""OpenDocument sheets: cells read as they are stored, so that numbers keep their digits and repeats stay bounded."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from connectors.archives import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED_BYTES, ArchiveRefused, too_large
from connectors.figures import Figure, percentage

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
#: Signs that a document writes as elements, and what stands in a paragraph without being part of its text.
_SIGNS = {f"{_TEXT}line-break": "\n", f"{_TEXT}tab": "\t", f"{_TEXT}s": " "}
_ASIDE = frozenset({f"{_OFFICE}annotation", f"{_OFFICE}annotation-end", f"{_TEXT}note"})
_MAX_SPACES = 100
#: A number as nothing but its digits, perhaps behind letters: 00123, 02134-0001, SKU-0123.
_DIGITS = re.compile(r"(?:[A-Za-z]{1,8}[-_])?\d+(?:-\d+)*", re.ASCII)
_MAX_CONTENT_BYTES = MAX_UNPACKED_BYTES // 3


#: What a sheet's row says that nobody sees: hidden by hand, or by a filter.
_UNSEEN = frozenset(("collapse", "filter"))
OdsSheet = tuple[str, list[list[str]], frozenset[int]]


def ods_sheets(archive: zipfile.ZipFile) -> list[OdsSheet]:
    """Return (name, rows, numbers of hidden rows) of every sheet; raises ArchiveRefused for a damaged or too large document."""
    if archive.getinfo("content.xml").file_size > _MAX_CONTENT_BYTES:
        raise ArchiveRefused("the sheet is larger than 33 MB; save the order lines alone in a new file")
    try:
        with archive.open("content.xml") as content:
            return list(_tables(content))
    except (ParseError, DefusedXmlException, zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError) as error:
        if isinstance(error, ArchiveRefused):
            raise
        raise ArchiveRefused(f"the sheet cannot be read: {str(error)[:120]}") from error
    except (NotImplementedError, RuntimeError) as error:
        raise ArchiveRefused(f"the sheet cannot be unpacked: {str(error)[:120]}") from error


def _tables(content: IO[bytes]) -> Iterator[OdsSheet]:
    name, rows, hidden = "", list[list[str]](), set[int]()
    waiting = 0
    cells = 0
    for event, element in iterparse(content, events=("start", "end"), forbid_dtd=True):
        if event == "start" and element.tag == f"{_TABLE}table":
            name, rows, hidden, waiting = element.get(f"{_TABLE}name", ""), [], set(), 0
        elif event == "end" and element.tag == f"{_TABLE}table-row":
            row, times = _row(element), _repeats(element, "rows")
            unseen = element.get(f"{_TABLE}visibility") in _UNSEEN
            element.clear()
            if not row:  # blank rows count only when something follows them
                waiting += times
                continue
            cells += len(row) * times
            _check(len(rows) + waiting + times, len(row), cells)
            rows.extend([[] for _ in range(waiting)])
            if unseen:
                hidden.update(range(len(rows) + 1, len(rows) + times + 1))
            rows.extend([list(row) for _ in range(times)])
            waiting = 0
        elif event == "end" and element.tag == f"{_TABLE}table":
            yield name, rows, frozenset(hidden)


def _check(rows: int, columns: int, cells: int) -> None:
    if rows > MAX_ROWS or columns > MAX_COLUMNS or cells > MAX_CELLS:
        raise ArchiveRefused(too_large(rows, columns))


def _row(element: Element) -> list[str]:
    row: list[str] = []
    blanks = 0
    for cell in element:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        text, times = _cell_text(cell), _repeats(cell, "columns")
        if not text:
            blanks += times
            continue
        _check(1, len(row) + blanks + times, 0)
        row.extend([""] * blanks + [text] * times)
        blanks = 0
    return row


def _repeats(element: Element, what: str) -> int:
    given = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 1


def _cell_text(cell: Element) -> str:
    kind = cell.get(f"{_OFFICE}value-type")
    if kind == "percentage":
        return percentage(cell.get(f"{_OFFICE}value", ""))
    if kind in ("float", "currency"):
        return _number(cell.get(f"{_OFFICE}value", "").removesuffix(".0"), _shown(cell))
    if kind == "date":
        return cell.get(f"{_OFFICE}date-value", "").replace("T00:00:00", "").replace("T", " ")
    return _shown(cell)


def _number(value: str, seen: str) -> str:
    """The stored number, or what is seen of it where that is the same digits with zeros in front: 00123."""
    if seen != value and _DIGITS.fullmatch(seen):
        digits = "".join(sign for sign in seen if sign.isdigit())
        if (digits.lstrip("0") or "0") == value:
            return Figure(seen)
    return Figure(value)


def _shown(cell: Element) -> str:
    # A comment stands inside its cell with paragraphs of its own, so only the cell's own paragraphs are its text.
    return "\n".join("".join(_words(paragraph)) for paragraph in cell if paragraph.tag == f"{_TEXT}p")


def _words(element: Element) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        if part.tag in _SIGNS:
            yield _SIGNS[part.tag] * _count(part)
        elif part.tag not in _ASIDE:
            yield from _words(part)
        yield part.tail or ""


def _count(sign: Element) -> int:
    given = sign.get(f"{_TEXT}c", "1")
    return min(int(given), _MAX_SPACES) if given.isascii() and given.isdecimal() and len(given) < 5 else 1
