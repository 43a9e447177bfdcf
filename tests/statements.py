"""How many statements a piece of work costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

#: Who is asking, and what time it is: every request pays for these.
_ALWAYS = ("FROM api_key", "business_clock", "SAVEPOINT", "SELECT 1")


@contextmanager
def counted(engine: Engine, *, apart: tuple[str, ...] = _ALWAYS) -> Iterator[list[str]]:
    """Collect the statements that run on the engine, `apart` from those that every request costs."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not any(part in statement for part in apart):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
