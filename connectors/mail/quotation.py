"""What of a mail its sender wrote now: a forwarded order counts, the history quoted below a reply does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.mail.document import Block, Document, Grid, TextLine
from connectors.mail.headers import address

_FORWARD_SUBJECT = re.compile(
    r"^\s*(?:(?:re|aw|回复|答复)\s*[:：]\s*)?(?:fwd?|wg|tr|rv|doorst|转发|轉寄|转寄)\s*[:：]", re.IGNORECASE
)
_REPLY_SUBJECT = re.compile(r"^\s*(?:re|aw|sv|antw|回复|答复|回覆)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
_FORWARDED = re.compile(
    r"^[-\s_*]{0,40}(?:begin forwarded message|forwarded message|forwarded by .{1,80}|forwarded mail|转发的?邮件(?:信息)?"
    r"|以下是转发(?:的)?邮件|轉寄郵件|weitergeleitete nachricht|message transféré|messaggio inoltrato)[-\s_*:：]{0,40}$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^[-\s_*]{2,40}\s?(?:original message|original appointment|原始邮件|原邮件|原始郵件|ursprüngliche nachricht|message d'origine)"
    r"\s?[-\s_*]{0,40}$",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"^(?:on\s.{6,200}\swrote|am\s.{6,200}\sschrieb.{0,80}|le\s.{6,200}\sa écrit|在\s?.{4,200}写道|.{0,10}\d{4}年.{4,200}(?:写道|寫道)"
    r"|于\s?.{4,200}写道|.{1,120}<[^<>\s]{3,100}>\s?(?:于|在)?.{0,60}写道)\s?[:：]?\s*$",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(
    r"^\*?(from|sent|date|to|cc|subject|reply-to|发件人|寄件者|发送时间|发送日期|日期|时间|收件人|抄送|主题|主旨|von|an|gesendet|betreff"
    r"|de|à|objet|envoyé)\s?[:：]\*?\s*(.*)$",
    re.IGNORECASE,
)
_FROM = frozenset(("from", "发件人", "寄件者", "von", "de"))
_SUBJECT = frozenset(("subject", "主题", "主旨", "betreff", "objet"))
_DATE = frozenset(("date", "sent", "发送时间", "发送日期", "日期", "时间", "gesendet", "envoyé"))


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


def voices(document: Document, *, subject: str, in_reply: bool) -> Voices:
    """Take a text apart. Quoted history is dropped unless the mail forwards it."""
    is_forward = bool(_FORWARD_SUBJECT.match(subject))
    cut = _cut(document.blocks, is_forward=is_forward)
    if cut is None:
        return Voices(_own(document, document.blocks, is_reply=in_reply or bool(_REPLY_SUBJECT.match(subject))))
    at, forwards = cut
    own = _own(document, document.blocks[:at], is_reply=True)
    if not forwards:
        return Voices(own)
    inner, rest = _inner(document.blocks[at:])
    return Voices(own, _innermost(replace(document, blocks=tuple(rest))), inner)


def _own(document: Document, blocks: Sequence[Block], *, is_reply: bool) -> Document:
    written = tuple(block for block in blocks if not block.quoted)
    if is_reply or _says_something(written):
        return replace(document, blocks=written)
    # Some old mailers indent everything with ">": a first mail that is all quotation is no quotation.
    return replace(document, blocks=tuple(_unquoted(block) for block in blocks))


def _says_something(blocks: Sequence[Block]) -> bool:
    return sum(1 for block in blocks if isinstance(block, Grid) or block.text.strip()) >= 2


def _unquoted(block: Block) -> Block:
    return TextLine(block.text) if isinstance(block, TextLine) else Grid(block.rows)


def _cut(blocks: Sequence[Block], *, is_forward: bool) -> tuple[int, bool] | None:
    """Where another mail begins in this one, and whether this one forwards it."""
    for index, block in enumerate(blocks):
        if not isinstance(block, TextLine):
            continue
        text = block.text.strip()[:300]
        if _FORWARDED.match(text):
            return index, True
        if _ORIGINAL.match(text) or _header_block(blocks, index):
            return index, is_forward
        if _WROTE.match(text) or _WROTE.match(_with_next(blocks, index)):
            return index, is_forward
    return None


def _with_next(blocks: Sequence[Block], index: int) -> str:
    following = blocks[index + 1] if index + 1 < len(blocks) else None
    text = _text(blocks[index])
    if not re.match(r"(?:on|am|le|在|于)\s?", text, re.IGNORECASE) or not isinstance(following, TextLine):
        return ""
    return f"{text} {following.text.strip()}"[:300]


def _text(block: Block) -> str:
    return block.text.strip() if isinstance(block, TextLine) else ""


def _header_block(blocks: Sequence[Block], index: int) -> bool:
    """Whether a mail's From, Sent and Subject lines begin here, as Outlook and QQ put them over the old mail."""
    first = _HEADER_LINE.match(_text(blocks[index]))
    if not first or first[1].lower() not in _FROM:
        return False
    seen = {match[1].lower() for block in blocks[index : index + 8] if (match := _HEADER_LINE.match(_text(block)))}
    return bool(seen & _SUBJECT) and bool(seen & _DATE)


def _inner(blocks: Sequence[Block]) -> tuple[Inner, list[Block]]:
    """The forwarded mail's own headers, and what follows them, no longer quoted."""
    shown: dict[str, str] = {}
    begin = 1 if not _HEADER_LINE.match(_text(blocks[0])) else 0
    for index, block in enumerate(blocks[begin : begin + 20], start=begin):
        match = _HEADER_LINE.match(_text(block))
        if match:
            shown.setdefault(match[1].lower(), match[2].strip())
            begin = index + 1
        elif _text(block) and shown:
            break
    name, sender = address(_first(shown, _FROM))
    inner = Inner(name, sender, _first(shown, _SUBJECT)[:300], _first(shown, _DATE)[:80])
    return inner, [_unquoted(block) for block in blocks[begin:]]


def _innermost(document: Document) -> Document:
    """The forwarded mail without the history that it quotes in turn."""
    for index, block in enumerate(document.blocks):
        text = _text(block)[:300]
        if index > 2 and (_WROTE.match(text) or _ORIGINAL.match(text)):
            return replace(document, blocks=document.blocks[:index])
    return document


def _first(shown: dict[str, str], names: frozenset[str]) -> str:
    return next((value for name, value in shown.items() if name in names), "")
