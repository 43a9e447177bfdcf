"""Outgoing mails as bytes: the same key gives the same mail, and nobody's text becomes a header."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from email_validator import validate_email

from connectors.base import ConnectorError

_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,200}>", re.ASCII)
_KEPT_REFERENCES = 20
# Seven bits pass every relay on the way.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Thread:
    """The mail that is answered: its Message-ID and its References, oldest first."""

    message_id: str | None = None
    references: Sequence[str] = ()


def message_id(idempotency_key: str, *, domain: str) -> str:
    """The Message-ID that belongs to a key: always the same, and it tells nothing of the key."""
    return f"<{hashlib.sha256(idempotency_key.encode()).hexdigest()[:40]}@{domain}>"


def deliverable(address: str) -> str:
    """The address as every mail server takes it: a domain in other letters than ASCII's by its ASCII name.

    Raises ValueError for a domain that has none.
    """
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    known = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    return f"{local}{at}{known.ascii_domain}"


def compose(
    *,
    idempotency_key: str,
    sender: tuple[str, str],
    recipients: Sequence[tuple[str, str]],
    subject: str,
    text: str,
    at: datetime,
    html: str | None = None,
    thread: Thread = Thread(),
    attachments: Sequence[Attachment] = (),
    language: str | None = None,
) -> bytes:
    """Write one mail; addresses are (name, address) pairs, the Message-ID's domain is the sender's.

    The same arguments give the same bytes. Raises ConnectorError (permanent) when a name, an address or
    the subject holds a line break or is no valid header.
    """
    try:
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = _address(*sender)
        mail["To"] = [_address(*recipient) for recipient in recipients]
        mail["Subject"] = _one_line(subject)
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = message_id(idempotency_key, domain=sender[1].rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"
        if language:
            mail["Content-Language"] = _one_line(language)
        _join_thread(mail, thread)
        _fill(mail, text, html, attachments)
        _name_boundaries(mail, idempotency_key)
        return mail.as_bytes()
    except (ValueError, MessageError, IndexError) as fault:
        raise ConnectorError(f"the mail can't be written: {fault}", permanent=True) from fault


def _address(name: str, address: str) -> Address:
    return Address(display_name=_one_line(name), addr_spec=deliverable(_one_line(address)))


def _one_line(value: str) -> str:
    if any(ord(character) < 32 or character in "\x7f\x85\u2028\u2029" for character in value):
        raise ValueError("a header's value must not hold line breaks or control characters")
    return value


def _join_thread(mail: EmailMessage, thread: Thread) -> None:
    # The ids come from a stranger's mail: what is no plain id is left out, not repeated.
    if not thread.message_id or not _MESSAGE_ID.fullmatch(thread.message_id):
        return
    known = [reference for reference in thread.references if _MESSAGE_ID.fullmatch(reference)]
    mail["In-Reply-To"] = thread.message_id
    mail["References"] = " ".join(dict.fromkeys([*known[-_KEPT_REFERENCES:], thread.message_id]))


def _fill(mail: EmailMessage, text: str, html: str | None, attachments: Sequence[Attachment]) -> None:
    mail.set_content(text)
    if html is not None:
        mail.add_alternative(html, subtype="html")
    for attachment in attachments:
        main, _, sub = attachment.media_type.partition("/")
        name = _one_line(attachment.name)
        mail.add_attachment(attachment.content, maintype=main, subtype=sub or "octet-stream", filename=name)


def _name_boundaries(mail: EmailMessage, idempotency_key: str) -> None:
    # Random boundaries would make two writings of one mail differ.
    for number, part in enumerate(mail.walk()):
        if part.is_multipart():
            part.set_boundary(f"={hashlib.sha256(f'{idempotency_key}/{number}'.encode()).hexdigest()[:32]}=")
