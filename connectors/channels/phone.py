"""Phone, fax, letter, visit and sales rep: what the order specialist keys, or pastes, as one order (I-1, I-4).

Payment terms stay open unless they are said; the order takes effect when the customer has signed it.
"""

from __future__ import annotations

from connectors.base import ChannelConfig, ChannelOrder, Received
from connectors.spoken import translated


class Phone:
    """Reads our own JSON or a pasted block; `country` in the settings is where phones without a code are dialled."""

    source = "phone"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config

    def translate(self, message: Received) -> list[ChannelOrder]:
        """One element an order; talk without goods or address is one `not_an_order`."""
        return translated(message, self.config, source=self.source)
