"""The pick list: stops in walking order, a barcode for each bin and SKU, room for gloves and pencils (F-2).

It states the walk's length, the shortest possible and what the usual S-shape would walk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from oms.documents import parts, sheet
from oms.documents.barcodes import symbol_for
from oms.documents.pen import BLACK, BODY_WIDTH_MM, GREY, MARGIN_MM, PALE, WHITE, Pen
from oms.documents.sheet import Block, Sheet
from oms.documents.text import instant, metres, quantity, shortened, wrapped
from oms.documents.words import tag_of, words_of

# Where the columns stand, in mm from the left margin.
_BIN, _GOODS, _CODE, _QTY, _TICK = 11.0, 66.0, 115.0, 157.0, 178.0
_ROW_MM = 17.4
_TICK_MM = 9.5


@dataclass(frozen=True, slots=True)
class PickLine:
    """Take `qty` of `sku` from `bin`. `barcode` is what stands on the goods (the SKU where empty)."""

    stop: int
    bin: str
    sku: str
    name: str
    qty: Decimal
    unit: str
    order_number: str
    barcode: str = ""
    tote: str = ""


@dataclass(frozen=True, slots=True)
class PickListDocument:
    """One wave's walk. Lengths in mm; `optimum_mm` None where no bound is known. Instants print in `zone`."""

    number: str
    warehouse: str
    carrier: str
    cut_off_at: datetime
    lines: tuple[PickLine, ...]
    length_mm: int
    optimum_mm: int | None
    s_shape_mm: int | None
    printed_at: datetime
    picker: str = ""
    zone: tzinfo = UTC


def render(document: PickListDocument, *, language: str) -> bytes:
    """Return the list as an A4 PDF; the same list gives the same bytes."""
    words = words_of(language)
    head = _table_head(words)
    blocks = [_row(line, head, words, last_of_bin=last) for line, last in _with_bin_ends(document.lines)]
    blocks += [sheet.space(4), _shorts(words), _signatures(words)]
    return sheet.render(
        Sheet(
            title=f"{words['pick_list']} {document.number}",
            first_head=_first_head(document, language),
            later_head=parts.running_head(words["pick_list"], document.number),
            foot=f"{document.number} · {document.warehouse}",
            page_words=words["page"],
        ),
        blocks,
    )


def _with_bin_ends(lines: tuple[PickLine, ...]) -> list[tuple[PickLine, bool]]:
    return [(line, number + 1 == len(lines) or lines[number + 1].bin != line.bin) for number, line in enumerate(lines)]


def _first_head(document: PickListDocument, language: str) -> Block:
    words, tag = words_of(language), tag_of(language)
    title = parts.title_head(words["pick_list"], document.number)
    facts = parts.facts(
        [
            (words["warehouse"], document.warehouse),
            (words["carrier"], document.carrier),
            (words["printed"], instant(document.printed_at, document.zone, tag)),
            (words["picker"], document.picker or "—"),
        ]
    )
    walk = route_text(document, language)

    def draw(pen: Pen, top: float) -> None:
        title.draw(pen, top)
        _draw_cut_off(pen, top + title.height_mm, document, language)
        facts.draw(pen, top + title.height_mm + 12)
        strip = top + title.height_mm + 12 + facts.height_mm
        pen.box(MARGIN_MM, strip, BODY_WIDTH_MM, 7, fill=PALE)
        pen.text(MARGIN_MM + 2, strip + 4.9, shortened(walk, BODY_WIDTH_MM - 4, 10), 10)

    return Block(title.height_mm + 12 + facts.height_mm + 9, draw)


def _draw_cut_off(pen: Pen, top: float, document: PickListDocument, language: str) -> None:
    """The one time that matters, white on black, and how much there is to do."""
    words, tag = words_of(language), tag_of(language)
    pen.box(MARGIN_MM, top, BODY_WIDTH_MM, 10, fill=BLACK)
    cut_off = f"{words['cut_off']}  {instant(document.cut_off_at, document.zone, tag)}"
    pen.text(MARGIN_MM + 3, top + 6.9, shortened(cut_off, 112, 14), 14, bold=True, ink=WHITE)
    counts = (
        (words["lines"], str(len(document.lines))),
        (words["pieces"], quantity(sum((line.qty for line in document.lines), Decimal(0)))),
        (words["orders"], str(len({line.order_number for line in document.lines}))),
    )
    text = "    ".join(f"{label} {count}" for label, count in counts)
    pen.text(parts.RIGHT_MM - 3, top + 6.6, shortened(text, 72, 11), 11, align="right", ink=WHITE)


