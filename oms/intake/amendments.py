"""A channel's change to an order that stands: a ChangeRequest and step `apply_change`; a contradiction holds and re-reads."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from oms import db
from oms.intake.fates import Fate
from oms.intake.rules import BARE_BYTES, Became
from oms.journey import due, holds, lifecycle
from oms.journey.holds import NewHold
from oms.journey.steps import NewStep
from oms.orders.models import ChangeRequest

#: What an element may become that changes a standing order, and the kind of its wish; a contradiction is none.
_KINDS = {Became.UPDATED: "update", Became.CANCELLED: "cancellation", Became.REVIVED: "revival"}
TAKEN = frozenset({*_KINDS, Became.CONFLICT})
_CONFLICT = {
    "en": "The channel sent the same version with other content; the order is being read again at the channel.",
    "zh_Hans": "渠道以同一版本号发来不同内容，正在向渠道重新读取该订单。",
}


def request(session: Session, *, fates: Sequence[Fate], opens: dict[uuid.UUID, list[NewStep]], now: datetime) -> None:
    """Write the wishes and open their steps; the same wish told twice is one request."""
    wishes = [f for f in fates if f.became in _KINDS]
    rows = [_row(f, now) for f in wishes]
    if rows:
        statement = pg_insert(ChangeRequest).on_conflict_do_nothing(index_elements=["key"]).returning(ChangeRequest.id)
        written = set(session.execute(statement, rows).scalars())
        for fate, row in zip(wishes, rows, strict=True):
            if row["id"] in written:
                step = NewStep("apply_change", row["id"], order_id=fate.order_id)
                opens.setdefault(fate.message.message_id, []).append(step)
    _hold_conflicts(session, [f for f in fates if f.became is Became.CONFLICT], opens, now)


def _row(fate: Fate, now: datetime) -> dict[str, Any]:
    order = fate.element.order
    # Without versions the same content may be wished for twice, with another in between.
    content = fate.element.content_hash
    mark = f"{order.version or f'{fate.message.message_id}:{fate.position}'}:{content.hex()[:16]}{content[BARE_BYTES:].hex()}"
    return {
        "id": db.new_id(),
        "key": f"{fate.order_id}:{order.kind.value}:{mark}",
        "order_id": fate.order_id,
        "message_id": fate.message.message_id,
        "kind": _KINDS[fate.became],
        "wanted": dict(fate.element.json),
        "version": order.version,
        "status": "requested",
        "requested_by": f"channel:{fate.message.channel.name}",
        "requested_at": now,
    }


def _hold_conflicts(
    session: Session, fates: Sequence[Fate], opens: dict[uuid.UUID, list[NewStep]], now: datetime
) -> None:
    if not fates:
        return
    due_at = due.due_times(session, ["review"], now=now)["review"]
    new = [
        NewHold(
            f.require_order(),
            "version_conflict",
            "order_specialist",
            _CONFLICT,
            due_at,
            pause_reason="system",
            resolving_kind="reread",
        )
        for f in fates
    ]
    holds.place(session, new, by="system", now=now)
    notes = [
        lifecycle.Note(
            "order",
            f.require_order(),
            "order.version_conflict",
            "inbound message",
            order_id=f.order_id,
            data={"message": str(f.message.message_id)},
        )
        for f in fates
    ]
    lifecycle.note(session, notes, actor="system", now=now)
    for fate in fates:
        key = f"{fate.order_id}:{fate.message.message_id}"
        step = NewStep("reread", fate.require_order(), order_id=fate.order_id, key=key)
        opens.setdefault(fate.message.message_id, []).append(step)
