"""What a transaction knows of rows that it holds locked: nobody else changes them, so asking again would give the same.

It is forgotten with the transaction, and where a savepoint begins or ends, since that may undo what was known.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

_KEY = "transaction memory"


def of(session: Session, name: str) -> dict[Any, Any]:
    """What is kept under `name`; the writer of such a row keeps it true."""
    begun = session.get_nested_transaction() or session.get_transaction()
    if begun is None:
        return {}
    kept: tuple[Any, dict[str, dict[Any, Any]]] = session.info.get(_KEY, (None, {}))
    if kept[0] is not begun:
        kept = session.info[_KEY] = (begun, {})
    return kept[1].setdefault(name, {})
