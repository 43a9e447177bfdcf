"""Parts that several papers share: the head with its barcode, facts in columns, tables, signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.documents.barcodes import symbol_for
from oms.documents.pen import BODY_WIDTH_MM, GREY, MARGIN_MM, PAGE_WIDTH_MM, PALE, Align, Pen, line_mm
from oms.documents.sheet import Block
from oms.documents.text import fitted, shortened, wrapped

RIGHT_MM = PAGE_WIDTH_MM - MARGIN_MM
CODE_WIDTH_MM = 70.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `most_lines` is where a long text is cut.

    `whole`: its words are numbers, which are printed smaller where they are too wide and never over two lines.
    """

    word: str
    width_mm: float
    align: Align = "left"
    size_pt: float = 9
    most_lines: int = 4
    bold: bool = False
    whole: bool = False

    def size_of(self, text: str) -> float:
        """The size in which a cell is printed."""
        sizes = [fitted(word, self.width_mm - 2, self.size_pt) for word in text.split()] if self.whole else []
        return min(sizes, default=self.size_pt)


def title_head(title: str, number: str, subtitle: str = "") -> Block:
    """The head of the first page: title, number in large type, and its barcode at the right."""
    symbol = symbol_for(number)

    def draw(pen: Pen, top: float) -> None:
        room = BODY_WIDTH_MM - CODE_WIDTH_MM - 5
        pen.text(MARGIN_MM, top + 7.5, shortened(title, room, 22), 22, bold=True)
        pen.text(MARGIN_MM, top + 15, shortened(number, room, 15), 15)
        if subtitle:
            pen.text(MARGIN_MM, top + 20, shortened(subtitle, room, 9.5), 9.5, ink=GREY)
        pen.code(RIGHT_MM, top + 1, symbol, width_mm=CODE_WIDTH_MM, height_mm=14, align="right")

    return Block(24 if subtitle else 19, draw)


def running_head(title: str, number: str) -> Block:
    """The head of later pages."""
    symbol = symbol_for(number)

    def draw(pen: Pen, top: float) -> None:
        pen.text(
            MARGIN_MM, top + 5, shortened(f"{title}  {number}", BODY_WIDTH_MM - CODE_WIDTH_MM - 5, 13), 13, bold=True
        )
        pen.code(RIGHT_MM, top, symbol, width_mm=CODE_WIDTH_MM, height_mm=8, align="right")

    return Block(11, draw)


def facts(pairs: Sequence[tuple[str, str]], columns: int = 4) -> Block:
    """Labels above values, in columns of equal width; long values wrap to two lines."""
    width = BODY_WIDTH_MM / columns
    cells = [(label, wrapped(value, width - 3, 10.5, 2)) for label, value in pairs]
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    heights = [4.2 + line_mm(10.5) * max(len(lines) for _, lines in row) + 1.2 for row in rows]

    def draw(pen: Pen, top: float) -> None:
        for row, height in zip(rows, heights, strict=True):
            for number, (label, lines) in enumerate(row):
                x = MARGIN_MM + number * width
                pen.text(x, top + 3, shortened(label, width - 3, 7.5), 7.5, ink=GREY)
                pen.lines(x, top + 3.8, lines, 10.5)
            top += height

    return Block(sum(heights) + 1, draw)


def addresses(parties: Sequence[tuple[str, Sequence[str]]]) -> Block:
    """Addresses side by side, each under its label; long lines wrap."""
    width = BODY_WIDTH_MM / len(parties)
    cells = [
        (label, [line for given in lines if given for line in wrapped(given, width - 4, 9.5, 3)])
        for label, lines in parties
    ]
    height = 5 + line_mm(9.5) * max(len(lines) for _, lines in cells) + 3

    def draw(pen: Pen, top: float) -> None:
        for number, (label, lines) in enumerate(cells):
            x = MARGIN_MM + number * width
            pen.text(x, top + 3, label, 8, bold=True, ink=GREY)
            pen.rule(x, top + 4.2, x + width - 4, top + 4.2, width_pt=0.4)
            pen.lines(x, top + 5, lines, 9.5)

    return Block(height, draw)


