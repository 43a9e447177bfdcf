"""Boxing: the checked goods go into cartons, are weighed, and wait for the carrier's label (F-3).

The parcel rows belong to shipping, which lies above; `oms/shipping/parcels.py` makes them from what is said here.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.errors import InputInvalid
from oms.fulfilment.models import Carton
from oms.rows import among


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


_CHECKED = text("""
    SELECT fl.fulfilment_id, fl.id, fl.sku_id, fl.qty_packed, s.weight_g, fl.qty_packed < fl.qty_picked AS unchecked
    FROM fulfilment_line fl JOIN sku s ON s.id = fl.sku_id
    WHERE fl.fulfilment_id = ANY(CAST(:ids AS uuid[])) AND (fl.qty_packed > 0 OR fl.qty_packed < fl.qty_picked)
    ORDER BY fl.id
""")


def checked(session: Session, *, fulfilment_id: uuid.UUID) -> list[Checked]:
    """The pieces that were checked by scan. Raises InputInvalid while picked pieces are still unchecked."""
    return checked_all(session, fulfilment_ids=[fulfilment_id])[fulfilment_id]


def checked_all(session: Session, *, fulfilment_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Checked]]:
    """The checked pieces of each fulfilment, in one statement. Raises InputInvalid while any is unchecked."""
    rows = session.execute(_CHECKED, {"ids": list(fulfilment_ids)}).all()
    unchecked = sum(row.unchecked for row in rows)
    if unchecked:
        hint = f"{unchecked} line(s) are not fully checked: scan every piece before closing the carton"
        raise InputInvalid(hint, fields={"contents": hint})
    found: dict[uuid.UUID, list[Checked]] = {fulfilment_id: [] for fulfilment_id in fulfilment_ids}
    for row in rows:
        found[row.fulfilment_id].append(Checked(row.id, row.sku_id, row.qty_packed, row.weight_g))
    return found


def cartons(session: Session, *, codes: Sequence[str]) -> dict[str, Carton]:
    """The cartons of these codes; InputInvalid naming one that there is not."""
    found = {c.code: c for c in session.execute(select(Carton).where(among(Carton.code, sorted(set(codes))))).scalars()}
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
