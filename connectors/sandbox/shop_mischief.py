"""What goes wrong with a shop's webhooks on purpose: dropped, doubled, older versions late.

Chosen by a hash of the event, not by a dice: the same after a restart, and repeatable by seed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from connectors.sandbox.webhooks import Webhook

_LATE_S = 1.5
_COPY_AFTER_S = 0.4

#: What a caller may ask for one event, in place of chance.
WISHES = frozenset({"once", "drop", "duplicate", "stale"})


@dataclass(frozen=True, slots=True)
class Mischief:
    """Shares of all events, from 0 to 1."""

    drops: float = 0.0
    duplicates: float = 0.0
    stale: float = 0.0
    seed: str = ""

    def copies(self, webhook: Webhook, *, asked: str | None) -> list[Webhook]:
        """The webhook as often as it will be sent: not at all, once or twice."""
        wish = asked or self._chance(webhook.event_id)
        if wish == "drop":
            return []
        if wish == "duplicate":
            return [webhook, replace(webhook, delay_s=_COPY_AFTER_S)]
        return [webhook]

    def is_stale(self, event: str, *, asked: str | None) -> bool:
        """Whether the version before this event is sent once more, after it."""
        return asked == "stale" if asked else self._part(event, "stale") < self.stale

    def late(self, webhook: Webhook) -> Webhook:
        """The webhook sent later than those of now."""
        return replace(webhook, delay_s=_LATE_S)

    def _chance(self, event: str) -> str:
        part = self._part(event, "delivery")
        if part < self.drops:
            return "drop"
        return "duplicate" if part < self.drops + self.duplicates else "once"

    def _part(self, event: str, purpose: str) -> float:
        digest = hashlib.sha256(f"{self.seed}/{purpose}/{event}".encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48
