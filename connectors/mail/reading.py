"""From a mail's bytes to orders: open, choose the text that speaks, judge its kind, build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from connectors.base import ChannelConfig, ChannelOrder, Kind, Problem, Severity
from connectors.mail.apart import Apart, Order, apart
from connectors.mail.attachments import Sheets, in_mail, read_sheets
from connectors.mail.document import Document, from_plain
from connectors.mail.draft import Draft, draft_of
from connectors.mail.found import found
from connectors.mail.kinds import Reading, Verdict, header_facts, judge
from connectors.mail.letters import Letter, enclosed_in, forwarded_by, letter_of
from connectors.mail.markup import from_html
from connectors.mail.message import Attachment, Mail, open_mail
from connectors.mail.orders import SOURCE, number_named, order_of, without_goods
from connectors.mail.quotation import Voices, is_reply, voices, without_prefixes
from connectors.problems import problem

#: The mail itself and the first mails that it forwards or encloses.
_MAX_SPEECHES = 6


@dataclass(frozen=True, slots=True)
class _Speech:
    """One text that may hold an order, in its frame."""

    draft: Draft
    letter: Letter
    attachments: tuple[Attachment, ...] = ()
    is_own: bool = True


def read_mail(raw: bytes, config: ChannelConfig) -> list[ChannelOrder]:
    """Every order that a mail holds, one element each; one `not_an_order` for any other mail. Never raises."""
    mail = open_mail(raw)
    if mail.fault is not None:
        return [
            _element(
                config.name, None, (problem("unreadable", "", f"{mail.fault}; send the order again as a usual mail"),)
            )
        ]
    letter = letter_of(mail, config)
    judged = [_judged(speech, mail) for speech in islice(_speeches(mail, letter), _MAX_SPEECHES)]
    speech, verdict, sheets = max(judged, key=_worth)
    if verdict.kind is Kind.NOT_AN_ORDER:
        number = number_named(speech.draft, speech.letter.subject)
        return [_element(config.name, number.value if number else None, ())]
    return _orders(speech, verdict, sheets)


def _worth(judged: tuple[_Speech, Verdict, Sheets]) -> tuple[bool, bool, int]:
    speech, verdict, sheets = judged
    return verdict.kind is not Kind.NOT_AN_ORDER, bool(speech.draft.items or sheets.orders), verdict.score


def _element(channel: str, order_id: str | None, problems: tuple[Problem, ...]) -> ChannelOrder:
    return ChannelOrder(
        channel=channel,
        source=SOURCE,
        kind=Kind.NOT_AN_ORDER,
        channel_order_id=order_id,
        channel_order_number=order_id,
        problems=problems,
    )


def _speeches(mail: Mail, letter: Letter) -> Iterator[_Speech]:
    """What the sender wrote, what they forwarded in their text, and what they attached as a mail."""
    plain, html = _voices(mail, from_plain(mail.plain)), _voices(mail, from_html(mail.html))
    own = _richer([voice.own for voice in (html, plain)])
    yield _Speech(own, letter, mail.attachments)
    forwarded = [(voice.forwarded, voice.inner) for voice in (html, plain)]
    if any(text is not None for text, _ in forwarded):
        inner = next((shown for _, shown in forwarded if shown.sender), forwarded[0][1])
        yield _Speech(
            _richer([text for text, _ in forwarded if text is not None]),
            _unforwarded(forwarded_by(letter, inner)),
            mail.attachments,
            is_own=False,
        )
    for enclosed in mail.enclosed[:5]:
        yield from _speeches(enclosed, enclosed_in(letter, enclosed))


def _voices(mail: Mail, document: Document) -> Voices:
    return voices(document, subject=mail.subject, in_reply=bool(mail.references))


def _unforwarded(letter: Letter) -> Letter:
    return replace(letter, subject=without_prefixes(letter.subject))


def _richer(documents: list[Document]) -> Draft:
    showing = [document for document in documents if document.struck]
    drafts = [draft_of(document) for document in showing or documents]
    best = max(drafts, key=Draft.richness)
    markup = next((draft.markup for draft in drafts if draft.markup.items or draft.markup.under_way), best.markup)
    best.markup = markup
    return best


def _judged(speech: _Speech, mail: Mail) -> tuple[_Speech, Verdict, Sheets]:
    sheets = read_sheets(speech.attachments, speech.letter)
    draft = speech.draft
    items = [item for item in draft.items if item.is_goods()]
    number = number_named(draft, speech.letter.subject)
    verdict = judge(
        Reading(
            subject=speech.letter.subject,
            sender=speech.letter.sender or "",
            body=draft.text,
            coded_lines=sum(item.sku is not None for item in items),
            named_lines=len(items) or sum(item.qty is not None for item in draft.items),
            priced_lines=sum(item.price is not None or item.total is not None for item in draft.items),
            has_address=any(block.kind == "ship_to" and block.lines for block in draft.scan.blocks),
            names_customer=_names_customer(draft),
            number=number.value if number else None,
            order_files=len(sheets.orders),
            other_files=len(sheets.documents),
            is_reply=is_reply(speech.letter.subject) or (speech.is_own and bool(mail.references)),
            under_way=draft.markup.under_way,
            **header_facts(mail),
        )
    )
    letter = replace(speech.letter, merchant_notice=verdict.merchant_notice)
    return replace(speech, letter=letter), verdict, sheets


def _names_customer(draft: Draft) -> bool:
    blocks = any(block.kind in ("bill_to", "customer") and block.lines for block in draft.scan.blocks)
    return blocks or draft.scan.first("customer_name") is not None


def _orders(speech: _Speech, verdict: Verdict, sheets: Sheets) -> list[ChannelOrder]:
    held = tuple(_held(verdict, sheets))
    several = Apart()
    if verdict.kind is Kind.ORDER and verdict.names_all and not sheets.orders:
        several = apart(speech.draft, speech.letter)
    if several.orders:
        return [_one_of_several(one, speech.letter, held) for one in several.orders]
    speech.draft.unclear = several.why
    order = order_of(speech.draft, speech.letter, verdict.kind)
    if verdict.kind is Kind.CANCELLATION:
        return [order]
    order = replace(order, problems=(*order.problems, *held))
    if not verdict.names_all:
        # Taken for all of the order they would put out what else stands in it; so a person is asked before anything is changed.
        order = without_goods(order)
    sheets.orders = [replace(found, problems=(*found.problems, *held)) for found in sheets.orders]
    if not sheets.orders:
        return [order]
    only = len(sheets.orders) == 1
    name = ", ".join(attachment.filename for attachment in speech.attachments if attachment.filename)
    return [
        in_mail(replace(found, kind=_stronger(found.kind, verdict.kind)), order, only=only, name=name)
        for found in sheets.orders
    ]


def _one_of_several(one: Order, letter: Letter, held: tuple[Problem, ...]) -> ChannelOrder:
    """One order of a mail of several, under its own number: the subject is of all of them."""
    order = order_of(one.draft, replace(letter, subject=""), Kind.ORDER)
    number = found(one.number, "0.9", one.head).evidence("channel_order_id")
    return replace(
        order,
        channel_order_id=one.number,
        channel_order_number=one.number,
        problems=(*order.problems, *held),
        evidence=(*(piece for piece in order.evidence if piece.field != "channel_order_id"), number),
    )


def _held(verdict: Verdict, sheets: Sheets) -> Iterator[Problem]:
    """What a person must see before anything of the mail is carried out."""
    if verdict.doubt:
        yield problem("row_invalid", "kind", verdict.doubt, severity=Severity.HOLD)
    if sheets.unread:
        yield problem("row_invalid", "lines", "; ".join(sheets.unread)[:1000], severity=Severity.HOLD)


def _stronger(of_sheet: Kind, of_mail: Kind) -> Kind:
    """The first that fits, of what the sheet says and what the mail says."""
    order = list(Kind)
    return min(of_sheet, of_mail, key=order.index)
