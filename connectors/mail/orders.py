"""A draft and its letter into the one schema: ids, dates, lines with evidence, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from connectors.base import ChannelOrder, Evidence, Kind, Line, Payment, Problem, Requested, Severity, Totals
from connectors.dates import utc
from connectors.mail.beside import beside
from connectors.mail.conditions import conditions_in
from connectors.mail.draft import Draft
from connectors.mail.fields import Labelled
from connectors.mail.found import Found, found
from connectors.mail.items import Item
from connectors.mail.letters import Letter
from connectors.mail.numbers import number_in, number_of
from connectors.mail.parties import parties_of
from connectors.mail.several import several_in
from connectors.mail.sums import sums_of
from connectors.problems import problem
from connectors.sheet_cells import terms
from connectors.totals import finish

SOURCE = "email"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DATE_TEXT = (
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}|\d{{4}}\s?年\s?\d{{1,2}}\s?月\s?\d{{1,2}}\s?[日号]"
    rf"|{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}\.?,?\s\d{{4}}"
)
_DATE = re.compile(_DATE_TEXT, re.I)
_BY_DATE = re.compile(
    rf"\b(?:deliver(?:ed|y)?|arrive|need(?:ed)?|require[sd]?|receive[d]?|there)\b[^.\n]{{0,40}}?\b(?:by|(?<!not )before|on|no later than)\s(?P<date>{_DATE_TEXT})"
    rf"|(?P<cn>\d{{4}}\s?年\s?\d{{1,2}}\s?月\s?\d{{1,2}}\s?[日号])\s?(?:之?前|以前)(?:送到|到货|交货|送达|发到|收到)",
    re.I,
)
_PARTIAL_DATE = re.compile(
    rf"\d{{1,2}}\s?月\s?\d{{1,2}}\s?[日号]?|\d{{1,2}}[-/.]\d{{1,2}}|{_MONTH}\.?\s\d{{1,2}}|\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}",
    re.I,
)
_TOO_LONG = "the mail is too long to be read to its end; send the order as a CSV or XLSX sheet"
_NO_NOTE = frozenset(("无", "没有", "-", "N/A", "n/a", "none", "None"))
_PAID = re.compile(r"^\W*(?:paid|captured|completed?|success(?:ful)?|已付款?|已支付|支付成功)\b", re.I)
_PENDING = re.compile(r"^\W*(?:pending|unpaid|awaiting|not paid|due|未付款?|未支付|待付款)", re.I)


@dataclass(slots=True)
class _Notes:
    problems: list[Problem] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)


def order_of(draft: Draft, letter: Letter, kind: Kind) -> ChannelOrder:
    """Build the order that a draft describes, its sums computed and checked.

    The id is the customer's own number; a mail that names none has its Message-ID, which stays the same when the
    mail is read again. A change or cancellation without a number speaks of the mail that began its thread.
    """
    notes = _Notes()
    parties = parties_of(draft, letter)
    sums = sums_of(draft, (parties.ship_to, parties.bill_to), letter.currency)
    order_id = _identity(draft, letter, kind, notes)
    if draft.cut:
        notes.problems.append(problem("row_invalid", "lines", _TOO_LONG, severity=Severity.HOLD))
    notes.problems += several_in(draft, letter.subject)
    notes.problems += beside(draft)
    payment = _payment(draft, sums.totals.paid, sums.totals.total)
    lines = tuple(_line(item, place, notes) for place, item in enumerate(sums.items))
    order = ChannelOrder(
        channel=letter.channel,
        source=SOURCE,
        kind=kind,
        channel_order_id=order_id,
        channel_order_number=order_id,
        placed_at=_placed_at(draft, letter, notes),
        currency=sums.currency,
        totals=sums.totals,
        payment=payment,
        customer=parties.customer,
        ship_to=parties.ship_to,
        bill_to=parties.bill_to,
        requested=_requested(draft, letter, notes),
        lines=lines,
        buyer_message=_note(draft, letter),
        invoice=parties.invoice,
        problems=(*parties.problems, *sums.problems, *notes.problems),
        evidence=(*parties.evidence, *sums.evidence, *notes.evidence),
    )
    return finish(order, given_line_totals=[item.total.value.value if item.total else None for item in sums.items])


def without_goods(order: ChannelOrder) -> ChannelOrder:
    """The order as of a mail that names none of its goods, with what it says otherwise."""
    if not order.lines:
        return order
    kept = tuple(found for found in order.problems if not found.field.startswith(("lines.", "totals.")))
    evidence = tuple(piece for piece in order.evidence if not piece.field.startswith(("lines.", "totals.")))
    return finish(replace(order, lines=(), totals=Totals(), problems=kept, evidence=evidence))


def number_named(draft: Draft, subject: str) -> Found[str] | None:
    """The order's number as a label, the subject or a sentence names it."""
    for said in draft.scan.labelled:
        number = number_of(said.value) if said.key == "order_number" else None
        if number:
            return found(number, "0.95", said.source)
    if draft.markup.number:
        return found(draft.markup.number, "0.9", draft.markup.number)
    return number_in(subject, draft.lines)


