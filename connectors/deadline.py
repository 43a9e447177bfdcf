"""A limit for a whole conversation: time-outs of sockets count from one byte to the next, and a trickle never ends."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

_CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadline:
    """As a context manager: after `limit_s` every watched socket is shut, and whoever waits on it gets an error.

    `passed` says afterwards whether that was the reason. Costs one sleeping thread for the length of the conversation.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.passed = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(limit_s, self._end)
        self._timer.daemon = True
        self._before: Token[Deadline | None] | None = None

    def watch(self, opened: socket.socket) -> None:
        """Shut this one too when the time is over; at once when it is over already."""
        with self._lock:
            # A copy of the handle: TLS takes the socket itself over.
            self._sockets.append(socket.socket(fileno=os.dup(opened.fileno())))
            if self.passed:
                self._shut()

    def __enter__(self) -> Self:
        self._before = _CURRENT.set(self)
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        if self._before is not None:
            _CURRENT.reset(self._before)
        with self._lock:
            for opened in self._sockets:
                opened.close()
            self._sockets.clear()

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        for opened in self._sockets:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)


def watched(opened: socket.socket) -> socket.socket:
    """The socket itself, now bound to the deadline of the conversation that opened it."""
    deadline = _CURRENT.get()
    if deadline is not None:
        deadline.watch(opened)
    return opened