def route_text(document: PickListDocument, language: str) -> str:
    """One line about the walk: its length, the shortest possible (or that none is known), the S-shape's."""
    words = words_of(language)
    said = [f"{words['walk']} {metres(document.length_mm)}"]
    if document.optimum_mm is None:
        said.append(words["no_bound"])
    elif document.optimum_mm == document.length_mm:
        said.append(words["proved"])
    else:
        said.append(f"{words['optimum']} {metres(document.optimum_mm)}")
        over = Decimal(document.length_mm - document.optimum_mm) / max(document.optimum_mm, 1)
        said.append(words["above_optimum"].format(percent=f"{over:.1%}"))
    if document.s_shape_mm:
        saved = 1 - Decimal(document.length_mm) / document.s_shape_mm
        said.append(
            f"{words['s_shape']} {metres(document.s_shape_mm)} ({words['saved'].format(percent=f'{saved:.0%}')})"
        )
    return "   ·   ".join(said)


def _table_head(words: Mapping[str, str]) -> Block:
    def draw(pen: Pen, top: float) -> None:
        y = top + 4.4
        pen.text(MARGIN_MM + 0.5, y, words["stop"], 8.5, bold=True)
        pen.text(MARGIN_MM + _BIN, y, words["bin"], 8.5, bold=True)
        pen.text(MARGIN_MM + _GOODS, y, words["goods"], 8.5, bold=True)
        pen.text(MARGIN_MM + (_QTY + _TICK) / 2, y, words["qty"], 8.5, bold=True, align="centre")
        pen.text(MARGIN_MM + BODY_WIDTH_MM - _TICK_MM / 2 - 0.5, y, words["done"], 8.5, bold=True, align="centre")
        pen.rule(MARGIN_MM, top + 6, parts.RIGHT_MM, top + 6, width_pt=1.4)

    return Block(6, draw)


def _row(line: PickLine, head: Block, words: Mapping[str, str], *, last_of_bin: bool) -> Block:
    bin_code, goods_code = symbol_for(line.bin), symbol_for(line.barcode or line.sku)
    name = wrapped(line.name, _CODE - _GOODS - 2, 9, 2)

    def draw(pen: Pen, top: float) -> None:
        left = MARGIN_MM
        pen.text(left + 0.5, top + 6.6, str(line.stop), 15, bold=True)
        pen.text(left + _BIN, top + 6.6, shortened(line.bin, _GOODS - _BIN - 3, 17), 17, bold=True)
        pen.code(left + _BIN, top + 8.3, bin_code, width_mm=_GOODS - _BIN - 6, height_mm=7.6)
        pen.text(left + _GOODS, top + 4.5, shortened(line.sku, _CODE - _GOODS - 1, 11), 11, bold=True)
        below = pen.lines(left + _GOODS, top + 5.1, name, 9)
        pen.text(left + _GOODS, below + 2.9, _order_text(line, words), 8.5)
        pen.code(left + _CODE + 3, top + 2.2, goods_code, width_mm=_QTY - _CODE - 6, height_mm=9.2)
        pen.text(
            left + _CODE + 3, top + 14.6, shortened(line.barcode or line.sku, _QTY - _CODE - 5, 7.5), 7.5, ink=GREY
        )
        _draw_qty(pen, left + (_QTY + _TICK) / 2, top, line)
        pen.box(left + BODY_WIDTH_MM - _TICK_MM - 0.5, top + 4, _TICK_MM, _TICK_MM, line_pt=1.6)
        pen.rule(left, top + _ROW_MM, parts.RIGHT_MM, top + _ROW_MM, width_pt=0.9 if last_of_bin else 0.25)

    return Block(_ROW_MM, draw, head=head)


def _order_text(line: PickLine, words: Mapping[str, str]) -> str:
    tote = f"{words['tote']} {line.tote}  " if line.tote else ""
    return shortened(f"{tote}{line.order_number}", _CODE - _GOODS - 2, 8.5)


def _draw_qty(pen: Pen, centre: float, top: float, line: PickLine) -> None:
    """One piece in plain large type; more than one inverted, so that nobody takes one of three."""
    several = line.qty != 1
    if several:
        pen.box(centre - 9.5, top + 2, 19, 9.6, fill=BLACK)
    text = quantity(line.qty)
    size = 20 if len(text) <= 3 else 20 * 3.4 / len(text)
    pen.text(centre, top + 9.3, text, size, bold=True, align="centre", ink=WHITE if several else BLACK)
    pen.text(centre, top + 15.2, shortened(line.unit, 19, 9), 9, align="centre")


def _shorts(words: Mapping[str, str]) -> Block:
    def draw(pen: Pen, top: float) -> None:
        pen.text(MARGIN_MM, top + 3.6, words["shorts"], 9, bold=True)
        for number in range(2):
            y = top + 11 + number * 8
            pen.rule(MARGIN_MM, y, parts.RIGHT_MM, y, width_pt=0.4)

    return Block(24, draw)


def _signatures(words: Mapping[str, str]) -> Block:
    fields = (words["signature"], words["time"])
    return parts.signatures([(words["picked_by"], fields), (words["checked_by"], fields)])