def stacked(blocks: Sequence[Block]) -> Block:
    """Several blocks that stay together."""

    def draw(pen: Pen, top: float) -> None:
        for block in blocks:
            block.draw(pen, top)
            top += block.height_mm

    return Block(sum(block.height_mm for block in blocks), draw)


def table(columns: Sequence[Column], words: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Block]:
    """Rows under a head that is repeated on each page; `words` are the head's texts, one for each column."""
    head = _table_head(columns, words)
    return [_table_row(columns, row, head) for row in rows]


def _table_head(columns: Sequence[Column], words: Sequence[str]) -> Block:
    lines = [wrapped(word, column.width_mm - 2, 8, 2) for column, word in zip(columns, words, strict=True)]
    height = 2.2 + line_mm(8) * max(len(cell) for cell in lines)

    def draw(pen: Pen, top: float) -> None:
        pen.box(MARGIN_MM, top, BODY_WIDTH_MM, height, fill=PALE)
        _draw_cells(pen, columns, [(cell, 8.0, True) for cell in lines], top + 1)
        pen.rule(MARGIN_MM, top + height, RIGHT_MM, top + height, width_pt=1)

    return Block(height, draw)


def _table_row(columns: Sequence[Column], row: Sequence[str], head: Block) -> Block:
    cells = [
        (wrapped(text, column.width_mm - 2, size := column.size_of(text), column.most_lines), size, column.bold)
        for column, text in zip(columns, row, strict=True)
    ]
    height = max(line_mm(size) * len(lines) for lines, size, _ in cells) + 2.6

    def draw(pen: Pen, top: float) -> None:
        _draw_cells(pen, columns, cells, top + 1.2)
        pen.rule(MARGIN_MM, top + height, RIGHT_MM, top + height, width_pt=0.4)

    return Block(height, draw, head=head)


def _draw_cells(
    pen: Pen, columns: Sequence[Column], cells: Sequence[tuple[Sequence[str], float, bool]], top: float
) -> None:
    x = MARGIN_MM
    for column, (lines, size, bold) in zip(columns, cells, strict=True):
        at = {"left": x + 1, "right": x + column.width_mm - 1, "centre": x + column.width_mm / 2}[column.align]
        for number, line in enumerate(lines):
            pen.text(at, top + line_mm(size) * (number + 0.78), line, size, bold=bold, align=column.align)
        x += column.width_mm


def paragraph(text: str, size_pt: float = 9, *, ink: float = GREY) -> list[Block]:
    """Running text, each line a block of its own, so that it may run over pages."""
    return [_text_line(line, size_pt, ink) for line in wrapped(text, BODY_WIDTH_MM, size_pt, 400)]


def _text_line(line: str, size_pt: float, ink: float) -> Block:
    height = line_mm(size_pt)
    return Block(height, lambda pen, top: pen.text(MARGIN_MM, top + height * 0.78, line, size_pt, ink=ink))


def heading(text: str) -> Block:
    """A heading above a paragraph."""
    return Block(7, lambda pen, top: pen.text(MARGIN_MM, top + 4.8, text, 10.5, bold=True))


def signatures(parties: Sequence[tuple[str, Sequence[str | tuple[str, str]]]]) -> Block:
    """Fields to fill in by hand, one box for each party: its title and its fields, those that are known with their value."""
    width = (BODY_WIDTH_MM - 4 * (len(parties) - 1)) / len(parties)
    height = 9 + 10.5 * max(len(fields) for _, fields in parties)

    def draw(pen: Pen, top: float) -> None:
        for number, (title, fields) in enumerate(parties):
            x = MARGIN_MM + number * (width + 4)
            pen.box(x, top, width, height, line_pt=0.8)
            pen.text(x + 2.5, top + 5.2, shortened(title, width - 5, 10), 10, bold=True)
            for line, field in enumerate(fields, start=1):
                y, room = top + 5.5 + line * 10.5, width - 37
                label, value = field if isinstance(field, tuple) else (field, "")
                small = fitted(label, 30, 8)
                pen.text(x + 2.5, y, shortened(label, 30, small), small, ink=GREY)
                size = fitted(value, room, 11)
                pen.text(x + 34, y - 0.4, shortened(value, room, size), size)
                pen.rule(x + 33, y + 0.6, x + width - 3, y + 0.6, width_pt=0.5)

    return Block(height + 3, draw)
