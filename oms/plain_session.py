"""A session that hands SQL text to the driver as it is: nothing is left to compile, a third of a statement's Python."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm import Session

_LINES = re.compile(r"\s*\n\s*")
_DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call]


@cache
def _as_sent(statement: str) -> str:
    """The words of a text() as the driver takes them: `:name` is `%(name)s`, and each line begins where the last one ends.

    The driver keeps what it made of a statement of up to 4,096 characters. No literal holds a line break; a comment
    ends with its line, so a statement that has one keeps its lines.
    """
    sent = str(text(statement).compile(dialect=_DIALECT))
    return sent if "--" in sent else _LINES.sub(" ", sent).strip()


class PlainSession(Session):
    """A session for SQL text; results, errors and events are the connection's own, as ever."""

    def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """As `Session.execute`; whatever is no bare text() takes the usual way."""
        if type(statement) is TextClause and not options and not isinstance(params, list):
            return self.connection().exec_driver_sql(_as_sent(statement.text), params or {})
        return super().execute(statement, params, **options)
