"""A warehouse's walking floor from its stored JSON: a grid of aisles, or one aisle where none was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.fulfilment.layout import FreeFloor, Layout, regular_grid

Floor = Layout | FreeFloor
#: A floor nobody has drawn: a hundred aisles of 100 m, so that every bin has a place.
_UNDRAWN = {"aisle_count": 100, "aisle_pitch_mm": 3000, "block_count": 1, "block_length_mm": 100_000}


def from_json(stored: Mapping[str, Any] | None) -> Floor:
    """`{"aisle_count", "aisle_pitch_mm", "block_count", "block_length_mm", "depot_aisle"}`, lengths in mm."""
    return regular_grid(**{**_UNDRAWN, **(stored or {})})
