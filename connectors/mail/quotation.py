"""What of a mail its sender wrote now: a forwarded order counts, the history quoted below a reply does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.mail.attributions import (
    announces_forward,
    announces_history,
    heads_a_mail,
    heads_an_answered_mail,
    label_of,
    says_who_wrote,
    wrote_elsewhere,
)
from connectors.mail.document import Block, Document, Grid, TextLine
from connectors.mail.headers import address

_RE = r"re|aw|sv|antw|odp|res|rif|ris|r|ynt|atb|vá|отв|απ|回复|答复|回覆|返信|답장|회신"
_FW = r"fwd?|wg|tr|rv|doorst|enc|pd|vb|vl|i|ilt|trs|转发|轉寄|转寄|転送|전달"
_FORWARD_SUBJECT = re.compile(rf"^\s*(?:(?:{_RE})\s*[:：]\s*)?(?:{_FW})\s*[:：]", re.IGNORECASE)
_REPLY_SUBJECT = re.compile(rf"^\s*(?:{_RE})\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
#: Danes and Norwegians forward with it, Finns answer.
_FORWARD_OR_REPLY = re.compile(r"^\s*vs\s*[:：]", re.IGNORECASE)
_FORWARD_MARKS = re.compile(rf"^\s*(?:(?:{_FW}|vs)\s*[:：]\s*)+", re.IGNORECASE)
_FINNISH = re.compile(r"lähettäjä|kirjoitti|alkuperäinen", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Inner:
    """The headers that a forwarded mail shows of itself."""

    sender_name: str | None = None
    sender: str | None = None
    subject: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Voices:
    """A text taken apart: what the sender wrote, and the mail that they forwarded with it."""

    own: Document
    forwarded: Document | None = None
    inner: Inner = Inner()


def is_reply(subject: str) -> bool:
    """Whether a subject says that the mail answers another."""
    return bool(_REPLY_SUBJECT.match(subject))


def without_prefixes(subject: str) -> str:
    """The subject of a mail that was forwarded, without the marks that forwarding put before it."""
    return _FORWARD_MARKS.sub("", subject)


def voices(document: Document, *, subject: str, in_reply: bool) -> Voices:
    """Take a text apart. Quoted history is dropped unless the mail forwards it."""
    is_answer = in_reply or is_reply(subject)
    at = _cut(document.blocks, subject=subject, in_reply=is_answer)
    if at is None:
        return Voices(_own(document, document.blocks, is_reply=is_answer))
    own = _own(document, document.blocks[:at], is_reply=True)
    inner, rest = _inner(document.blocks[at:])
    if _forwards(document.blocks, at, subject) or (not is_answer and inner.sender and not _filled(own.blocks)):
        return Voices(own, _innermost(replace(document, blocks=tuple(rest))), inner)
    # "Da: Acme / Data: ... / Oggetto: ordine" on top of a first mail is the head of the letter itself.
    is_letter = not is_answer and not _filled(document.blocks[:at]) and label_of(_text(document.blocks[at]))
    return Voices(_own(document, document.blocks, is_reply=False) if is_letter else own)


def _own(document: Document, blocks: Sequence[Block], *, is_reply: bool) -> Document:
    written = tuple(block for block in blocks if not block.quoted)
    if is_reply or _says_something(written):
        return replace(document, blocks=written)
    # Some old mailers indent everything with ">": a first mail that is all quotation is no quotation.
    return replace(document, blocks=tuple(_unquoted(block) for block in blocks))


def _says_something(blocks: Sequence[Block]) -> bool:
    return _filled(blocks) >= 2


def _filled(blocks: Sequence[Block]) -> int:
    return sum(isinstance(block, Grid) or bool(block.text.strip()) for block in blocks)


def _unquoted(block: Block) -> Block:
    return TextLine(block.text) if isinstance(block, TextLine) else Grid(block.rows)


def _cut(blocks: Sequence[Block], *, subject: str, in_reply: bool) -> int | None:
    """Where another mail begins in this one."""
    for index, block in enumerate(blocks):
        if isinstance(block, TextLine) and _begins(blocks, index, subject=subject, in_reply=in_reply):
            return index
    return None


def _begins(blocks: Sequence[Block], index: int, *, subject: str, in_reply: bool) -> bool:
    text = _text(blocks[index])[:300]
    below = [_text(block) for block in blocks[index : index + 8]]
    if announces_forward(text) or announces_history(text) or heads_a_mail(below):
        return True
    if says_who_wrote(text) or says_who_wrote(_with_next(blocks, index)):
        return True
    if in_reply and heads_an_answered_mail(below, subject):
        return True
    count = wrote_elsewhere(below, in_reply=in_reply)
    # What is marked as quoted is left out by its mark, and what stands between is the sender's answer.
    return count > 0 and not _is_quoted(blocks[index + count :])


def _is_quoted(blocks: Sequence[Block]) -> bool:
    first = next((block for block in blocks if isinstance(block, Grid) or block.text.strip()), None)
    return first is None or first.quoted


def _forwards(blocks: Sequence[Block], at: int, subject: str) -> bool:
    """Whether the mail that begins there is one that is sent on, and none that was answered."""
    begin = _text(blocks[at])
    if announces_forward(begin[:300]) or _FORWARD_SUBJECT.match(subject):
        return True
    return bool(_FORWARD_OR_REPLY.match(subject)) and not _FINNISH.search(begin)


def _with_next(blocks: Sequence[Block], index: int) -> str:
    following = blocks[index + 1] if index + 1 < len(blocks) else None
    text = _text(blocks[index])
    if not re.match(r"(?:on|am|le|在|于)\s?", text, re.IGNORECASE) or not isinstance(following, TextLine):
        return ""
    return f"{text} {following.text.strip()}"[:300]


def _text(block: Block) -> str:
    return block.text.strip() if isinstance(block, TextLine) else ""


def _inner(blocks: Sequence[Block]) -> tuple[Inner, list[Block]]:
    """The forwarded mail's own headers, and what follows them, no longer quoted."""
    shown: dict[str, str] = {}
    begin = 0 if label_of(_text(blocks[0])) else 1
    for index, block in enumerate(blocks[begin : begin + 20], start=begin):
        label = label_of(_text(block))
        if label:
            shown.setdefault(*label)
            begin = index + 1
        elif _text(block) and shown:
            break
    name, sender = address(shown.get("from", ""))
    inner = Inner(name, sender, shown.get("subject", "")[:300], shown.get("date", "")[:80])
    return inner, [_unquoted(block) for block in blocks[begin:]]


def _innermost(document: Document) -> Document:
    """The forwarded mail without the history that it quotes in turn."""
    for index, block in enumerate(document.blocks):
        text = _text(block)[:300]
        below = [_text(further) for further in document.blocks[index : index + 3]]
        if index > 2 and (says_who_wrote(text) or announces_history(text) or wrote_elsewhere(below, in_reply=False)):
            return replace(document, blocks=document.blocks[:index])
    return document
