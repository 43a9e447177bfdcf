"""Connections to PostgreSQL: their time-outs, the name that the server shows, and what psycopg is taught.

Nobody waits for ever: neither for a server that works too long, nor for one that hangs, nor for a line that is dead.
"""

from __future__ import annotations

import os
import select
import socket
import time
from functools import partial
from typing import Any, Self, cast

from psycopg import Connection, Cursor, OperationalError
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Dialect, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from oms.arrays import FlatListDumper
from oms.ids import UuidLoader

#: Seconds of `statement_timeout` for each kind of process. Building an index over millions of rows takes its time, as does a rule that
#: looks at all of them; what is ended in the middle begins anew, and is ended again.
STATEMENT_TIMEOUT_S = {"web": 5, "worker": 25, "report": 120, "unhurried": 86_400}
#: How much longer than its own time-out a statement's answer is waited for: a server that hangs ends nothing itself.
ANSWER_GRACE_S = 3
BEGIN_S = 5
#: So long after its last use a kept connection is trusted, when nothing came over its line: asking costs a statement.
TRUSTED_S = 5.0
#: A server whose machine is gone says nothing: how soon the kernel finds out, on TCP.
TCP_PATIENCE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 10_000}


class PatientConnection(Connection[Any]):
    """A connection that waits `patience_s` for an answer, not for ever.

    `statement_timeout` is the server's own, so a server that hangs (a frozen disk, a dead path) never applies it. What
    became of the statement is not known then, so the connection is closed and an OperationalError raised.
    """

    patience_s: float = 30
    _plain: PatientCursor | None = None

    def plain_cursor(self) -> PatientCursor:
        """The cursor of whoever reads its answer at once: making one costs half as much as a statement."""
        if self._plain is None or self._plain.closed:
            self._plain = cast(PatientCursor, self.cursor())
        return self._plain

    def begin(self) -> None:
        """Begin the transaction that a statement needs, within `BEGIN_S`: nothing is to be waited for but the server itself.

        psycopg would begin it within the wait for its first statement, whose answer may take as long as any other's.
        """
        if not self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE:
            with self.lock:
                self.wait(self._start_query(), timeout=BEGIN_S)

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        # The pool asks whether the server is there outside of any transaction.
        asking = self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE
        usual_s = BEGIN_S if asking else self.patience_s
        patience_s = usual_s if timeout is None else timeout
        began = time.monotonic()
        try:
            return super().wait(gen, interval, patience_s)
        except OperationalError as fault:
            if time.monotonic() - began < patience_s:
                raise
            self.pgconn.finish()
            raise OperationalError(f"the database did not answer within {patience_s:g} s") from fault


class PatientCursor(Cursor[Any]):
    """A cursor of a PatientConnection: its transaction stands before its statement is sent."""

    def execute(self, *words: Any, **named: Any) -> Self:
        cast(PatientConnection, self.connection).begin()
        return super().execute(*words, **named)

    def executemany(self, *words: Any, **named: Any) -> None:
        cast(PatientConnection, self.connection).begin()
        super().executemany(*words, **named)

    def forget(self) -> None:
        """Let go of an answer that was read, which a cursor that is kept would keep as well."""
        self._reset()


def make_engine(
    url: str,
    *,
    role: str = "worker",
    name: str = "command",
    pool_size: int = 5,
    max_overflow: int = 5,
    pre_ping: bool = True,
    trusted_s: float = TRUSTED_S,
) -> Engine:
    """An engine with the time-outs of `role`; make one in each process, after any fork.

    `name` is the part of the product that this process is, as the server shows it. Without `pre_ping` the caller itself
    tries again when a kept connection turns out to be dead.
    """
    timeout_ms = STATEMENT_TIMEOUT_S[role] * 1000
    options = f"-c jit=off -c statement_timeout={timeout_ms} -c lock_timeout=5000 -c idle_in_transaction_session_timeout=15000"
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=2,
        # The one used last knows its statements and the server its plans: a few warm connections instead of all in turn.
        pool_use_lifo=True,
        # Errors are logged, and values may be private.
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": 5} | TCP_PATIENCE,
    )
    patience_s = STATEMENT_TIMEOUT_S[role] + ANSWER_GRACE_S
    event.listen(engine, "do_connect", partial(_patient, name, patience_s))
    event.listen(engine, "connect", _teach)
    if pre_ping:
        event.listen(engine, "checkin", _note_rest)
        event.listen(engine, "checkout", partial(_look, engine.dialect, trusted_s))
    return engine


def _note_rest(_connection: Any, record: Any) -> None:
    record.info["rested_at"] = time.monotonic()


def _look(dialect: Dialect, trusted_s: float, connection: PatientConnection, record: Any, _fairy: Any) -> None:
    """Ask a kept connection whether its server is there, before it is used; one that is dead is replaced, with all others.

    A server that ends closes its end of the line, which is seen without asking; a line that died in silence is not.
    """
    rested_at = record.info.pop("rested_at", None)
    if rested_at is None or (time.monotonic() - rested_at < trusted_s and not _has_spoken(connection)):
        return
    try:
        dialect.do_ping(connection)  # type: ignore[arg-type]
    except OperationalError as fault:
        raise InvalidatePoolError from fault


def _has_spoken(connection: PatientConnection) -> bool:
    """Whether something is to be read that nobody asked for, a farewell or the end; what is closed has said its last word."""
    if connection.closed:
        return True
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    return bool(line.poll(0))


#: PostgreSQL cuts `application_name` off behind so many bytes.
_NAME_BYTES = 63


def called(name: str) -> str:
    """How this process is named in pg_stat_activity and in the server's log: `oms inside 4711@host`."""
    return f"oms {name} {os.getpid()}@{socket.gethostname()}"[:_NAME_BYTES]


def _patient(
    name: str, patience_s: float, _dialect: Dialect, _record: Any, words: list[Any], named: dict[str, Any]
) -> PatientConnection:
    # Named here and not with the engine: a web process connects with the engine that its master made.
    try:
        connection = PatientConnection.connect(
            *words, **named, cursor_factory=PatientCursor, application_name=called(name)
        )
    except OperationalError as fault:
        # The fault's traceback holds the frame that holds the fault, and with it the attempt and its socket: both would
        # stay, at the server too, until the collector comes by, which in a process at rest is minutes.
        raise fault.with_traceback(None)  # noqa: B904  it is the same fault
    connection.patience_s = patience_s
    return connection


#: An order's life, one call a step, sends 82 statements (`bench single`), a web process many more. psycopg forgets the oldest
#: of 100, so that a process which does them in turn would prepare none and have each planned anew.
PREPARED_STATEMENTS = 500


def _teach(connection: Any, _record: Any) -> None:
    """Arrays travel binary: as text each element is quoted by a regular expression, at up to thirty times the cost."""
    connection.adapters.register_dumper(list, FlatListDumper)
    connection.adapters.register_loader("uuid", UuidLoader)
    connection.prepared_max = PREPARED_STATEMENTS
