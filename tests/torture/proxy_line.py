"""One connection through the fault proxy: its two ends, who its client is, and since when that client waits."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import time
from contextlib import suppress
from typing import NamedTuple

#: So much may lie unread before the proxy stops reading, and would not hear that its sender hangs up.
_UNREAD_BYTES = 32 * 1024 * 1024
_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)
#: PostgreSQL's startup message is pairs of words, each ended by a zero.
_NAME = re.compile(rb"application_name\0([^\0]+)\0")
_SHOWN = 120


class Wait(NamedTuple):
    """How long somebody waited: who it was, as far as it said so, what it had asked (its first bytes), and until when."""

    seconds: float
    who: str
    asked: str
    ended: float = 0.0


NOBODY = Wait(0.0, "", "")


class HeardAtOnce(asyncio.StreamReader):
    """Knows when its sender hung up, also while something that came before is not read yet.

    PostgreSQL's clients say farewell and hang up at once: behind unread bytes `at_eof` would never see it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=_UNREAD_BYTES, loop=loop)
        self.gone_at: float | None = None

    def feed_eof(self) -> None:
        self._gone()
        super().feed_eof()

    def set_exception(self, exc: Exception) -> None:
        self._gone()
        super().set_exception(exc)

    def _gone(self) -> None:
        if self.gone_at is None:
            self.gone_at = time.monotonic()


class Line:
    """Both ends, how many bytes of answers have passed, since when the client waits."""

    def __init__(
        self, reader: asyncio.StreamReader, client: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        self.client, self.server = client, server
        self.answered = 0
        self.dead = False
        self.opened_at = time.monotonic()
        self.asked_at: float | None = None
        self._reader = reader
        self._who, self._asked = "", b""
        #: somebody who subscribed waits for news, not for an answer
        self._listens = False

    @property
    def gone_at(self) -> float | None:
        """When the client hung up."""
        return self._reader.gone_at if isinstance(self._reader, HeardAtOnce) else None

    def asked(self, data: bytes) -> None:
        self._listens = self._listens or b"SUBSCRIBE" in data.upper()
        found = None if self._who else _NAME.search(data)
        if found:
            self._who = found[1].decode("utf-8", "replace")
        if self.asked_at is None:
            self.asked_at, self._asked = time.monotonic(), data[:_SHOWN]

    def waits(self) -> Wait:
        """Seconds since the client asked what is not answered yet, until it hung up."""
        if self.asked_at is None or self._listens:
            return NOBODY
        ended = self.gone_at or time.monotonic()
        return Wait(ended - self.asked_at, self._who, _printable(self._asked), ended)

    def close(self, *, reset: bool) -> None:
        for end in (self.client, self.server):
            if reset:
                with suppress(OSError):
                    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
            end.close()


def _printable(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
