"""A circuit breaker per peer: after five failures in a row it is left alone for half a minute.

It also remembers which steps wait for a peer: they need not wait out a back-off of minutes once it answers somebody. Half a
minute they do wait, so that a call which fails alone, while others succeed, is not made again with each of those.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from itertools import takewhile

LIMIT = 5
REST_S = 30.0
#: So many steps of a peer are remembered; the rest come by their own back-off.
REMEMBERED = 10_000
#: Seconds between two that wait in line until a peer's rest is over, and the longest that the line puts one off. After it only
#: so many are asked for again as could be called in that time; a hundred thousand mails would else be put off each half minute.
EACH_S = 0.05
LINE_S = 600.0


class Circuits:
    """Thread-safe; counts temporary failures in a row by peer, in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._closed_from: dict[str, float] = {}
        self._in_line: dict[str, int] = {}  # so many since this rest began
        self._waiting: dict[str, dict[uuid.UUID, float]] = {}  # since when, the oldest first

    def wait_s(self, peer: str) -> float:
        """Seconds until the peer may be called; 0 when it may be called now. After the rest one call probes."""
        with self._lock:
            until = self._closed_from.get(peer, 0.0)
            left = until - self._clock()
            if left > 0:
                return left
            if peer in self._closed_from:
                self._let_rest(peer)
            return 0.0

    def rests_s(self, peer: str) -> float:
        """Seconds for which the peer is left alone; whoever only looks is not the one that probes."""
        with self._lock:
            return max(0.0, self._closed_from.get(peer, 0.0) - self._clock())

    def waits(self, peer: str, step_id: uuid.UUID) -> None:
        """This step waits for the peer, and for nothing else."""
        with self._lock:
            self._remember(peer, step_id)

    def line_up(self, peer: str, step_ids: Sequence[uuid.UUID]) -> list[float]:
        """These wait until the peer has rested, one behind the other and behind who came before: the seconds of each."""
        with self._lock:
            left = max(0.0, self._closed_from.get(peer, 0.0) - self._clock())
            first = self._in_line.get(peer, 0)
            self._in_line[peer] = first + len(step_ids)
            for step_id in step_ids:
                self._remember(peer, step_id)
            return [left + min(place * EACH_S, LINE_S) for place in range(first, first + len(step_ids))]

    def _remember(self, peer: str, step_id: uuid.UUID) -> None:
        waiting = self._waiting.setdefault(peer, {})
        waiting.pop(step_id, None)
        if len(waiting) < REMEMBERED:
            waiting[step_id] = self._clock()

    def _let_rest(self, peer: str) -> None:
        self._closed_from[peer] = self._clock() + REST_S
        self._in_line.pop(peer, None)

    def succeeded(self, peer: str) -> list[uuid.UUID]:
        """The peer answers: the steps that have waited for it long enough, told once."""
        with self._lock:
            self._failures.pop(peer, None)
            self._closed_from.pop(peer, None)
            self._in_line.pop(peer, None)
            waiting, until = self._waiting.get(peer, {}), self._clock() - REST_S
            told = list(takewhile(lambda step_id: waiting[step_id] <= until, waiting))
            for step_id in told:
                del waiting[step_id]
            return told

    def failed(self, peer: str) -> None:
        with self._lock:
            count = self._failures[peer] = self._failures.get(peer, 0) + 1
            if count >= LIMIT:
                self._let_rest(peer)
