"""What a mail may cost us before it is refused unread; one visible list."""

from __future__ import annotations

MAX_MAIL_BYTES = 25 * 1024 * 1024
MAX_DEPTH = 20
MAX_PARTS = 200
MAX_ATTACHMENTS = 50
MAX_HEADER_BYTES = 64 * 1024
#: One header value is read this far; longer ones (encoded-word loops) say nothing more.
MAX_HEADER_VALUE_CHARS = 4096
#: Of a text or HTML body this much is read; an order never needs more.
MAX_TEXT_CHARS = 400_000
MAX_TEXT_LINES = 5000
MAX_LINE_CHARS = 2000


class MailRefused(ValueError):
    """The bytes are no mail, or a mail beyond the limits; the message says which."""
