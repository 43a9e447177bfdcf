"""Every point of failure of a process: each SQL statement, commit, HTTP, mail and Redis call, and what can go wrong there.

The product has no test code in it: `install` wraps what its libraries offer, in a child that is about to be
killed. A point is named by its label (the kind of operation and its first words) and its place among those of that label.
"""

from __future__ import annotations

import os
import re
import signal
import smtplib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests
from psycopg.errors import TransactionResolutionUnknown
from redis import connection as redis_connection
from redis import exceptions as redis_exceptions
from requests.adapters import HTTPAdapter
from sqlalchemy import Engine, event

KILL_BEFORE, KILL_AFTER = "kill before", "kill after"
LOST, LOST_AFTER = "connection lost", "connection lost after"
LOST_NOT_DONE, LOST_DONE = "connection lost, commit not done", "connection lost, commit done"
SERIALIZATION, DISK_FULL, TIME_OUT = "serialization failure", "disk full", "time-out"
REFUSED, CUT_AFTER = "connection refused", "cut after the peer did it"
TIME_OUT_BEFORE, TIME_OUT_AFTER = "time-out before the peer did it", "time-out after the peer did it"

#: What the server is made to answer, for real, in place of the statement or the commit.
SQLSTATES = {SERIALIZATION: "40001", DISK_FULL: "53100", TIME_OUT: "57014"}

_PEER = (KILL_BEFORE, KILL_AFTER, REFUSED, CUT_AFTER, TIME_OUT_BEFORE, TIME_OUT_AFTER)
#: THE table: kind of operation -> what is done to it.
MODES: dict[str, tuple[str, ...]] = {
    "sql": (KILL_BEFORE, KILL_AFTER, LOST, LOST_AFTER, *SQLSTATES),
    "commit": (KILL_BEFORE, KILL_AFTER, LOST_NOT_DONE, LOST_DONE, *SQLSTATES),
    "http": _PEER,
    "smtp": _PEER,
    "redis": (KILL_BEFORE, KILL_AFTER, LOST, TIME_OUT_AFTER),
}

_RAISE = "DO $$ BEGIN RAISE EXCEPTION 'failpoint' USING ERRCODE = '{}'; END $$"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Z]{2,3}-?[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z]|SBX\d+|ord_\d+")
_COMMAND = re.compile(rb"(?:^|\r\n)\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n")


@dataclass(frozen=True, slots=True)
class Point:
    """The `place`-th operation with this label (from 1)."""

    label: str
    place: int

    @property
    def kind(self) -> str:
        return self.label.partition(" ")[0]

    @property
    def modes(self) -> tuple[str, ...]:
        return MODES[self.kind]


@dataclass
class Watch:
    """Counts the operations of this process and says what is to happen at each; tells `fired` before it happens."""

    point: Point | None = None
    mode: str = ""
    fired: Callable[[], None] = lambda: None
    seen: list[Point] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arrive(self, kind: str, words: str) -> str | None:
        """An operation is about to begin; the mode of failure when this is the point."""
        label = f"{kind} {words}"
        with self._lock:
            self._counts[label] += 1
            here = Point(label, self._counts[label])
            self.seen.append(here)
            if here != self.point:
                return None
            self.fired()
        if self.mode == KILL_BEFORE:
            die()
        return self.mode


