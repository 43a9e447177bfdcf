"""What a scanned code is: a SKU by barcode or by its own code, with the pieces that one scan stands for."""

from __future__ import annotations

import uuid
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

_FIND = text("""
    SELECT sku_id, qty FROM barcode WHERE code = :code
    UNION ALL SELECT id, 1 FROM sku WHERE code = :code LIMIT 1
""")


def sku_of(session: Session, *, code: str) -> tuple[uuid.UUID | None, Decimal]:
    """(SKU, pieces) of a code; (None, 0) for one that nobody knows."""
    row = session.execute(_FIND, {"code": code.strip()}).first()
    return (row.sku_id, Decimal(row.qty)) if row else (None, Decimal(0))
