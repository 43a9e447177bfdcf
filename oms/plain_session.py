"""A session that hands SQL text to the driver itself: nothing is compiled, and a result's names are known from the first time.

A statement costs 34 us of Python instead of 61, of which the driver's own share is 24. Every value is given with the call:
what `bindparams` keeps in a statement is not sent, and the driver refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from psycopg import Error as DriverError
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.orm import Session

from oms.connections import PatientConnection, PatientCursor

_LINES = re.compile(r"\s*\n\s*")
_DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call]
#: What a statement's columns are called, by its words.
_NAMES: dict[str, SimpleResultMetaData] = {}


@cache
def _as_sent(statement: str) -> str:
    """The words of a text() as the driver takes them: `:name` is `%(name)s`, and each line begins where the last one ends.

    The driver keeps what it made of a statement of up to 4,096 characters. No literal holds a line break; a comment
    ends with its line, so a statement that has one keeps its lines.
    """
    sent = str(text(statement).compile(dialect=_DIALECT))
    return sent if "--" in sent else _LINES.sub(" ", sent).strip()


class PlainResult(IteratorResult[Any]):
    """The rows of a statement, all fetched; `rowcount` is how many it found or wrote."""

    rowcount: int = -1


class PlainSession(Session):
    """A session for SQL text; errors and events are the connection's own, as ever."""

    def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """As `Session.execute`; whatever is no bare text() takes the usual way."""
        if type(statement) is TextClause and not options and not isinstance(params, list):
            connection, sent = self.connection(), _as_sent(statement.text)
            driver: Any = connection.connection.dbapi_connection
            if isinstance(driver, PatientConnection):
                return _executed(connection, driver, sent, params or {})
            return connection.exec_driver_sql(sent, params or {})
        return super().execute(statement, params, **options)


class _Heard:
    """What stands for SQLAlchemy's execution context before those who listen; they may keep something in it."""

    executemany = False


def _executed(connection: Connection, driver: PatientConnection, sent: str, params: Mapping[str, Any]) -> PlainResult:
    cursor = driver.plain_cursor()
    heard = _Heard() if connection._has_events or connection.engine._has_events else None
    words, given = _told_before(connection, cursor, sent, params, heard) if heard else (sent, params)
    try:
        result = _sent(cursor, words, given)
    except BaseException as fault:
        if isinstance(fault, Exception) and not isinstance(fault, DriverError):
            raise  # a value that the driver cannot take: the line is as good as before
        # As the connection treats the faults of its own statements: translated, and a line that is cut is given up.
        connection._handle_dbapi_exception(fault, words, given, cursor, None)  # type: ignore[arg-type]
    if heard:
        for note in connection.dispatch.after_cursor_execute:
            note(connection, cursor, words, given, heard, False)
    return result


def _told_before(
    connection: Connection, cursor: PatientCursor, sent: str, params: Any, heard: _Heard
) -> tuple[str, Mapping[str, Any]]:
    for note in connection.dispatch.before_cursor_execute:
        sent, params = note(connection, cursor, sent, params, heard, False)
    return sent, params


def _sent(cursor: PatientCursor, words: str, given: Mapping[str, Any]) -> PlainResult:
    cursor.execute(words, given)
    answer = cursor.pgresult
    width = answer.nfields if answer else 0
    names = _NAMES.get(words)
    if names is None or len(names._keys) != width:
        names = _NAMES[words] = SimpleResultMetaData([column.name for column in cursor.description or ()])
    result = PlainResult(names, iter(cursor.fetchall() if width else ()))
    result.rowcount = cursor.rowcount
    cursor.forget()
    return result
