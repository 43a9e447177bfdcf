"""Lays blocks on A4 pages: heads repeated, page x of y, nothing cut in two; equal input gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from oms.documents.pen import GREY, MARGIN_MM, PAGE_HEIGHT_MM, PAGE_WIDTH_MM, Pen

FOOT_MM = 8.0
# Text encoding of the compressed pages would double the time of a list and make it a quarter larger.
rl_config.useA85 = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Something that stays in one piece: its height, and how to draw it from a given y. `head` (of a table)
    is drawn above it where it comes first on a page."""

    height_mm: float
    draw: Callable[[Pen, float], None]
    head: Block | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper: the head of the first page, the shorter one of those that follow, the footer's text."""

    title: str
    first_head: Block
    later_head: Block
    foot: str
    page_words: str


def space(height_mm: float) -> Block:
    return Block(height_mm, lambda pen, top: None)


def render(sheet: Sheet, blocks: Sequence[Block]) -> bytes:
    """Return the PDF. The same sheet and blocks give the same bytes, so a paper printed twice is stored once."""
    pages = paginate(sheet, blocks)
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=A4, invariant=True, pageCompression=1)
    canvas.setTitle(sheet.title)
    canvas.setCreator("oms")
    for number, page in enumerate(pages, start=1):
        pen = Pen(canvas)
        top = MARGIN_MM
        for block in page:
            block.draw(pen, top)
            top += block.height_mm
        _draw_foot(pen, sheet, number, len(pages))
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def paginate(sheet: Sheet, blocks: Sequence[Block]) -> list[list[Block]]:
    """Distribute blocks over pages, each opened by its head and, inside a table, by the table's."""
    room = PAGE_HEIGHT_MM - 2 * MARGIN_MM - FOOT_MM
    pages = [[sheet.first_head]]
    used = sheet.first_head.height_mm
    for block in blocks:
        wanted = _with_table_head(pages[-1], block)
        if used + sum(part.height_mm for part in wanted) > room and len(pages[-1]) > 1:
            pages.append([sheet.later_head])
            used = sheet.later_head.height_mm
            wanted = _with_table_head(pages[-1], block)
        pages[-1] += wanted
        used += sum(part.height_mm for part in wanted)
    return pages


def _with_table_head(page: Sequence[Block], block: Block) -> list[Block]:
    if block.head is None or page[-1].head is block.head:
        return [block]
    return [block.head, block]


def _draw_foot(pen: Pen, sheet: Sheet, number: int, pages: int) -> None:
    y = PAGE_HEIGHT_MM - MARGIN_MM
    pen.rule(MARGIN_MM, y - 4.5, PAGE_WIDTH_MM - MARGIN_MM, y - 4.5, width_pt=0.3)
    pen.text(MARGIN_MM, y - 0.8, sheet.foot, 7.5, ink=GREY)
    label = sheet.page_words.format(page=number, pages=pages)
    pen.text(PAGE_WIDTH_MM - MARGIN_MM, y - 0.8, label, 8.5, bold=True, align="right")
