"""OpenDocument sheets: cells read as they are stored, so that numbers keep their digits and repeats stay bounded."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from connectors.archives import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED_BYTES, ArchiveRefused, too_large

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_MAX_CONTENT_BYTES = MAX_UNPACKED_BYTES // 3


def ods_sheets(archive: zipfile.ZipFile) -> list[tuple[str, list[list[str]]]]:
    """Return (name, rows) of every sheet; raises ArchiveRefused for a damaged or too large document."""
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


def _tables(content: IO[bytes]) -> Iterator[tuple[str, list[list[str]]]]:
    name, rows = "", list[list[str]]()
    waiting = 0
    cells = 0
    for event, element in iterparse(content, events=("start", "end"), forbid_dtd=True):
        if event == "start" and element.tag == f"{_TABLE}table":
            name, rows, waiting = element.get(f"{_TABLE}name", ""), [], 0
        elif event == "end" and element.tag == f"{_TABLE}table-row":
            row, times = _row(element), _repeats(element, "rows")
            element.clear()
            if not row:  # blank rows count only when something follows them
                waiting += times
                continue
            cells += len(row) * times
            _check(len(rows) + waiting + times, len(row), cells)
            rows.extend([[] for _ in range(waiting)])
            rows.extend([list(row) for _ in range(times)])
            waiting = 0
        elif event == "end" and element.tag == f"{_TABLE}table":
            yield name, rows


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
    if kind in ("float", "currency", "percentage"):
        return _number(cell.get(f"{_OFFICE}value", ""))
    if kind == "date":
        return cell.get(f"{_OFFICE}date-value", "").replace("T00:00:00", "").replace("T", " ")
    return "\n".join("".join(paragraph.itertext()) for paragraph in cell.iter(f"{_TEXT}p"))


def _number(value: str) -> str:
    return value.removesuffix(".0")
