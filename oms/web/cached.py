"""A value that a process may keep for a few seconds, such as a channel's secrets on the webhook path."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

KEEP_S = 2.0
MOST = 1000


class Cached:
    """Values by name, each read again after two seconds; a fault of the reader is not kept."""

    def __init__(self, keep_s: float = KEEP_S) -> None:
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._values: dict[str, tuple[float, Any]] = {}

    def get(self, name: str, read: Callable[[str], Any]) -> Any:
        """The value of `name`, from `read` when it is not known or too old."""
        moment = time.monotonic()
        known = self._values.get(name)
        if known is not None and moment - known[0] < self._keep_s:
            return known[1]
        value = read(name)
        with self._lock:
            # Names come from senders: unknown ones must not fill the memory.
            if len(self._values) >= MOST:
                self._values.clear()
            self._values[name] = (moment, value)
        return value

    def forget(self) -> None:
        """Read everything again."""
        with self._lock:
            self._values.clear()
