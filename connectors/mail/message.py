"""A mail opened: who, when, which thread, its texts, attachments and enclosed messages. Never raises."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from connectors.dates import utc
from connectors.mail.charsets import decode
from connectors.mail.headers import Headers, address, message_ids
from connectors.mail.limits import MAX_TEXT_CHARS, MailRefused
from connectors.mail.parts import Envelope, Leaf, split

_TEXT_KINDS = frozenset(("text/plain", "text/html", "application/xhtml+xml", "text/enriched"))
_FILE_ENDINGS = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".pdf", ".doc", ".docx", ".xml", ".zip", ".eml")


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One opened mail; `fault` says why its bytes were refused, and then nothing else is filled."""

    headers: Headers = field(default_factory=Headers)
    subject: str = ""
    sender_name: str | None = None
    sender: str | None = None
    message_id: str | None = None
    references: tuple[str, ...] = ()
    sent_at: datetime | None = None
    plain: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    enclosed: tuple[Mail, ...] = ()
    event_id: str = ""
    fault: str | None = field(default=None)


def open_mail(raw: bytes) -> Mail:
    """Open the bytes of a mail within `limits.py`; what can't be opened comes back with a `fault`."""
    event_id = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    try:
        envelope = split(raw)
    except MailRefused as refused:
        return Mail(event_id=event_id, fault=str(refused))
    return _mail(envelope, event_id)


def _mail(envelope: Envelope, event_id: str) -> Mail:
    headers = envelope.headers
    name, sender = address(headers.raw("from") or headers.raw("sender"))
    ids = message_ids(headers.raw("message-id"))
    return Mail(
        headers=headers,
        subject=headers.text("subject"),
        sender_name=name,
        sender=sender,
        message_id=ids[0] if ids else None,
        references=message_ids(headers.raw("references")) or message_ids(headers.raw("in-reply-to")),
        sent_at=_moment(headers.raw("date")),
        plain=_joined(envelope.leaves, html=False),
        html=_joined(envelope.leaves, html=True),
        attachments=tuple(_attachment(leaf) for leaf in envelope.leaves if not _is_body(leaf)),
        enclosed=tuple(_mail(inner, event_id) for inner in envelope.enclosed),
        event_id=ids[0] if ids else event_id,
    )


def _is_body(leaf: Leaf) -> bool:
    if leaf.kind not in _TEXT_KINDS:
        return False
    named = (leaf.filename or "").lower()
    return not named.endswith(_FILE_ENDINGS) and (leaf.disposition != "attachment" or not named)


def _joined(leaves: list[Leaf], *, html: bool) -> str:
    wanted = [leaf for leaf in leaves if _is_body(leaf) and (leaf.kind not in ("text/plain", "text/enriched")) is html]
    texts: list[str] = []
    left = MAX_TEXT_CHARS + 1  # one more than is read, so that the reader knows of the rest
    for leaf in wanted:
        texts.append(decode(_beginning(leaf.body, left * 4), leaf.charset)[:left])
        left -= len(texts[-1])
        if left <= 0:
            break
    return "\n".join(text for text in texts if text.strip())


def _beginning(body: bytes, most: int) -> bytes:
    """So many bytes at most, a character's four: nothing beyond what will be kept is decoded.

    Cut behind a line or a blank, since half a character at the end would make another text of the whole.
    """
    cut = body[:most]
    if len(body) <= most or b"\0" in cut[:200]:  # UTF-16's characters are of two bytes or four, as the cut is
        return cut
    end = max(cut.rfind(b"\n"), cut.rfind(b" "), cut.rfind(b">"))
    return cut[: end + 1] or cut


def _attachment(leaf: Leaf) -> Attachment:
    return Attachment((leaf.filename or "").strip().replace("\\", "/").rsplit("/", 1)[-1], leaf.kind, leaf.body)


def _moment(raw: str) -> datetime | None:
    # RFC 2822 comments such as "(CST)" say nothing that the offset does not.
    try:
        return utc(raw.split("(")[0].strip())
    except ValueError:
        return None
