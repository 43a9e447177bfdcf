"""What a scanned code is: a SKU by barcode or by its own code, with the pieces that one scan stands for."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import numbers

#: One number in lengths of 8, 12, 13 and 14 digits: what stands in front are zeros, which scanners add and leave out.
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}", re.ASCII)
_LENGTHS = (13, 12, 14, 8)
#: `01` and a GTIN, then batch, expiry or serial number: the code of a case, or of goods with a batch.
_ELEMENTS = re.compile(r"01([0-9]{14})", re.ASCII)

#: (SKU, pieces) of the first of `:codes` that is known, a barcode before a SKU's own code.
FIND = """
    SELECT k.sku_id, k.qty FROM (
        SELECT sku_id, qty, 2 * array_position(CAST(:codes AS text[]), code) AS place
        FROM barcode WHERE code = ANY(CAST(:codes AS text[]))
        UNION ALL SELECT id, 1, 2 * array_position(CAST(:codes AS text[]), code) + 1
        FROM sku WHERE code = ANY(CAST(:codes AS text[]))) k ORDER BY k.place LIMIT 1
"""
_FIND = text(FIND)


def spellings(code: str) -> list[str]:
    """What the catalogue may have for a scanned code, as it is scanned first: scanners differ in zeros, kinds and capitals."""
    given, bare = code.strip(), numbers.bare(code)
    found = [given, bare, given.upper(), *_gtins(bare)]
    elements = _ELEMENTS.match(bare)
    if elements:
        found += _gtins(elements[1])
    return list(dict.fromkeys(found))


def _gtins(digits: str) -> list[str]:
    """The same number in each length, where the check digit is right."""
    if not _GTIN.fullmatch(digits):
        return []
    weighted = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    number = digits.lstrip("0")
    if not number or sum(weighted) % 10:
        return []
    return [number.zfill(length) for length in _LENGTHS if len(number) <= length]


def sku_of(session: Session, *, code: str) -> tuple[uuid.UUID | None, Decimal]:
    """(SKU, pieces) of a code; (None, 0) for one that nobody knows."""
    row = session.execute(_FIND, {"codes": spellings(code)}).first()
    return (row.sku_id, Decimal(row.qty)) if row else (None, Decimal(0))
