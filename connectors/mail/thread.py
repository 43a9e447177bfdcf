"""What an answer to a mail must carry so that it lands in the same thread, and whether to answer at all."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.mail.headers import address
from connectors.mail.kinds import is_automatic
from connectors.mail.message import open_mail


@dataclass(frozen=True, slots=True)
class Thread:
    """`references` ends with the mail's own id; nothing is ever answered when `auto_submitted`."""

    message_id: str | None
    references: tuple[str, ...]
    subject: str
    reply_to: str | None
    auto_submitted: bool
    sender: str | None = None


def thread_of(raw: bytes) -> Thread:
    """Read the thread of a mail; unreadable bytes give an empty thread that must not be answered."""
    mail = open_mail(raw)
    if mail.fault is not None:
        return Thread(None, (), "", None, auto_submitted=True)
    own = (mail.message_id,) if mail.message_id else ()
    _, reply_to = address(mail.headers.raw("reply-to"))
    earlier = tuple(reference for reference in mail.references if reference != mail.message_id)
    return Thread(
        mail.message_id, (*earlier, *own), mail.subject, reply_to or mail.sender, is_automatic(mail), mail.sender
    )
