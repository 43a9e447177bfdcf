"""A warehouse's walking floor from its stored JSON: a grid of aisles, or one aisle where none was drawn."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.fulfilment.layout import FreeFloor, Layout, regular_grid
from oms.inventory.models import Warehouse

Floor = Layout | FreeFloor
#: A floor nobody has drawn: a hundred aisles of 100 m, so that every bin has a place.
_UNDRAWN = {"aisle_count": 100, "aisle_pitch_mm": 3000, "block_count": 1, "block_length_mm": 100_000}


def layouts(session: Session, *, warehouse_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Floor]:
    """The floor of each warehouse."""
    rows = session.execute(select(Warehouse.id, Warehouse.layout).where(Warehouse.id.in_(warehouse_ids)))
    return {row.id: from_json(row.layout) for row in rows}


def from_json(stored: Mapping[str, Any] | None) -> Floor:
    """`{"aisle_count", "aisle_pitch_mm", "block_count", "block_length_mm", "depot_aisle"}`, lengths in mm."""
    return regular_grid(**{**_UNDRAWN, **(stored or {})})
