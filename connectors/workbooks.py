"""Workbooks (XLSX, XLS, ODS) as sheets of text cells; numbers that a spreadsheet turned into floats become exact again."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError

from connectors import figures, workbook_cells, xls_formats
from connectors.archives import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    ArchiveRefused,
    check_reach,
    checked_entries,
    too_large,
)
from connectors.cell_formats import Shown, shown_by
from connectors.figures import Figure
from connectors.ods import ods_sheets
from connectors.workbook_cells import Sheet, TooLarge, sheets_of

_MAX_XLS_BYTES = 20 * 1024 * 1024
_CHILD_TIMEOUT_S = 15


@dataclass(frozen=True, slots=True)
class SheetRows:
    """One sheet; `rows` start at row 1 of the sheet. Number cells are a Figure; `hidden` are the numbers of rows nobody sees."""

    name: str
    rows: list[list[str]]
    hidden: frozenset[int] = frozenset()


def zipped_sheets(data: bytes) -> list[SheetRows]:
    """Read an XLSX or ODS workbook; raises ArchiveRefused for what is neither, damaged or too large."""
    archive = checked_entries(data)
    names = set(archive.namelist())
    if "content.xml" in names:
        return [SheetRows(name, rows, hidden) for name, rows, hidden in ods_sheets(archive)]
    if not any(name.lower().endswith("workbook.xml") for name in names):
        raise ArchiveRefused("the file is a zip archive and no workbook; send CSV, XLSX, XLS or ODS")
    check_reach(archive)
    try:
        found = sheets_of(data, max_rows=MAX_ROWS, max_columns=MAX_COLUMNS, max_cells=MAX_CELLS)
    except TooLarge as error:
        raise ArchiveRefused(too_large(*error.args)) from error
    except (CalamineError, OSError, ValueError) as error:
        raise ArchiveRefused(f"the workbook cannot be read: {str(error)[:120]}") from error
    except BaseException as error:
        # The reader is compiled Rust: on some damaged files it panics, and its panic is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise ArchiveRefused("the workbook is damaged") from error
    shown = shown_by(archive)
    return [_typed(sheet, shown.get(sheet[0], Shown())) for sheet in found]


def xls_sheets(data: bytes) -> list[SheetRows]:
    """Read a workbook of Excel 97 to 2003 in a child process; raises ArchiveRefused for a damaged or too large one."""
    if len(data) > _MAX_XLS_BYTES:
        raise ArchiveRefused("the workbook is larger than 20 MB; save it as XLSX or CSV")
    # -P: without it our own http.py would stand before the one of the standard library.
    command = [
        sys.executable,
        "-P",
        str(Path(workbook_cells.__file__)),
        str(MAX_ROWS),
        str(MAX_COLUMNS),
        str(MAX_CELLS),
    ]
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=_CHILD_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ArchiveRefused("the workbook takes too long to read; save it as XLSX or CSV") from error
    if child.returncode != 0:
        raise ArchiveRefused("the workbook is damaged, protected or too large; save it as XLSX or CSV")
    shown = xls_formats.shown_by(data)
    return [_typed((name, rows), shown.get(name, Shown())) for name, rows in json.loads(child.stdout)]


def _typed(sheet: Sheet, seen: Shown) -> SheetRows:
    name, told = sheet
    rows = [[cell if isinstance(cell, str) else Figure(cell[0]) for cell in row] for row in told]
    for (row, column), shape in seen.shapes.items():
        if row < len(told) and column < len(told[row]) and isinstance(told[row][column], list):
            rows[row][column] = figures.shown(rows[row][column], shape)
    for (row, column), fault in seen.faults.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = fault
    return SheetRows(name, rows, frozenset(row + 1 for row in seen.hidden))
