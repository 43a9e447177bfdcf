"""Who wrote, when and about what: the frame around a text, of the mail itself or of one that it forwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.base import ChannelConfig
from connectors.dates import utc
from connectors.mail.message import Mail
from connectors.mail.quotation import Inner
from connectors.money import currency_code


@dataclass(frozen=True, slots=True)
class Letter:
    """`merchant_notice` says that the sender is a shop telling of a customer's order."""

    channel: str
    subject: str = ""
    sender_name: str | None = None
    sender: str | None = None
    sent_at: datetime | None = None
    message_id: str | None = None
    thread_root: str | None = None
    merchant_notice: bool = False
    currency: str | None = None
    country: str | None = None
    zone: tzinfo = field(default=UTC)


def letter_of(mail: Mail, config: ChannelConfig) -> Letter:
    """The frame of a mail; settings `currency`, `country` and `timezone` tell what its senders leave out."""
    return Letter(
        channel=config.name,
        subject=mail.subject,
        sender_name=mail.sender_name,
        sender=mail.sender,
        sent_at=mail.sent_at,
        message_id=mail.message_id or mail.event_id,
        thread_root=mail.references[0] if mail.references else None,
        currency=currency_code(config.settings.get("currency")),
        country=config.settings.get("country") or None,
        zone=_zone(config.settings),
    )


def forwarded_by(letter: Letter, inner: Inner) -> Letter:
    """The frame of a mail forwarded in the text of another: its own sender and subject where it shows them."""
    return replace(
        letter,
        subject=inner.subject or letter.subject,
        sender_name=inner.sender_name if inner.sender or inner.sender_name else letter.sender_name,
        sender=inner.sender or (None if inner.sender_name else letter.sender),
        sent_at=_moment(inner.date) or letter.sent_at,
    )


def enclosed_in(letter: Letter, mail: Mail) -> Letter:
    """The frame of a mail that another carries as an attachment; the id stays the one that was delivered to us."""
    return replace(
        letter,
        subject=mail.subject or letter.subject,
        sender_name=mail.sender_name,
        sender=mail.sender or letter.sender,
        sent_at=mail.sent_at or letter.sent_at,
    )


def _moment(text: str) -> datetime | None:
    try:
        return utc(text.split("(")[0].strip())
    except ValueError:
        return None


def _zone(settings: Mapping[str, str]) -> tzinfo:
    try:
        return ZoneInfo(settings.get("timezone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
