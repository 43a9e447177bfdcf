"""A mail's text as lines and tables of goods, whether it came as plain text or as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.mail.labels import column_of, field_of, section_of
from connectors.mail.limits import MAX_LINE_CHARS, MAX_TEXT_CHARS, MAX_TEXT_LINES


@dataclass(frozen=True, slots=True)
class TextLine:
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of goods: its rows from the heading on, cells with line ends inside; `torn` rows do not fit the heading."""

    rows: tuple[tuple[str, ...], ...]
    quoted: bool = False
    torn: tuple[str, ...] = ()


Block = TextLine | Grid


@dataclass(frozen=True, slots=True)
class Document:
    """What one text says, top to bottom; `markup` holds JSON-LD found in it, `cut` says that it was too long.

    `struck`: something was crossed out in it, which the plain text beside it cannot show.
    """

    blocks: tuple[Block, ...] = ()
    markup: tuple[str, ...] = ()
    cut: bool = False
    struck: bool = False

    def lines(self) -> list[str]:
        """Every line of text, tables left out."""
        return [block.text for block in self.blocks if isinstance(block, TextLine)]

    def grids(self) -> list[Grid]:
        return [block for block in self.blocks if isinstance(block, Grid)]

    def text(self) -> str:
        """All of it as plain text, for judging what kind of mail it is."""
        return "\n".join(
            block.text if isinstance(block, TextLine) else "\n".join("\t".join(row) for row in block.rows)
            for block in self.blocks
        )


def from_plain(text: str) -> Document:
    """Read plain text; `>` at the beginning of a line marks it as quoted."""
    lines = text[:MAX_TEXT_CHARS].split("\n", MAX_TEXT_LINES)
    cut = len(lines) > MAX_TEXT_LINES or len(text) > MAX_TEXT_CHARS
    return Document(tuple(_plain_line(line) for line in lines[:MAX_TEXT_LINES]), cut=cut)


def _plain_line(line: str) -> TextLine:
    text = line[:MAX_LINE_CHARS].rstrip()
    stripped = text.lstrip(" ")
    if not stripped.startswith(">"):
        return TextLine(text)
    while stripped.startswith(">"):
        stripped = stripped[1:].lstrip(" ")
    return TextLine(stripped, quoted=True)


def columns(row: Sequence[str]) -> dict[int, str]:
    """The columns that a row of headings names; empty where it is no heading of a table of goods."""
    named = {index: key for index, cell in enumerate(row) if (key := column_of(cell.replace("\n", " ")))}
    keys = set(named.values())
    goods = keys & {"sku", "item", "name"}
    counted = "qty" in keys and (goods or keys & {"price", "total"})
    priced = goods and keys & {"price", "total"} and len(keys) >= 3
    return named if (counted or priced) and len(named) * 2 >= sum(bool(cell.strip()) for cell in row) else {}


def heading_row(rows: Sequence[Sequence[str]]) -> int | None:
    """Which of the first rows is the heading of a table of goods."""
    return next((index for index, row in enumerate(rows[:12]) if len(row) >= 2 and columns(row)), None)


def table_blocks(rows: Iterable[Sequence[str]], *, quoted: bool) -> list[Block]:
    """A table of goods as a Grid with what stands above it as lines; any other table as lines."""
    kept = [tuple(row) for row in rows if any(cell.strip() for cell in row)]
    heading = heading_row(kept)
    if heading is None:
        return [TextLine(line, quoted) for line in flattened(kept)]
    above = [TextLine(line, quoted) for line in flattened(kept[:heading])]
    return [*above, Grid(tuple(kept[heading:]), quoted)]


def flattened(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table that holds no goods as lines: columns of address blocks one after another, pairs as `label: value`."""
    if _side_by_side(rows):
        return _column_wise(rows)
    lines: list[str] = []
    for row in rows:
        lines += _row_lines([cell.strip() for cell in row if cell.strip()])
    return lines


def _side_by_side(rows: Sequence[Sequence[str]]) -> bool:
    filled = [[cell for cell in row if cell.strip()] for row in rows]
    if not filled or max(len(row) for row in filled) < 2:
        return False
    headed = len(filled[0]) >= 2 and all(section_of(cell.split("\n")[0]) for cell in filled[0])
    blocks = [cell for row in filled for cell in row if cell.strip().count("\n") >= 2]
    return headed or (len(blocks) >= 2 and len(rows) <= 4)


def _column_wise(rows: Sequence[Sequence[str]]) -> list[str]:
    lines: list[str] = []
    for column in range(max(len(row) for row in rows)):
        cells = [row[column] for row in rows if column < len(row) and row[column].strip()]
        lines += ["", *(line.strip() for cell in cells for line in cell.split("\n"))]
    return [*lines, ""]


def _row_lines(cells: list[str]) -> list[str]:
    if len(cells) == 1:
        return cells[0].split("\n")
    if len(cells) % 2 == 0 and all(_is_label(cell) for cell in cells[::2]):
        pairs = zip(cells[::2], cells[1::2], strict=True)
        return [line for label, value in pairs for line in f"{label.rstrip(':： ')}: {value}".split("\n")]
    return "\t".join(cell.replace("\n", " ") for cell in cells).split("\n")


def _is_label(cell: str) -> bool:
    return bool(field_of(cell) or section_of(cell))
