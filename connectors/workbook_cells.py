"""Cells of a workbook as text. Imports nothing of ours: for old workbooks it runs as a program of its own.

The reader of XLS takes memory by what the file claims, and a refused allocation ends the process; so the process that
reads one is a child with limits, and only the child dies.
"""

from __future__ import annotations

import io
import json
import math
import resource
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

_MAX_SHEETS = 30
_MAX_MEMORY_BYTES = 1024**3
_MAX_CPU_S = 10
#: A spreadsheet keeps 15 digits of a fraction, and whole numbers below 2^53; longer order numbers must be text cells.
_EXACT_DIGITS = 15
_EXACT_BELOW = 2**53

Cell = int | float | str | bool | time | date | datetime | timedelta
#: A cell of text, or a number's text in a list of its own: as JSON the two must stay apart.
Told = str | list[str]
Sheet = tuple[str, list[list[Told]]]


class TooLarge(ValueError):
    """A sheet beyond the limits: rows, columns."""


def sheets_of(data: bytes, *, max_rows: int, max_columns: int, max_cells: int) -> list[Sheet]:
    """Return (name, rows) of every visible sheet, rows from row 1 on; raises TooLarge and the reader's own errors."""
    found: list[Sheet] = []
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
        shown = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        for name in shown[:_MAX_SHEETS]:
            sheet = workbook.get_sheet_by_name(name)
            rows, columns = sheet.total_height, sheet.total_width
            if rows > max_rows or columns > max_columns or rows * columns > max_cells:
                raise TooLarge(rows, columns)
            cells: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
            found.append((name, [[_told(cell) for cell in row] for row in cells]))
    return found


def _told(cell: Cell) -> Told:
    if isinstance(cell, str):
        return cell
    text = cell_text(cell)
    return [text] if text and isinstance(cell, int | float) and not isinstance(cell, bool) else text


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
    if abs(number) >= _EXACT_BELOW:  # shown as the spreadsheet does, so that nobody takes it for exact
        return f"{number:.{_EXACT_DIGITS - 1}E}"
    if number == int(number):
        return str(int(number))
    return f"{Decimal(f'{number:.{_EXACT_DIGITS}g}'):f}"


def _moment_text(moment: datetime) -> str:
    if moment.time() == time():
        return moment.date().isoformat()
    return moment.replace(microsecond=0).isoformat(sep=" ")


def main(argv: list[str]) -> int:
    """Read a workbook from standard input under limits and print its sheets as JSON; argv are the three limits."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_S, _MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rows, columns, cells = (int(limit) for limit in argv)
    found = sheets_of(sys.stdin.buffer.read(), max_rows=rows, max_columns=columns, max_cells=cells)
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
