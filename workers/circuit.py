"""A circuit breaker per peer: after five failures in a row it is left alone for half a minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LIMIT = 5
REST_S = 30.0


class Circuits:
    """Thread-safe; counts temporary failures in a row by peer, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._closed_from: dict[str, float] = {}

    def wait_s(self, peer: str) -> float:
        """Seconds until the peer may be called; 0 when it may be called now. After the rest one call probes."""
        with self._lock:
            until = self._closed_from.get(peer, 0.0)
            left = until - self._clock()
            if left > 0:
                return left
            if peer in self._closed_from:
                self._closed_from[peer] = self._clock() + REST_S
            return 0.0

    def succeeded(self, peer: str) -> None:
        with self._lock:
            self._failures.pop(peer, None)
            self._closed_from.pop(peer, None)

    def failed(self, peer: str) -> None:
        with self._lock:
            count = self._failures[peer] = self._failures.get(peer, 0) + 1
            if count >= LIMIT:
                self._closed_from[peer] = self._clock() + REST_S
