"""The packing slip that travels in a parcel: what is in it, what was ordered, what follows (F-3). No prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from oms.documents import parts, sheet
from oms.documents.barcodes import qr
from oms.documents.parts import Column
from oms.documents.pen import BODY_WIDTH_MM, GREY, MARGIN_MM, Pen
from oms.documents.sheet import Block, Sheet
from oms.documents.text import day, instant, kilograms, quantity, wrapped
from oms.documents.words import tag_of, words_of

_QR_MM = 26.0


@dataclass(frozen=True, slots=True)
class PackedLine:
    """`qty` pieces in this parcel, of `ordered` in the order; `to_follow` is what another parcel brings."""

    sku: str
    name: str
    qty: Decimal
    unit: str
    ordered: Decimal
    to_follow: Decimal = Decimal(0)
    note: str = ""


@dataclass(frozen=True, slots=True)
class PackingSlipDocument:
    """One parcel. Addresses are printed line by line as given; `returns_url` empty prints no code."""

    number: str
    order_number: str
    ordered_on: date
    sender: tuple[str, ...]
    ship_to: tuple[str, ...]
    lines: tuple[PackedLine, ...]
    packed_at: datetime
    packed_by: str
    carrier: str = ""
    waybill: str = ""
    channel_number: str = ""
    parcel: int = 1
    parcels: int = 1
    weight_g: int | None = None
    message: str = ""
    returns_text: str = ""
    returns_url: str = ""
    zone: tzinfo = UTC


def render(document: PackingSlipDocument, *, language: str) -> bytes:
    """Return the slip as an A4 PDF; the same slip gives the same bytes."""
    words = words_of(language)
    blocks = parts.table(
        (
            Column("sku", 38, bold=True),
            Column("goods", 84),
            Column("ordered", 20, align="right", whole=True),
            Column("in_parcel", 28, align="right", size_pt=11, bold=True, whole=True),
            Column("to_follow", 20, align="right", whole=True),
        ),
        [words[word] for word in ("sku", "goods", "ordered", "in_parcel", "to_follow")],
        [_cells(line) for line in document.lines],
    )
    blocks += _remarks(document, language)
    return sheet.render(
        Sheet(
            title=f"{words['packing_slip']} {document.number}",
            first_head=_first_head(document, language),
            later_head=parts.running_head(words["packing_slip"], document.order_number),
            foot=f"{words['packing_slip']} {document.number} · {words['order']} {document.order_number}",
            page_words=words["page"],
        ),
        blocks,
    )


def _cells(line: PackedLine) -> tuple[str, ...]:
    name = f"{line.name}\n{line.note}" if line.note else line.name
    follows = quantity(line.to_follow) if line.to_follow else "–"
    return line.sku, name, quantity(line.ordered), f"{quantity(line.qty)} {line.unit}", follows


def _first_head(document: PackingSlipDocument, language: str) -> Block:
    words, tag = words_of(language), tag_of(language)
    title = parts.title_head(words["packing_slip"], document.order_number)
    addresses = parts.addresses(((words["sender"], document.sender), (words["ship_to"], document.ship_to)))
    weight = kilograms(document.weight_g) if document.weight_g is not None else ""
    facts = parts.facts(
        [
            pair
            for pair in (
                (words["channel_number"], document.channel_number),
                (words["order_date"], day(document.ordered_on, tag)),
                (words["parcel"], words["parcel_of"].format(number=document.parcel, count=document.parcels)),
                (words["weight"], weight),
                (words["carrier"], document.carrier),
                (words["waybill"], document.waybill),
                (words["packed_by"], document.packed_by),
                (words["printed"], instant(document.packed_at, document.zone, tag)),
            )
            if pair[1]
        ]
    )
    return parts.stacked((title, sheet.space(2), addresses, facts, sheet.space(2)))


def _remarks(document: PackingSlipDocument, language: str) -> list[Block]:
    words = words_of(language)
    blocks: list[Block] = []
    if document.message:
        blocks += [sheet.space(3), parts.heading(words["message"]), *parts.paragraph(document.message, ink=0)]
    if document.returns_url:
        blocks += [sheet.space(4), _returns(document, language)]
    elif document.returns_text:
        blocks += [sheet.space(3), parts.heading(words["returns"]), *parts.paragraph(document.returns_text)]
    return blocks


def _returns(document: PackingSlipDocument, language: str) -> Block:
    """Where to turn to, with a code for the phone."""
    words = words_of(language)
    symbol = qr(document.returns_url)
    text = (*wrapped(document.returns_text, BODY_WIDTH_MM - _QR_MM - 10, 9, 5),)
    link = wrapped(document.returns_url, BODY_WIDTH_MM - _QR_MM - 10, 8, 2)

    def draw(pen: Pen, top: float) -> None:
        x = MARGIN_MM + _QR_MM + 8
        pen.code(MARGIN_MM + 3, top + 2, symbol, width_mm=_QR_MM, height_mm=_QR_MM)
        pen.text(x, top + 5, words["returns"], 10.5, bold=True)
        below = pen.lines(x, top + 7, text, 9)
        pen.lines(x, below + 1, link, 8, ink=GREY)

    return Block(_QR_MM + 4, draw)
