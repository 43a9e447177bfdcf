"""Workbooks (XLSX, XLS, ODS) as sheets of text cells; numbers that a spreadsheet turned into floats become exact again."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from connectors.archives import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    ArchiveRefused,
    check_reach,
    checked_entries,
    too_large,
)
from connectors.ods import ods_sheets

_MAX_SHEETS = 30
_MAX_XLS_BYTES = 20 * 1024 * 1024
#: A spreadsheet keeps 15 digits of a fraction, and whole numbers below 2^53; longer order numbers must be text cells.
_EXACT_DIGITS = 15
_EXACT_BELOW = 2**53

Cell = int | float | str | bool | time | date | datetime | timedelta


@dataclass(frozen=True, slots=True)
class SheetRows:
    """One sheet, visible or not; `rows` start at row 1 of the sheet."""

    name: str
    rows: list[list[str]]
    damaged: bool = False


def zipped_sheets(data: bytes) -> list[SheetRows]:
    """Read an XLSX or ODS workbook; raises ArchiveRefused for what is neither, damaged or too large."""
    archive = checked_entries(data)
    names = set(archive.namelist())
    if "content.xml" in names:
        return [SheetRows(name, rows) for name, rows in ods_sheets(archive)]
    if not any(name.lower().endswith(("workbook.xml", "workbook.bin")) for name in names):
        raise ArchiveRefused("the file is a zip archive and no workbook; send CSV, XLSX, XLS or ODS")
    check_reach(archive)
    return _guarded(lambda: _sheets(data))


def xls_sheets(data: bytes) -> list[SheetRows]:
    """Read a workbook of Excel 97 to 2003; raises ArchiveRefused for a damaged or too large one."""
    if len(data) > _MAX_XLS_BYTES:
        raise ArchiveRefused("the workbook is larger than 20 MB; save it as XLSX or CSV")
    return _guarded(lambda: _sheets(data))


def _guarded(read: Callable[[], list[SheetRows]]) -> list[SheetRows]:
    try:
        return read()
    except (CalamineError, OSError, ValueError) as error:
        raise ArchiveRefused(f"the workbook cannot be read: {str(error)[:120]}") from error
    except BaseException as error:
        # The reader is compiled Rust: on some damaged files it panics, and its panic is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise ArchiveRefused("the workbook is damaged") from error


def _sheets(data: bytes) -> list[SheetRows]:
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        shown = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        return [_sheet(workbook.get_sheet_by_name(name)) for name in shown[:_MAX_SHEETS]]


def _sheet(sheet: CalamineSheet) -> SheetRows:
    rows, columns = sheet.total_height, sheet.total_width
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise ArchiveRefused(too_large(rows, columns))
    cells: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    return SheetRows(sheet.name, [[cell_text(cell) for cell in row] for row in cells])


def cell_text(cell: Cell) -> str:
    """The cell as a person reads it: 10000234500.0 is "10000234500", midnight of a day is the day."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return number_text(cell) if math.isfinite(cell) else ""
    if isinstance(cell, datetime):
        return _moment_text(cell)
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def number_text(number: int | float) -> str:
    """The number exactly, without needless point; with an exponent where the spreadsheet has lost digits."""
    if (
        abs(number) >= _EXACT_BELOW
    ):  # digits are lost; show it as the spreadsheet does, so that nobody takes it for exact
        return f"{number:.{_EXACT_DIGITS - 1}E}"
    if number == int(number):
        return str(int(number))
    return f"{Decimal(f'{number:.{_EXACT_DIGITS}g}'):f}"


def _moment_text(moment: datetime) -> str:
    if moment.time() == time():
        return moment.date().isoformat()
    return moment.replace(microsecond=0).isoformat(sep=" ")
