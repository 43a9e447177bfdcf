"""The hand-over list (揽收交接单): the parcels that a carrier takes, each with its waybill as barcode; both sign (F-4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from oms.documents import parts, sheet
from oms.documents.barcodes import symbol_for
from oms.documents.pen import BODY_WIDTH_MM, MARGIN_MM, PALE, Pen
from oms.documents.sheet import Block, Sheet
from oms.documents.text import instant, kilograms, shortened
from oms.documents.words import tag_of, words_of

# Where the columns stand, in mm from the left margin.
_CODE, _WAYBILL, _ORDER, _PLACE, _TICK = 11.0, 66.0, 112.0, 144.0, 181.0
_ROW_MM = 12.0
_TICK_MM = 7.0


@dataclass(frozen=True, slots=True)
class HandedOverParcel:
    """One parcel; `destination` is the region or city, never the name or street."""

    waybill: str
    parcel_number: str
    order_number: str
    destination: str
    weight_g: int


@dataclass(frozen=True, slots=True)
class CarrierParcels:
    carrier: str
    parcels: tuple[HandedOverParcel, ...]
    service: str = ""


@dataclass(frozen=True, slots=True)
class HandOverListDocument:
    """Parcels by carrier. Signers' names are printed where they are known, else left to fill in by hand."""

    number: str
    warehouse: str
    opened_at: datetime
    carriers: tuple[CarrierParcels, ...]
    our_signer: str = ""
    carrier_signer: str = ""
    zone: tzinfo = UTC


def render(document: HandOverListDocument, *, language: str) -> bytes:
    """Return the list as an A4 PDF; the same list gives the same bytes."""
    words, tag = words_of(language), tag_of(language)
    blocks: list[Block] = []
    for group in document.carriers:
        blocks += _group(group, words)
    blocks += [sheet.space(3), _signatures(document, words)]
    return sheet.render(
        Sheet(
            title=f"{words['hand_over_list']} {document.number}",
            first_head=_first_head(document, words, tag),
            later_head=parts.running_head(words["hand_over_list"], document.number),
            foot=f"{document.number} · {document.warehouse}",
            page_words=words["page"],
        ),
        blocks,
    )


def _first_head(document: HandOverListDocument, words: Mapping[str, str], tag: str) -> Block:
    parcels = [parcel for group in document.carriers for parcel in group.parcels]
    title = parts.title_head(words["hand_over_list"], document.number)
    facts = parts.facts(
        [
            (words["warehouse"], document.warehouse),
            (words["opened"], instant(document.opened_at, document.zone, tag)),
            (words["parcels"], str(len(parcels))),
            (words["total_weight"], kilograms(sum(parcel.weight_g for parcel in parcels))),
        ]
    )
    return parts.stacked((title, sheet.space(2), facts, sheet.space(1)))


def _group(group: CarrierParcels, words: Mapping[str, str]) -> list[Block]:
    name = f"{group.carrier} {group.service}".strip()
    weight = kilograms(sum(parcel.weight_g for parcel in group.parcels))
    head = _table_head(name, f"{words['parcels']} {len(group.parcels)}    {weight}", words)
    return [*(_row(number, parcel, head) for number, parcel in enumerate(group.parcels, start=1)), sheet.space(5)]


def _table_head(carrier: str, sums: str, words: Mapping[str, str]) -> Block:
    def draw(pen: Pen, top: float) -> None:
        pen.box(MARGIN_MM, top, BODY_WIDTH_MM, 8, fill=PALE)
        pen.text(MARGIN_MM + 2, top + 5.7, shortened(carrier, 120, 13), 13, bold=True)
        pen.text(parts.RIGHT_MM - 2, top + 5.6, sums, 11, align="right")
        y = top + 12.2
        for at, word in ((_CODE, "waybill"), (_ORDER, "order"), (_PLACE, "destination")):
            pen.text(MARGIN_MM + at, y, words[word], 8, bold=True)
        pen.text(MARGIN_MM + _TICK - 4, y, words["weight"], 8, bold=True, align="right")
        pen.rule(MARGIN_MM, top + 14, parts.RIGHT_MM, top + 14, width_pt=1.2)

    return Block(14, draw)


def _row(number: int, parcel: HandedOverParcel, head: Block) -> Block:
    symbol = symbol_for(parcel.waybill)

    def draw(pen: Pen, top: float) -> None:
        left, y = MARGIN_MM, top + 6.4
        pen.text(left + 8, y, str(number), 10, align="right")
        pen.code(left + _CODE + 1, top + 1.8, symbol, width_mm=_WAYBILL - _CODE - 6, height_mm=8.4)
        pen.text(left + _WAYBILL, y, shortened(parcel.waybill, _ORDER - _WAYBILL - 2, 11), 11, bold=True)
        pen.text(left + _WAYBILL, top + 10.2, shortened(parcel.parcel_number, _ORDER - _WAYBILL - 2, 7.5), 7.5)
        pen.text(left + _ORDER, y, shortened(parcel.order_number, _PLACE - _ORDER - 2, 9.5), 9.5)
        pen.text(left + _PLACE, y, shortened(parcel.destination, 22, 9.5), 9.5)
        pen.text(left + _TICK - 3, y, kilograms(parcel.weight_g), 9.5, align="right")
        pen.box(left + BODY_WIDTH_MM - _TICK_MM - 0.5, top + 2.4, _TICK_MM, _TICK_MM, line_pt=1.4)
        pen.rule(left, top + _ROW_MM, parts.RIGHT_MM, top + _ROW_MM, width_pt=0.3)

    return Block(_ROW_MM, draw, head=head)


def _signatures(document: HandOverListDocument, words: Mapping[str, str]) -> Block:
    promise = parts.paragraph(words["hand_over_promise"], 9.5, ink=0)
    fields = (words["signature"], words["time"])
    ours, theirs = (words["name"], document.our_signer), (words["name"], document.carrier_signer)
    boxes = parts.signatures(
        [
            (words["we_hand_over"], (ours, *fields, words["count_confirmed"])),
            (words["carrier_receives"], (theirs, *fields, f"{words['vehicle']} / {words['count_confirmed']}")),
        ]
    )
    return parts.stacked((*promise, sheet.space(2), boxes))
