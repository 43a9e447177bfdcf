"""The order confirmation: content, price, delivery time, expected dispatch, terms, and where to sign (C-1, I-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from oms.documents import parts, sheet
from oms.documents.barcodes import qr
from oms.documents.parts import Column
from oms.documents.pen import BODY_WIDTH_MM, GREY, MARGIN_MM, Pen, line_mm
from oms.documents.sheet import Block, Sheet
from oms.documents.text import day, fitted, instant, quantity, wrapped
from oms.documents.words import tag_of, words_of
from oms.money import Money, unit_price

_QR_MM = 34.0


@dataclass(frozen=True, slots=True)
class ConfirmedLine:
    """One line as it was agreed; `unit_price` is before the discount, with up to six decimals."""

    sku: str
    name: str
    qty: Decimal
    unit: str
    unit_price: Decimal
    total: Money
    discount: Money | None = None


@dataclass(frozen=True, slots=True)
class ConfirmedTotals:
    """The order's sums; parts that are None are not printed."""

    goods: Money
    total: Money
    discount: Money | None = None
    shipping: Money | None = None
    fees: Money | None = None
    tax: Money | None = None
    tax_included: bool = True
    paid: Money | None = None


@dataclass(frozen=True, slots=True)
class ConfirmationDocument:
    """What the customer receives. `sign_url` empty: no signature is asked for. Instants print in `zone`."""

    order_number: str
    ordered_on: date
    seller: tuple[str, ...]
    customer: tuple[str, ...]
    deliver_to: tuple[str, ...]
    lines: tuple[ConfirmedLine, ...]
    totals: ConfirmedTotals
    expected_dispatch_on: date
    deliver_by: date
    payment_terms: str
    terms: str
    channel_number: str = ""
    requirements: str = ""
    sign_url: str = ""
    sign_until: datetime | None = None
    zone: tzinfo = UTC


def render(document: ConfirmationDocument, *, language: str) -> bytes:
    """Return the confirmation as an A4 PDF; the same document gives the same bytes."""
    words, tag = words_of(language), tag_of(language)
    blocks = _lines_table(document, language)
    blocks += [_totals(document.totals, language), sheet.space(2)]
    if document.requirements:
        blocks += [parts.heading(words["requirements"]), *parts.paragraph(document.requirements, ink=0)]
    if document.terms:
        blocks += [sheet.space(2), parts.heading(words["terms"]), *parts.paragraph(document.terms, 8)]
    if document.sign_url:
        blocks += [sheet.space(4), _signing(document, language)]
    return sheet.render(
        Sheet(
            title=f"{words['confirmation']} {document.order_number}",
            first_head=_first_head(document, language),
            later_head=parts.running_head(words["confirmation"], document.order_number),
            foot=f"{words['confirmation']} {document.order_number} · {day(document.ordered_on, tag)}",
            page_words=words["page"],
        ),
        blocks,
    )


def _first_head(document: ConfirmationDocument, language: str) -> Block:
    words, tag = words_of(language), tag_of(language)
    addresses = parts.addresses(
        (
            (words["seller"], document.seller),
            (words["customer"], document.customer),
            (words["deliver_to"], document.deliver_to),
        )
    )
    dates = parts.facts(
        [
            (words["order_date"], day(document.ordered_on, tag)),
            (words["expected_dispatch"], day(document.expected_dispatch_on, tag)),
            (words["delivery_time"], day(document.deliver_by, tag)),
            (words["payment_terms"], document.payment_terms),
            *([(words["channel_number"], document.channel_number)] if document.channel_number else []),
        ],
        columns=5 if document.channel_number else 4,
    )
    title = parts.title_head(words["confirmation"], document.order_number)
    return parts.stacked((title, sheet.space(2), addresses, dates, sheet.space(2)))


