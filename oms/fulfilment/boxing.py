"""Boxing: the checked goods go into cartons, are weighed, and wait for the carrier's label (F-3).

The parcel rows belong to shipping, which lies above; `oms/shipping/parcels.py` makes them from what is said here.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms.errors import InputInvalid


@dataclass(frozen=True, slots=True)
class Box:
    """A closed carton: what it weighs on the scale, and what is in it. `contents` empty: everything checked."""

    carton_code: str
    weight_g: int
    contents: tuple[tuple[uuid.UUID, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked line with what one piece weighs (None: unknown)."""

    line_id: uuid.UUID
    sku_id: uuid.UUID
    qty: Decimal
    weight_g: int | None


def require_checked(unchecked: int) -> None:
    """Raise InputInvalid while picked pieces are still unchecked."""
    if unchecked:
        hint = f"{unchecked} line(s) are not fully checked: scan every piece before closing the carton"
        raise InputInvalid(hint, fields={"contents": hint})


_CARTONS = text("""
    SELECT id, code, length_mm, width_mm, height_mm, tare_g, limit_g FROM carton WHERE code = ANY(ARRAY(SELECT unnest(CAST(:codes AS text[]))))
""")


def cartons(session: Session, *, codes: Sequence[str]) -> dict[str, Row[Any]]:
    """The cartons of these codes; InputInvalid naming one that there is not."""
    found = {row.code: row for row in session.execute(_CARTONS, {"codes": sorted(set(codes))})}
    for place, code in enumerate(codes):
        if code not in found:
            raise InputInvalid(
                "no such carton", fields={f"boxes.{place}.carton_code": f"no carton {code}: scan its label"}
            )
    return found


def weight_alarm(*, weighed_g: int, expected_g: int, tolerance_percent: Decimal, tolerance_g: int) -> bool:
    """Whether the scale differs so much from the goods' own weights that something is wrong in the box."""
    allowed = max(Decimal(tolerance_g), Decimal(expected_g) * tolerance_percent / 100)
    return abs(Decimal(weighed_g - expected_g)) > allowed
