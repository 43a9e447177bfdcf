"""Instant messages (WeChat, WhatsApp and the like): a block copied out of the talk, or our own JSON from the page.

As with the phone, the order takes effect when the customer has signed what was put in writing (I-4).
"""

from __future__ import annotations

from connectors.base import ChannelConfig, ChannelOrder, Received
from connectors.spoken import translated


class InstantMessage:
    """Reads a pasted block or our own JSON.

    Of the settings `country` is where phones without a code are dialled, `currency` that of prices which name none.
    """

    source = "im"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config

    def translate(self, message: Received) -> list[ChannelOrder]:
        """One element an order; talk without goods or address is one `not_an_order`."""
        return translated(message, self.config, source=self.source)
