"""Checks of a zipped workbook before any library opens it: size, ratio, names, and how far its cells reach."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib

MAX_ENTRIES = 1_000
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_RATIO = 100
MAX_ROWS = 50_000
MAX_COLUMNS = 500
MAX_CELLS = 4_000_000

#: An entry this small may be packed as tightly as it likes; empty style parts are.
_RATIO_COUNTS_FROM = 1024 * 1024
_CHUNK = 1024 * 1024
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"']\s*\$?([A-Za-z]{1,4})\$?(\d{1,9})[\"'][^>]*?(/?)>")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\br\s*=\s*[\"'](\d{1,9})[\"']")
_ROW_START = re.compile(rb"<(?:\w+:)?row\b")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s>]")
_UNPLACED = re.compile(rb"<(?:\w+:)?c(?:>|\s(?![^>]*?\br\s*=)[^>]*>)")


class ArchiveRefused(ValueError):
    """The zip file is damaged, hostile or larger than a workbook of orders can be."""


def checked_entries(data: bytes) -> zipfile.ZipFile:
    """Open the zip after proving its declared and its real sizes within the limits.

    Raises ArchiveRefused for more than 1,000 entries, more than 100 MB unpacked, a ratio over 100, names that leave the
    folder, symbolic links, encryption and damaged entries.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, OverflowError) as error:
        raise ArchiveRefused(f"the workbook is damaged: {error}") from error
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise ArchiveRefused(f"the workbook has {len(entries)} parts; at most {MAX_ENTRIES} are read")
    for entry in entries:
        _check_name(entry)
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise ArchiveRefused("the workbook unpacks to more than 100 MB; save the order lines alone in a new file")
    return archive


def check_reach(archive: zipfile.ZipFile) -> None:
    """Read every part once: its real size must be its declared one, and no cell may lie beyond the limits.

    Raises ArchiveRefused. Readers build a full grid out to the furthest cell, so one stray cell could take all memory.
    """
    for entry in archive.infolist():
        part = b"".join(_chunks(archive, entry))
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise ArchiveRefused("the workbook declares a document type, which no spreadsheet program writes")
        rows, columns = _furthest(part)
        if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
            raise ArchiveRefused(too_large(rows, columns))


def too_large(rows: int, columns: int) -> str:
    """What to say of a sheet beyond the limits."""
    return (
        f"the sheet reaches to row {rows}, column {columns}; at most {MAX_ROWS} rows and {MAX_COLUMNS} columns are read:"
        " delete stray cells or split the file"
    )


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0] or "\x00" in name:
        raise ArchiveRefused("the workbook has a part whose name leads out of it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveRefused("the workbook holds a symbolic link")
    if entry.flag_bits & 0x1:
        raise ArchiveRefused("the workbook is protected by a password; send it without one")
    if entry.file_size > _RATIO_COUNTS_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise ArchiveRefused("the workbook is packed more than 100 to 1, which no order sheet is")


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> list[bytes]:
    found: list[bytes] = []
    try:
        with archive.open(entry) as part:
            while chunk := part.read(_CHUNK):
                found.append(chunk)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ArchiveRefused(f"a part of the workbook is damaged: {error}") from error
    return found


def _furthest(part: bytes) -> tuple[int, int]:
    row = column = 0
    for letters, digits, empty in _CELL.findall(part):
        if not empty:
            row, column = max(row, int(digits)), max(column, _column(letters))
    rows = [int(digits) for digits in _ROW.findall(part)]
    if rows and _UNPLACED.search(part):  # cells that name no place stand one behind the other
        row = max(row, *rows)
        column = max(column, *(len(_ANY_CELL.findall(cells)) for cells in _ROW_START.split(part)))
    return row, column


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
