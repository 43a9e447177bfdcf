"""A file as bytes -> its tables: the kind told by content, a table for each sheet, the head row found.

Reading never trusts the file: sizes and reach are checked before any library opens it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.archives import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, ArchiveRefused, too_large
from connectors.delimited import NotText, decode, rows_of
from connectors.figures import Figure
from connectors.grouped_heads import over_parts, under_owners
from connectors.headers import fields_of, known_names, normal
from connectors.paste_goods import is_code
from connectors.workbooks import SheetRows, xls_sheets, zipped_sheets

MAX_BYTES = 30 * 1024 * 1024
#: The head is looked for in this many rows from the top; above it stand titles, addresses and notes.
_HEAD_WITHIN_ROWS = 60
_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: First bytes of what people send by mistake, and what it is.
_NO_SHEETS: dict[bytes, str] = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"PK\x05\x06": "an empty archive",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
    b"\x1f\x8b": "a compressed file",
}
_QUICK_ORDER = ("SKU", "Qty", "Unit")
_QUANTITY = re.compile(r"\d{1,6}([.,]\d{1,3})?", re.ASCII)
_BLANKS = "\ufeff\u200b\u200c\u200d\u2060"
_EXCEL_TEXT = re.compile(r'="(.*)"', re.DOTALL)


class TableUnreadable(ValueError):
    """The bytes are no sheet that can be read; the message says what they are and what to send."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row; `number` is the row's number as the spreadsheet program shows it.

    A cell that a workbook keeps as a number is a Figure.
    """

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int | None) -> str:
        """The cell at a place, "" where the row is shorter or the place is None."""
        return self.cells[place] if place is not None and place < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Table:
    """`headers` is empty where no head was found; `preamble` are the rows above it; `name` is its sheet's.

    `likeness` is how much the head looks like that of an order table; `repeats` are the rows in which it stood once more,
    `hidden` those that nobody sees.
    """

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    preamble: tuple[Row, ...] = ()
    delimiter: str | None = None
    header_row: int | None = None
    name: str = ""
    likeness: int = 0
    repeats: tuple[int, ...] = ()
    hidden: frozenset[int] = frozenset()


def read_tables(data: bytes, *, filename: str | None = None, mapping: Mapping[str, str] | None = None) -> list[Table]:
    """Read CSV, TSV, XLSX, XLS or ODS, a table a sheet; blank rows are left out, cells are text with every digit they had.

    `mapping` (our field -> their head) helps to find the head. Raises TableUnreadable.
    """
    if not data.strip():
        raise TableUnreadable("the file is empty; send a sheet with a head row and one row a line")
    if len(data) > MAX_BYTES:
        raise TableUnreadable("the file is larger than 30 MB; split it")
    mapped = frozenset(normal(head) for head in (mapping or {}).values())
    sheets, notes, delimiter = _sheets(data, filename)
    return [_table(sheet, notes, delimiter, mapped) for sheet in sheets]


def _sheets(data: bytes, filename: str | None) -> tuple[list[SheetRows], tuple[str, ...], str | None]:
    try:
        if data.startswith(_ZIP):
            return _filled(zipped_sheets(data)), (), None
        if data.startswith(_COMPOUND):
            return _filled(xls_sheets(data)), (), None
        for start, kind in _NO_SHEETS.items():
            if data.startswith(start):
                raise TableUnreadable(f"{filename or 'the file'} is {kind}; send CSV, XLSX, XLS or ODS")
        return _text_sheet(data)
    except (ArchiveRefused, NotText) as error:
        raise TableUnreadable(str(error)) from error


def _filled(sheets: list[SheetRows]) -> list[SheetRows]:
    if not sheets:
        raise TableUnreadable("the workbook has no visible sheet; show the sheet with the orders and save")
    return sheets


def _text_sheet(data: bytes) -> tuple[list[SheetRows], tuple[str, ...], str | None]:
    text, encoding = decode(data)
    if re.match(r"\s*(<\?xml|<!doctype|<html|<[A-Za-z][\w:]*[\s>]|\{\s*\"|\[\s*[\[{])", text[:200], re.IGNORECASE):
        raise TableUnreadable("the file is XML, HTML or JSON and no sheet; send CSV, XLSX, XLS or ODS")
    rows, delimiter = rows_of(text, score=known_names)
    widest = max((len(row) for row in rows), default=0)
    if len(rows) > MAX_ROWS or widest > MAX_COLUMNS * 20 or sum(map(len, rows)) > MAX_CELLS:
        raise NotText(too_large(len(rows), widest))
    return [SheetRows("", rows)], (f"encoding {encoding}",), delimiter


def _table(sheet: SheetRows, notes: tuple[str, ...], delimiter: str | None, mapped: frozenset[str]) -> Table:
    rows = [Row(number, _clean(cells)) for number, cells in enumerate(sheet.rows, start=1)]
    filled = [row for row in rows if any(row.cells)]
    head = _head(filled, mapped)
    if head is None:
        heads = _QUICK_ORDER if _is_quick_order(filled) else ()
        likeness = _score(list(heads), mapped)
        return Table(
            heads, tuple(filled), notes, delimiter=delimiter, name=sheet.name, likeness=likeness, hidden=sheet.hidden
        )
    at = filled.index(head)
    around = {row.number - head.number: row.cells for row in filled[max(at - 1, 0) : at + 2]}
    grouped = under_owners(head.cells, around[-1], mapped) if -1 in around else None
    parted = over_parts(head.cells, around[1]) if 1 in around and not grouped else None
    repeated = (head.cells, around[1] if parted else head.cells)
    return Table(
        headers=grouped or parted or head.cells,
        rows=tuple(row for row in filled[at + 1 :] if row.cells not in repeated),
        notes=notes,
        preamble=tuple(filled[: at - 1 if grouped else at]),
        delimiter=delimiter,
        header_row=head.number,
        name=sheet.name,
        likeness=_score(list(head.cells), mapped),
        repeats=tuple(row.number for row in filled[at + 1 :] if row.cells == head.cells),
        hidden=sheet.hidden,
    )


def _head(rows: Sequence[Row], mapped: frozenset[str]) -> Row | None:
    scored = [(_score(list(row.cells), mapped), row) for row in rows[:_HEAD_WITHIN_ROWS]]
    best = max((score for score, _ in scored), default=0)
    if best < 2 and not (best == 1 and scored and scored[0][0] == 1 and _is_one_column(rows[0])):
        return None
    return next(row for score, row in scored if score == best)


def _is_quick_order(rows: Sequence[Row]) -> bool:
    """Whether rows without a head are what dealers type: a code of goods, a quantity, perhaps a unit."""
    return len(rows) > 1 and all(
        1 < len([cell for cell in row.cells if cell]) <= 3
        and is_code(row.cell(0))
        and bool(_QUANTITY.fullmatch(row.cell(1)))
        and not any(sign.isdigit() for sign in row.cell(2))
        for row in rows
    )


def _is_one_column(row: Row) -> bool:
    names = [cell for cell in row.cells if cell]
    return len(names) == 1 and fields_of(names[0])[:1] == (("channel_order_id", fields_of(names[0])[0][1]),)


def _score(cells: list[str], mapped: frozenset[str]) -> int:
    own = sum(3 for cell in cells if cell and normal(cell) in mapped)
    return own + known_names(cells)


def _clean(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(_clean_cell(cell) for cell in cells)


def _clean_cell(cell: str) -> str:
    if isinstance(cell, Figure):
        return cell
    text = cell.strip().strip(_BLANKS).strip()
    excel = _EXCEL_TEXT.fullmatch(text)
    if excel:  # ="00123" is how exports keep leading zeros
        return excel[1].strip()
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1].isdigit() else text
