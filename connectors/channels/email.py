"""Orders by e-mail: letters, tables, attached sheets, and a shop's notices of new orders, in English and Chinese.

A mail has no signature that counts: who may order is decided by what the mailbox says of DKIM and SPF, before this.
Settings of the channel: `currency`, `country` and `timezone` for what its senders leave out.
"""

from __future__ import annotations

from connectors.base import ChannelConfig, ChannelOrder, Received
from connectors.mail.message import open_mail
from connectors.mail.reading import read_mail


class Email:
    """Translates mails as they were delivered, byte for byte."""

    source = "email"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config

    def translate(self, message: Received) -> list[ChannelOrder]:
        """Return one element an order; spam, notices, bounces and auto-replies are one `not_an_order` without a problem."""
        return read_mail(message.body, self.config)

    def event_id(self, message: Received) -> str:
        """The mail's Message-ID, or the hash of its bytes where it has none: the same mail twice is one event."""
        return open_mail(message.body).event_id
