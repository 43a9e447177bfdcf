"""Tables of goods set in plain text by tabs, pipes, wide gaps, commas or single spaces."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from connectors.mail.document import Grid, columns
from connectors.mail.items import bare_code, is_code
from connectors.mail.pairs import heading_of, pairs_of
from connectors.mail.tables import MAX_ROWS, RULE, read_grid, sum_field


def grids_in(lines: Sequence[str]) -> Iterator[tuple[Sequence[int], Grid]]:
    """Tables set in plain text by tabs, pipes, wide gaps or commas, with the lines that they are made of."""
    at = 0
    while at < len(lines):
        split = _heading_split(lines[at])
        if split is None:
            at += 1
            continue
        rows, torn, covered = _rows(lines, at, split)
        if len(rows) > 1 or torn:
            yield covered, Grid(tuple(rows), torn=tuple(torn))
        at = covered[-1] + 1


_SPLITS = (
    re.compile(r"\s*\|\s*"),
    re.compile(r"\t+"),
    re.compile(r"\s{2,}"),
    re.compile(r"\s*;\s*"),
    re.compile(r"\s*,\s*"),
    re.compile(r"\s+"),
)
#: What may stand in quotation marks, as spreadsheets write a cell that holds the separator.
_QUOTED = {_SPLITS[3]: ";", _SPLITS[4]: ","}
#: How far below its last row a table may go on, with how many lines of how few letters between.
_FURTHER, _WORDS_BETWEEN, _SHORT = 8, 2, 60
_AMOUNT = re.compile(r"[^\w\s]{0,2}\d[\d.,]*[^\w\s]{0,2}", re.ASCII)


def _heading_split(line: str) -> re.Pattern[str] | None:
    """The separator by which a line is the heading of a table of goods."""
    if len(line) > 300 or len(line.strip()) < 5:
        return None
    for split in _SPLITS:
        cells = _cells(line, split)
        named = columns(cells) if 2 <= len(cells) <= 20 else {}
        if len(named) >= 2 and (split is not _SPLITS[-1] or len(named) == len(cells) >= 3):
            return split
    return None


def _cells(line: str, split: re.Pattern[str]) -> list[str]:
    text = line.strip().strip("|").strip() if "|" in split.pattern else line.strip()
    if split in _QUOTED and '"' in text:
        return _unquoted(text, _QUOTED[split])
    return split.split(text)


def _unquoted(text: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=separator, skipinitialspace=True))]
    except (csv.Error, StopIteration):
        return text.split(separator)


def _rows(
    lines: Sequence[str], heading: int, split: re.Pattern[str]
) -> tuple[list[tuple[str, ...]], list[str], list[int]]:
    """The rows below a heading, those that do not fit it, and the lines that both stand in."""
    head = tuple(_cells(lines[heading], split))
    rows: list[tuple[str, ...]] = [head]
    torn: list[str] = []
    covered = [heading]
    at = heading + 1
    while at < len(lines) and len(covered) <= MAX_ROWS + 1:
        line = lines[at]
        if not line.strip() and len(rows) == 1 and lines[at - 1].strip():
            at += 1  # a line left free below the heading
            continue
        row = _row(line, split, head, lines[heading])
        if line.strip() and RULE.fullmatch(line):
            pass
        elif row is not None:
            rows.append(row)
        elif _is_torn(_cells(line, split)):
            torn.append(line)
        else:
            below = _further(lines, at, split, lines[heading])
            if below is None:
                break
            at = below
            continue
        covered.append(at)
        at += 1
    return rows, torn, covered


def _further(lines: Sequence[str], at: int, split: re.Pattern[str], heading_line: str) -> int | None:
    """Where the table goes on below a blank line, or below few words such as "Accessories"; None where it does not."""
    head = tuple(_cells(heading_line, split))
    words = 0
    for below in range(at, min(at + _FURTHER, len(lines))):
        line = lines[below].strip()
        if not line:
            continue
        row = _row(line, split, head, heading_line)
        if row is not None and _names_goods(head, row, surely=words > 0):
            return below
        words += 1
        if words > _WORDS_BETWEEN or len(line) > _SHORT or list(pairs_of(line)) or list(heading_of(line)):
            return None
    return None


def _names_goods(head: tuple[str, ...], row: tuple[str, ...], *, surely: bool) -> bool:
    """Whether a row that stands apart is one of goods: a code and a number that can be read; surely with a price, too."""
    items = read_grid(Grid((head, row))).items if len(row) == len(head) else []
    item = items[0] if items else None
    if item is None or item.qty is None or item.qty_fault is not None or (item.sku is None and item.price is None):
        return False
    code = item.sku.value if item.sku else ""
    return item.price is not None or bool(bare_code(code)) or (is_code(code) and not surely)


def _is_torn(cells: Sequence[str]) -> bool:
    """Whether a line that does not fit the heading names goods all the same: by a code near its begin, and numbers."""
    coded = any(is_code(cell) and bare_code(cell) for cell in cells[:3])
    return coded and any(map(_AMOUNT.fullmatch, cells[1:]))


def _row(line: str, split: re.Pattern[str], head: tuple[str, ...], heading_line: str) -> tuple[str, ...] | None:
    if "|" in split.pattern:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        return tuple(cells) if len(cells) >= 2 or sum_field(cells[0].split(":")[0]) else None
    cells = _cells(line, split)
    if split is _SPLITS[1] and "\t\t" not in heading_line.strip() and 1 < len(line.split("\t")) <= len(head):
        return tuple(cell.strip() for cell in line.split("\t"))  # a cell left empty keeps its place
    if len(cells) == len(head):
        return tuple(cells)
    if len(cells) > len(head) and split is _SPLITS[-1]:
        return _name_joined(cells, head)
    if 2 <= len(cells) < len(head):
        return _by_place(line, heading_line, head) if split is _SPLITS[2] else tuple(cells)
    return None


def _name_joined(cells: list[str], head: tuple[str, ...]) -> tuple[str, ...] | None:
    """Words of a name that stand apart by one space, as the columns do, joined again."""
    keys = columns(head)
    place = next((index for index, key in keys.items() if key in ("name", "item")), None)
    if place is None:
        return None
    extra = len(cells) - len(head)
    return (*cells[:place], " ".join(cells[place : place + extra + 1]), *cells[place + extra + 1 :])


def _by_place(line: str, heading_line: str, head: tuple[str, ...]) -> tuple[str, ...]:
    """Cells put under the heading that they stand below, for rows that leave a column empty."""
    starts = []
    at = 0
    for cell in head:
        at = heading_line.find(cell, at)
        starts.append(at)
        at += len(cell)
    row = [""] * len(head)
    for match in re.finditer(r"\S+(?:\s\S+)*", line):
        middle = (match.start() + match.end()) / 2
        nearest = min(range(len(head)), key=lambda index: abs(starts[index] + len(head[index]) / 2 - middle))
        row[nearest] = f"{row[nearest]} {match[0]}".strip()
    return tuple(row)
