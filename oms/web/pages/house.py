"""In which warehouse someone on the floor works: their own, or the one they chose on the page."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from sqlalchemy.orm import Session

from oms.errors import NotFound
from oms.inventory import queries
from oms.inventory.models import Warehouse
from oms.web.auth import me


def houses(session: Session) -> tuple[Warehouse, Sequence[Warehouse]]:
    """(where the work is, all to choose from). NotFound while no warehouse was set up."""
    found = queries.warehouses(session)
    if not found:
        raise NotFound("no warehouse is set up yet")
    wished = request.values.get("warehouse")
    own = next((house for house in found if house.code == wished), None)
    return own or next((house for house in found if house.id == me().warehouse_id), found[0]), found