def die() -> None:
    """SIGKILL: no handler runs, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def install(watch: Watch) -> None:
    """Watch every operation of this process from now on; there is no way back, the process ends."""
    _watch_sql(watch)
    _watch_commits(watch)
    _watch_http(watch)
    _watch_smtp(watch)
    _watch_redis(watch)


# ------------------------------------------------------------------ PostgreSQL


def cut(connection: psycopg.Connection[Any]) -> None:
    """Take the wire away, as a broken network or a dead server does; the next use of it fails for real."""
    with socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def statement_words(statement: str) -> str:
    return _ID.sub("#", " ".join(statement.split()))[:64]


_LAST: dict[int, str] = {}


def _watch_sql(watch: Watch) -> None:
    def before(connection: Any, _cursor: Any, statement: str, values: Any, context: Any, many: bool) -> tuple[str, Any]:
        words = statement_words(statement)
        driver = connection.connection.dbapi_connection
        _LAST[id(driver)] = words
        mode = watch.arrive("sql", words)
        if mode == LOST:
            cut(driver)
        elif mode in SQLSTATES:
            return _RAISE.format(SQLSTATES[mode]), [()] if many else ()
        elif mode and context is not None:
            context.failpoint = mode
        return statement, values

    def after(connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        mode = getattr(context, "failpoint", None)
        if mode == KILL_AFTER:
            die()
        elif mode == LOST_AFTER:
            cut(connection.connection.dbapi_connection)

    event.listen(Engine, "before_cursor_execute", before, retval=True)
    event.listen(Engine, "after_cursor_execute", after)
    event.listen(Engine, "handle_error", _refused)


def _refused(context: Any) -> None:
    """A statement that the server refused was carried out, too: who is to be killed after it is not spared for that."""
    if getattr(context.execution_context, "failpoint", None) == KILL_AFTER:
        die()


def _watch_commits(watch: Watch) -> None:
    original = psycopg.Connection.commit

    def commit(self: psycopg.Connection[Any]) -> None:
        if self.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            original(self)  # nothing was begun: no word goes to the server
            return
        mode = watch.arrive("commit", f"after {_LAST.get(id(self), 'nothing')}")
        if mode in SQLSTATES:
            self.execute(_RAISE.format(SQLSTATES[mode]).encode())
        if mode == LOST_NOT_DONE:
            cut(self)
        original(self)
        if mode == KILL_AFTER:
            die()
        if mode == LOST_DONE:
            cut(self)
            self.close()
            raise TransactionResolutionUnknown("the server closed the connection before it answered the COMMIT")

    psycopg.Connection.commit = commit  # type: ignore[method-assign]


# ------------------------------------------------------------------ peers


def _at_peer(
    mode: str | None, act: Callable[[], Any], *, refused: Exception, cut_off: Exception, late: Exception
) -> Any:
    """Do the call, or fail before or after the peer did its part."""
    if mode == REFUSED:
        raise refused
    if mode == TIME_OUT_BEFORE:
        raise late
    answer = act()
    if mode == KILL_AFTER:
        die()
    if mode == CUT_AFTER:
        raise cut_off
    if mode == TIME_OUT_AFTER:
        raise late
    return answer


def _watch_http(watch: Watch) -> None:
    original = HTTPAdapter.send

    def send(self: HTTPAdapter, request: requests.PreparedRequest, **given: Any) -> Any:
        words = f"{request.method} {_ID.sub('#', request.path_url.partition('?')[0])}"
        return _at_peer(
            watch.arrive("http", words),
            lambda: original(self, request, **given),
            refused=requests.ConnectionError("connection refused"),
            cut_off=requests.ConnectionError("connection reset by peer"),
            late=requests.ReadTimeout("read timed out"),
        )

    HTTPAdapter.send = send  # type: ignore[method-assign]


def _watch_smtp(watch: Watch) -> None:
    for name in ("connect", "data"):
        _watch_smtp_call(watch, name, getattr(smtplib.SMTP, name))


def _watch_smtp_call(watch: Watch, name: str, original: Callable[..., Any]) -> None:
    def call(self: smtplib.SMTP, *given: Any, **named: Any) -> Any:
        def act() -> Any:
            return original(self, *given, **named)

        try:
            return _at_peer(
                watch.arrive("smtp", name),
                act,
                refused=ConnectionRefusedError("connection refused"),
                cut_off=smtplib.SMTPServerDisconnected("connection unexpectedly closed"),
                late=TimeoutError("timed out"),
            )
        except (OSError, smtplib.SMTPServerDisconnected):
            self.close()
            raise

    setattr(smtplib.SMTP, name, call)


def _watch_redis(watch: Watch) -> None:
    wire = redis_connection.AbstractConnection
    send, read = wire.send_packed_command, wire.read_response

    def send_watched(self: Any, command: Any, *given: Any, **named: Any) -> Any:
        if self._sock is None:
            self.connect_check_health(check_health=False)  # its own handshake is an operation before this one
        sent = b"".join(command) if isinstance(command, list | tuple) else command
        names = _COMMAND.findall(sent if isinstance(sent, bytes) else sent.encode())
        mode = watch.arrive("redis", "+".join(dict.fromkeys(name.decode().upper() for name in names)))
        if mode == LOST:
            self.disconnect()
            raise redis_exceptions.ConnectionError("connection lost")
        self.failpoint = mode
        return send(self, command, *given, **named)

    def read_watched(self: Any, *given: Any, **named: Any) -> Any:
        try:
            answer = read(self, *given, **named)
        except redis_exceptions.ResponseError:
            # A refusal is an answer as well: older servers do not know `CLIENT SETINFO`.
            _after_answer(self)
            raise
        _after_answer(self)
        return answer

    wire.send_packed_command = send_watched  # type: ignore[method-assign]
    wire.read_response = read_watched  # type: ignore[method-assign]


def _after_answer(connection: Any) -> None:
    mode, connection.failpoint = getattr(connection, "failpoint", None), None
    if mode == KILL_AFTER:
        die()
    if mode == TIME_OUT_AFTER:
        connection.disconnect()
        raise redis_exceptions.TimeoutError("timed out reading the answer")
