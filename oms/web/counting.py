"""Counts of hits in a window, in Redis. Without Redis they go on in each process's memory, so that
sign-in never becomes free to guess.
"""

from __future__ import annotations

import logging
import time
from typing import ClassVar

from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from oms.errors import TooMany

log = logging.getLogger(__name__)

#: How long Redis is left alone after it did not answer.
REST_S = 5.0
WAIT_S = 0.05


class OverLimit(TooMany):
    """Too many requests; `retry_after_s` says when there may be room again."""

    retry_after_s: ClassVar[int] = 60


class Limits:
    """Counts hits by name and who; in Redis, or in memory while Redis is away."""

    def __init__(self, redis_url: str) -> None:
        url = redis_url.replace("unix://", "redis+unix://", 1) if redis_url.startswith("unix://") else redis_url
        self._storage = storage_from_string(
            url, wrap_exceptions=True, socket_connect_timeout=WAIT_S, socket_timeout=WAIT_S
        )
        self._shared = FixedWindowRateLimiter(self._storage)
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._rests_until = 0.0

    def hit(self, limit: RateLimitItem, name: str, who: str) -> None:
        """Count one; OverLimit when the limit is passed."""
        if not self._hit(limit, name, who):
            raise OverLimit(f"too many requests: at most {limit}; wait and try again")

    def _hit(self, limit: RateLimitItem, name: str, who: str) -> bool:
        if time.monotonic() >= self._rests_until:
            try:
                return self._shared.hit(limit, name, who)
            except StorageError:
                self._rests_until = time.monotonic() + REST_S
                log.warning("rate limits are kept in memory: Redis does not answer")
        return self._own.hit(limit, name, who)

    def redis_answers(self) -> bool:
        """Whether Redis is there, for /readyz."""
        return bool(self._storage.check())
