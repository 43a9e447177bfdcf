"""What the shop systems' APIs share: times in queries, lines of shipments."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from connectors.sandbox.http_messages import Refused, Request
from connectors.sandbox.store import Row


def moment(request: Request, name: str, default: datetime) -> datetime:
    """A time in the query, UTC where it has no zone; refuses with 422 what is no time."""
    given = request.query.get(name)
    if not given:
        return default
    try:
        # A plus sign that was not escaped arrives as a space.
        found = datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError as fault:
        raise Refused(422, "time_invalid", f"'{given}' is no ISO 8601 time", where=name) from fault
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def shipment_lines(shipment: Row) -> list[tuple[str, int]]:
    """The (line ref, quantity) pairs of a recorded shipment."""
    return [(str(ref), int(qty)) for ref, qty in json.loads(shipment["lines"])]
