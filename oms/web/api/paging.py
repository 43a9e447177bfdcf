"""Pages by key: the cursor is the sort key of the last row, so a page costs the same anywhere in the list."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import orjson
from marshmallow import fields, validate

from oms.clock import parse_instant
from oms.errors import InputInvalid
from oms.web.api.base import Schema

LIMIT, LIMIT_MAX = 50, 200
Row = TypeVar("Row")
Key = tuple[Any, ...]


def _plain(text: str) -> str:
    """No sort key of ours has a NUL, which the database would not take."""
    if "\x00" in text:
        raise ValueError(text)
    return text


_READ: dict[type, Callable[[str], Any]] = {
    str: _plain,
    int: int,
    uuid.UUID: uuid.UUID,
    datetime: lambda text: parse_instant(text, field="cursor"),
}


class PageArgs(Schema):
    """The query of every list; subclass it for the list's own filters."""

    limit = fields.Integer(load_default=LIMIT, validate=validate.Range(1, LIMIT_MAX))
    cursor = fields.String(load_default=None, allow_none=True, metadata={"description": "`next` of the page before"})


def encode(key: Key) -> str:
    """A sort key as an opaque cursor."""
    return base64.urlsafe_b64encode(orjson.dumps([_text(part) for part in key])).decode().rstrip("=")


def decode(cursor: str | None, *types: type) -> Key | None:
    """The key in a cursor, whose parts are of `types`; InputInvalid for one that is not ours."""
    if cursor is None:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(parts, list) or len(parts) != len(types):
            raise ValueError(cursor)
        return tuple(_READ[kind](str(part)) for kind, part in zip(types, parts, strict=True))
    except (ValueError, binascii.Error, InputInvalid) as fault:
        hint = "use `next` of the page before, unchanged"
        raise InputInvalid(f"the cursor is not ours: {hint}", fields={"cursor": hint}) from fault


def page(rows: Sequence[Row], *, limit: int, key: Callable[[Row], Key]) -> dict[str, Any]:
    """The body of a list answer, from `limit + 1` rows: the one too many says that there is a next page."""
    shown = list(rows[:limit])
    return {"items": shown, "next": encode(key(shown[-1])) if len(rows) > limit else None}


def _text(part: Any) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)
