"""What was counted into a return is counted again before its inspection: it was mistyped, or a second parcel came (S-2)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from oms.aftersales import returns
from oms.aftersales.returns import Arrived
from oms.errors import Conflict
from oms.journey import lifecycle, steps


def recount(
    session: Session, *, return_id: uuid.UUID, arrived: Sequence[Arrived], actor: str, now: datetime
) -> dict[uuid.UUID, Decimal]:
    """Put the new count in the place of the former one; return the pieces by SKU. `arrived` is all that lies there.

    Raises as `returns.receive`, and Conflict unless the goods wait for their inspection: after it stock and money moved.
    """
    row = returns.locked(session, return_id)
    if return_id not in steps.find(session, kind="inspect_return", subject_ids=[return_id]):
        raise Conflict(f"return {row.number} is {row.status}: it does not wait for this")
    was: dict[uuid.UUID, Decimal] = defaultdict(Decimal)
    for line in returns.lines_of(session, return_id=return_id):
        was[line.sku_id] += line.qty_received
    counted, _ = returns.write_count(session, return_id=return_id, arrived=arrived)
    data = {
        "was": {str(sku_id): str(qty) for sku_id, qty in was.items() if qty},
        "became": {str(sku_id): str(qty) for sku_id, qty in counted.items()},
    }
    note = lifecycle.Note(
        "return_request", return_id, "return.counted_again", "counted again", order_id=row.order_id, data=data
    )
    lifecycle.note(session, [note], actor=actor, now=now)
    return counted
