"""A mail of several orders, each under a number of its own, taken apart; where anything may be of one or of all of them, why not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.mail.conditions import conditions_in
from connectors.mail.document import Block, Document, TextLine
from connectors.mail.draft import Draft, draft_of
from connectors.mail.letters import Letter
from connectors.mail.numbers import headed_number, plain
from connectors.mail.orders import sentence_date
from connectors.mail.parties import parties_of

#: What is said before the first order of all of them.
_OF_ALL = frozenset(
    "order_date deliver_by ship_by service payment_terms currency customer_name customer_id ship_name company phone email tax_id first_name"
    " last_name street street_2 city region area postal_code country ship_to bill_to customer invoice_title invoice_type invoice_address"
    " invoice_phone invoice_bank invoice_account invoice_email supplier".split()
)
_MOST = 50
_OF_THE_SENDER = frozenset("customer_name company phone email tax_id".split())
_CLOSING = re.compile(
    r"\W*(?:(?:many )?thanks|thank you|(?:with )?(?:best|kind|warm)(?:est)? (?:regards|wishes)|regards|(?:yours )?sincerely|yours|cheers|mit freundlichen"
    r"|(?:viele|freundliche|beste|liebe) gr|cordialement|saludos|un saludo|atentamente|(?:distinti|cordiali) saluti|谢谢|此致|祝好|顺祝|顺颂)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Order:
    """One order of the mail: its number, the line that says it, and its text with what is said to all."""

    number: str
    head: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Apart:
    """The orders of a mail of several; none where it is one, or where `why` says what keeps them together."""

    orders: tuple[Order, ...] = ()
    why: str = ""


def apart(draft: Draft, letter: Letter) -> Apart:
    """Take the orders of a mail apart at the lines that their numbers open."""
    blocks = draft.document.blocks
    heads = _heads(blocks)
    numbers = [plain(number) for _, number in heads]
    if len(heads) < 2:
        return Apart()
    if len(set(numbers)) < len(numbers):
        return Apart(why="their lines are mixed")
    if len(heads) > _MOST:
        return Apart(why="they are too many to be taken apart")
    begins = [at for at, _ in heads]
    bodies = [blocks[first:end] for first, end in zip(begins, [*begins[1:], len(blocks)], strict=True)]
    above, (bodies[-1], below) = blocks[: begins[0]], _closed(bodies[-1])
    why = _unclear(_draft(draft, above), [_draft(draft, body) for body in bodies], _draft(draft, below), letter)
    if why:
        return Apart(why=why)
    drafts = [_draft(draft, (*above, *body, *below)) for body in bodies]
    if _goods(draft) != Counter(goods for part in drafts for goods in _goods(part).elements()):
        return Apart(why="their goods cannot be told apart")
    told = zip(heads, bodies, drafts, strict=True)
    return Apart(tuple(Order(number, _text(body[0]), part) for (_, number), body, part in told))


def _heads(blocks: Sequence[Block]) -> list[tuple[int, str]]:
    """Where each order's number opens a line, and the number; said twice in a row it opens one order."""
    kinds: dict[str, list[tuple[int, str]]] = {}
    for at, block in enumerate(blocks):
        headed = headed_number(_text(block))
        if headed:
            found = kinds.setdefault(headed.kind, [])
            if not found or plain(found[-1][1]) != plain(headed.number):
                found.append((at, headed.number))
    return max(kinds.values(), key=len, default=[])


def _text(block: Block) -> str:
    return block.text if isinstance(block, TextLine) else ""


def _closed(body: tuple[Block, ...]) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Return (the last order, what the sender signs with)."""
    end = next((at for at, block in enumerate(body) if at and _CLOSING.match(_text(block))), len(body))
    return body[:end], body[end:]


def _draft(whole: Draft, blocks: tuple[Block, ...]) -> Draft:
    return draft_of(Document(blocks, cut=whole.document.cut, struck=whole.document.struck))


def _unclear(above: Draft, own: Sequence[Draft], below: Draft, letter: Letter) -> str:
    """What may be of one order or of all of them, "" where nothing is."""
    if _goods(above) or _goods(below):
        return "goods stand above or below all of them"
    if not all(map(_goods, own)):
        return "one of them names no goods"
    receivers = [parties_of(part, letter).ship_to is not None for part in own]
    if any(receivers) and (not all(receivers) or parties_of(above, letter).ship_to is not None):
        return "some of them name a receiver of their own"
    *first, last = map(_said, own)
    of_each = set.intersection(*map(set, first))
    doubted = [
        *(source for name, source in _said(above).items() if name not in _OF_ALL),
        *(source for name, source in _said(below).items() if name not in _OF_THE_SENDER),
        # The others end where the next one begins.
        *(source for name, source in last.items() if name not in of_each),
    ]
    return f"{doubted[0].strip()[:60]!r} may be said of one or of all of them" if doubted else ""


def _said(draft: Draft) -> dict[str, str]:
    """What a text says beside number and goods, by field, with the words that say it."""
    found = {said.key: said.source for said in draft.scan.labelled if said.key != "order_number"}
    found |= {block.kind: block.label or block.lines[0] for block in draft.scan.blocks if block.lines}
    dated = sentence_date(draft.lines)
    found |= {dated.key: dated.source} if dated else {}
    conditions = conditions_in(draft.unread())
    return found | ({"condition": conditions[0]} if conditions else {})


def _goods(draft: Draft) -> Counter[tuple[object, ...]]:
    return Counter(
        (item.sku and item.sku.value, item.name and item.name.value, item.qty and item.qty.value)
        for item in draft.items
        if item.is_goods()
    )