def _identity(draft: Draft, letter: Letter, kind: Kind, notes: _Notes) -> str | None:
    number = number_named(draft, letter.subject)
    if number:
        notes.evidence.append(number.evidence("channel_order_id"))
        return number.value
    if kind in (Kind.UPDATE, Kind.CANCELLATION):
        return letter.thread_root
    return letter.message_id


def _line(item: Item, place: int, notes: _Notes) -> Line:
    where = f"lines.{place}"
    if item.qty_fault:
        notes.problems.append(problem("qty_invalid", f"{where}.qty", item.qty_fault))
    if item.price_fault and item.price is None:
        notes.problems.append(problem("price_missing", f"{where}.unit_price", item.price_fault))
    named = {"sku": item.sku, "name": item.name, "qty": item.qty, "unit_price": item.price}
    notes.evidence += [value.evidence(f"{where}.{name}") for name, value in named.items() if value]
    return Line(
        line_ref=item.line_ref or str(place + 1),
        sku=item.sku.value if item.sku else None,
        name=item.name.value if item.name else None,
        qty=item.qty.value if item.qty else None,
        unit=item.unit or "EA",
        unit_price=item.price.value.value if item.price else None,
        discount=abs(item.discount.value.value) if item.discount else None,
        tax=item.tax.value.value if item.tax else None,
        options=dict(item.options),
    )


def _placed_at(draft: Draft, letter: Letter, notes: _Notes) -> datetime | None:
    """The day the mail names as the order's, else when it was sent; the Date field where both are one day."""
    said = draft.scan.first("order_date")
    named = _day(said, "placed_at", letter, notes) if said else None
    if named is None or (letter.sent_at and abs((letter.sent_at - named).total_seconds()) < 86_400 * 1.5):
        return letter.sent_at or named
    return named


def _requested(draft: Draft, letter: Letter, notes: _Notes) -> Requested:
    service = draft.scan.first("service")
    deliver_by = draft.scan.first("deliver_by") or sentence_date(draft.lines)
    ship_by = draft.scan.first("ship_by")
    return Requested(
        ship_by=_day(ship_by, "requested.ship_by", letter, notes) if ship_by else None,
        deliver_by=_day(deliver_by, "requested.deliver_by", letter, notes) if deliver_by else None,
        service=service.value[:80] if service else None,
    )


def sentence_date(lines: Sequence[str]) -> Labelled | None:
    """The day by which goods are wanted, as a sentence says it."""
    for at, line in enumerate(lines):
        match = _BY_DATE.search(line[:400])
        if match:
            return Labelled("deliver_by", match["date"] or match["cn"], line, at)
    return None


def _day(said: Labelled, where: str, letter: Letter, notes: _Notes) -> datetime | None:
    """The day a label names; one that could be two, or lacks its year, holds the order."""
    text = said.value.strip(" .;,，。")
    for candidate in (text, *_DATE.findall(text)[:1]):
        try:
            moment = utc(candidate, assume=letter.zone)
        except ValueError as error:
            fault = str(error)
            continue
        if moment is not None:
            notes.evidence.append(found(None, "0.9", said.source).evidence(where))
        return moment
    if _PARTIAL_DATE.search(text):
        hint = "" if "write it as" in fault else "; write it as YYYY-MM-DD"
        notes.problems.append(problem("date_ambiguous", where, f"{fault}{hint}"))
        notes.evidence.append(found(None, "0.2", said.source).evidence(where))
    return None


def _payment(draft: Draft, paid: Decimal | None, total: Decimal | None) -> Payment:
    said, status = draft.scan.first("payment_terms"), draft.scan.first("payment_status")
    state_of_order = draft.scan.first("status")
    words = status.value if status else state_of_order.value if state_of_order else ""
    if (
        _PAID.match(words)
        or (said and _PAID.match(said.value))
        or (paid is not None and total is not None and paid >= total > 0)
    ):
        state: str | None = "paid"
    else:
        state = "pending" if _PENDING.match(words) else None
    told = terms(said.value[:200]) if said else None
    return Payment(terms=told or ("prepaid" if state == "paid" else None), status=state)


def _note(draft: Draft, letter: Letter) -> str | None:
    """What the desk is to read: notes by their label, and in a person's own words on what the order depends."""
    said = [text.value for text in draft.scan.labelled if text.key == "note" and text.value not in _NO_NOTE]
    said += [] if letter.merchant_notice else conditions_in(draft.unread())
    return "\n".join(dict.fromkeys(said))[:2000] or None
