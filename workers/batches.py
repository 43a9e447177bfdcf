"""How many steps one claim takes. A message may be one order or a thousand, so those of `accept` are not told by their count.

One worker would take all that a poll brought, hold it in one transaction for seconds, and leave its twin nothing.
"""

from __future__ import annotations

from oms.journey import flow

#: Kinds whose batches begin with so many steps, and grow as long as they are quick.
GROWING: dict[str, int] = {"accept": 8}
#: Seconds: a batch that took longer is halved, one that took less than half of it may be doubled.
LONG_S = 0.5


class Batches:
    """What one process learnt of the batches of each growing kind."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}

    def limit(self, kind: str) -> int:
        """How many steps of `kind` the next claim may take; of most kinds what the flow says."""
        most = flow.FLOW[kind].batch
        return min(most, self._sizes.get(kind, GROWING[kind])) if kind in GROWING else most

    def took(self, kind: str, *, steps: int, seconds: float) -> None:
        """Learn from a batch: only one that was full says that more would have been done as well."""
        if kind not in GROWING:
            return
        limit = self.limit(kind)
        if seconds > LONG_S:
            self._sizes[kind] = max(1, limit // 2)
        elif steps >= limit and seconds < LONG_S / 2:
            # Twice the limit or half of it: each limit is a statement of its own, which is prepared.
            self._sizes[kind] = min(flow.FLOW[kind].batch, limit * 2)
