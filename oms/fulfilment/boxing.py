"""Boxing: the checked goods go into cartons, are weighed, and wait for the carrier's label (F-3).

The parcel rows belong to shipping, which lies above; `oms/shipping/parcels.py` makes them from what is said here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from oms.errors import InputInvalid

#: The carton of one piece that travels as it is: what is larger or heavier than every carton must be able to leave.
OWN = "OWN"
#: What nobody lifts and no scale shows: a piece in its own packaging has no carton's limit.
_MOST_G = 1_000_000


@dataclass(frozen=True, slots=True)
class Box:
    """A closed carton: what it weighs on the scale, and what is in it. `contents` empty: everything checked."""

    carton_code: str
    weight_g: int
    contents: tuple[tuple[uuid.UUID, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked line with what one piece weighs and its length, width and height (None: unknown)."""

    line_id: uuid.UUID
    sku_id: uuid.UUID
    qty: Decimal
    weight_g: int | None
    size: tuple[int | None, int | None, int | None] = (None, None, None)


class Around(Protocol):
    """What is around the goods: a carton, or the piece's own packaging."""

    @property
    def id(self) -> uuid.UUID | None: ...
    @property
    def length_mm(self) -> int: ...
    @property
    def width_mm(self) -> int: ...
    @property
    def height_mm(self) -> int: ...
    @property
    def tare_g(self) -> int: ...
    @property
    def limit_g(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Own:
    length_mm: int
    width_mm: int
    height_mm: int
    id: uuid.UUID | None = None
    tare_g: int = 0
    limit_g: int = _MOST_G


def require_checked(unchecked: int) -> None:
    """Raise InputInvalid while picked pieces are still unchecked."""
    if unchecked:
        hint = f"{unchecked} line(s) are not fully checked: scan every piece before closing the carton"
        raise InputInvalid(hint, fields={"contents": hint})


_CARTONS = text("""
    SELECT id, code, length_mm, width_mm, height_mm, tare_g, limit_g FROM carton WHERE code = ANY(ARRAY(SELECT unnest(CAST(:codes AS text[]))))
""")


def cartons(session: Session, *, codes: Sequence[str]) -> dict[str, Row[Any]]:
    """The cartons of these codes; InputInvalid naming one that there is not. `OWN` is none of the house's."""
    found = {row.code: row for row in session.execute(_CARTONS, {"codes": sorted(set(codes))})}
    for place, code in enumerate(codes):
        if code not in found and code != OWN:
            raise InputInvalid(
                "no such carton", fields={f"boxes.{place}.carton_code": f"no carton {code}: scan its label"}
            )
    return found


def own_packaging(contents: Sequence[tuple[uuid.UUID, Decimal]], checked: Mapping[uuid.UUID, Checked]) -> Around | str:
    """What a piece that travels as it is measures, or what is wrong with it."""
    lines = [checked[line_id] for line_id, _ in contents if line_id in checked]
    if len(lines) != 1 or sum((qty for _, qty in contents), Decimal(0)) > 1:
        return "one piece alone travels in its own packaging: put the others into boxes of their own"
    length_mm, width_mm, height_mm = lines[0].size
    if length_mm is None or width_mm is None or height_mm is None:
        return "its size is unknown: have it measured and entered with the goods"
    return _Own(length_mm, width_mm, height_mm)


def weight_alarm(*, weighed_g: int, expected_g: int, tolerance_percent: Decimal, tolerance_g: int) -> bool:
    """Whether the scale differs so much from the goods' own weights that something is wrong in the box."""
    allowed = max(Decimal(tolerance_g), Decimal(expected_g) * tolerance_percent / 100)
    return abs(Decimal(weighed_g - expected_g)) > allowed
