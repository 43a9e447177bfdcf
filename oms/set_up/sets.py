"""What a set-up file may do to sets: each has parts that are goods, and one that was ordered stays what it is.

Orders, parcels and returns tell what a set holds from its parts as they stand, of those of long ago too.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_SETS = text("""
    SELECT s.id, s.code, s.bundle, EXISTS (SELECT 1 FROM bundle_part b WHERE b.bundle_id = s.id) AS has_parts,
           ARRAY(SELECT p.code FROM bundle_part b JOIN sku p ON p.id = b.part_id WHERE b.bundle_id = s.id AND p.bundle ORDER BY 1)
               AS sets_inside,
           ARRAY(SELECT w.code FROM bundle_part b JOIN sku w ON w.id = b.bundle_id WHERE b.part_id = s.id ORDER BY 1) AS inside,
           EXISTS (SELECT 1 FROM stock WHERE stock.sku_id = s.id AND stock.on_hand > 0) AS on_hand,
           s.id = ANY(CAST(:stood AS uuid[])) AND EXISTS (SELECT 1 FROM order_line l WHERE l.sku_id = s.id) AS ordered_as_it_stood
    FROM sku s WHERE s.id = ANY(CAST(:ids AS uuid[]))
""")


@dataclass(frozen=True, slots=True)
class Touched:
    """Where in the file a good becomes a set, or a set has other parts; `stood`: it was something else before."""

    where: str
    stood: bool


def faults(session: Session, touched: Mapping[uuid.UUID, Touched]) -> dict[str, str]:
    """Place in the file -> what is wrong with the set that it makes."""
    if not touched:
        return {}
    session.flush()
    stood = [good_id for good_id, one in touched.items() if one.stood]
    rows = session.execute(_SETS, {"ids": list(touched), "stood": stood}).all()
    found = {touched[row.id].where: _fault(row) for row in rows}
    return {where: words for where, words in found.items() if words}


def _fault(row: Any) -> str:
    """What is wrong with a set as it stands now; empty when nothing is."""
    if row.ordered_as_it_stood:
        return f"{row.code} was ordered as it is: make another good, and write active: false for this one"
    if row.bundle and not row.has_parts:
        return f"{row.code} is a set without parts: name them in bundle_parts"
    if row.bundle and row.sets_inside:
        return f"{', '.join(row.sets_inside)} is a set itself: name its parts"
    if row.bundle and row.inside:
        return f"{row.code} is a part of {', '.join(row.inside)}: a set cannot be"
    if row.bundle and row.on_hand:
        return f"pieces of {row.code} are on hand, which nobody could pick as a set: make another good the set"
    if not row.bundle and row.has_parts:
        return f"{row.code} has parts and is no set: write bundle: true for it"
    return ""