def _lines_table(document: ConfirmationDocument, language: str) -> list[Block]:
    words, tag = words_of(language), tag_of(language)
    columns = (
        Column("sku", 34, bold=True),
        Column("goods", 66),
        Column("qty", 20, align="right", whole=True),
        Column("unit_price", 24, align="right", whole=True),
        Column("discount", 20, align="right", whole=True),
        Column("amount", 26, align="right", bold=True, whole=True),
    )
    rows = [
        (
            line.sku,
            line.name,
            f"{quantity(line.qty)} {line.unit}",
            unit_price(line.unit_price, line.total.currency, tag),
            (-line.discount).display(tag) if line.discount else "–",
            line.total.display(tag),
        )
        for line in document.lines
    ]
    return parts.table(columns, [words[column.word] for column in columns], rows)


def _totals(totals: ConfirmedTotals, language: str) -> Block:
    rows = _sums(totals, language)
    height = 3 + sum(_sum_height(bold=bold) for _, _, bold in rows)

    def draw(pen: Pen, top: float) -> None:
        y = top + 2
        for label, amount, bold in rows:
            size = 12 if bold else 9.5
            y += _sum_height(bold=bold)
            pen.text(parts.RIGHT_MM - 45, y - 1.6, label, size, bold=bold, align="right")
            pen.text(parts.RIGHT_MM - 1, y - 1.6, amount, fitted(amount, 42, size), bold=bold, align="right")

    return Block(height, draw)


def _sum_height(*, bold: bool) -> float:
    return line_mm(12) + 1.2 if bold else line_mm(9.5) + 0.6


def _sums(totals: ConfirmedTotals, language: str) -> list[tuple[str, str, bool]]:
    """(label, amount, bold) from the goods' sum to what is still to be paid."""
    words, tag = words_of(language), tag_of(language)
    tax_word = "tax_included" if totals.tax_included else "tax"
    parts_of_total: list[tuple[str, Money | None, bool]] = [
        ("goods_total", totals.goods, False),
        ("discount", -totals.discount if totals.discount else None, False),
        ("shipping", totals.shipping, False),
        ("fees", totals.fees, False),
        ("tax", None if totals.tax_included else totals.tax, False),
        ("total", totals.total, True),
        (tax_word, totals.tax if totals.tax_included else None, False),
        ("paid", totals.paid, False),
        *_settling(totals),
    ]
    return [(words[word], amount.display(tag), bold) for word, amount, bold in parts_of_total if amount is not None]


def _settling(totals: ConfirmedTotals) -> list[tuple[str, Money | None, bool]]:
    """What is still to be paid, or what was paid too much."""
    if not totals.paid:
        return []
    due = totals.total - totals.paid
    return [("payable", due, True) if due.amount >= 0 else ("overpaid", -due, True)]


def _signing(document: ConfirmationDocument, language: str) -> Block:
    """The one-time link as a code and in letters, and room for a signature and stamp on paper."""
    words, tag = words_of(language), tag_of(language)
    symbol = qr(document.sign_url)
    room = BODY_WIDTH_MM - _QR_MM - 14
    how = wrapped(words["how_to_sign"], room, 9, 4)
    link = wrapped(document.sign_url, room, 8, 3)
    until = f"{words['valid_until']}: {instant(document.sign_until, document.zone, tag)}" if document.sign_until else ""
    fields = parts.signatures([(words["customer_signature"], (words["signature"], words["name"], words["date"]))])

    def draw(pen: Pen, top: float) -> None:
        x = MARGIN_MM + _QR_MM + 11
        pen.box(MARGIN_MM, top, BODY_WIDTH_MM, _QR_MM + 8, line_pt=1.2)
        pen.code(MARGIN_MM + 4, top + 4, symbol, width_mm=_QR_MM, height_mm=_QR_MM)
        pen.text(x, top + 7.5, words["please_sign"], 13, bold=True)
        below = pen.lines(x, top + 10, how, 9)
        below = pen.lines(x, below + 1.5, link, 8, ink=GREY)
        pen.lines(x, below + 1, (until,), 9, bold=True)
        fields.draw(pen, top + _QR_MM + 11)

    return Block(_QR_MM + 11 + fields.height_mm, draw)
