"""A piece that is missing or damaged at the packing table goes the way of a short at the bin (A-2, F-2, F-3).

The ledger falls by it, its line is backordered and sought again at once. What is left is put aside until it is here, unless the
channel takes a part of an order (F-7).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, exists, select, text
from sqlalchemy.orm import Session

from oms.errors import Conflict, InputInvalid, NotFound
from oms.fulfilment import incomplete, locks, packing, progress, shorts
from oms.fulfilment.models import Fulfilment, FulfilmentLine
from oms.fulfilment.packing import Mismatch
from oms.inventory import ledger
from oms.inventory.bins import packing_bin
from oms.inventory.ledger import Move
from oms.journey import lifecycle, steps
from oms.journey.lifecycle import Note
from oms.journey.steps import Claimed, Done, NewStep

REASONS = (packing.MISSING, "damaged", "expired")


@dataclass(frozen=True, slots=True)
class Gone:
    """So many pieces of a fulfilment's line that cannot be packed; `reason`: one of REASONS."""

    line_id: uuid.UUID
    qty: Decimal
    reason: str


# Who picked last is asked first where the piece is. A stop stays `picked`, with fewer pieces: at its bin nothing was short.
_TAKE_OFF = text("""
    WITH o AS (SELECT id, qty_picked AS taken, coalesce(sum(qty_picked) OVER (
                   ORDER BY picked_at DESC, id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
               FROM pick_task WHERE fulfilment_id = :fulfilment AND fulfilment_line_id = :line AND qty_picked > 0),
    stops AS (UPDATE pick_task SET qty_picked = pick_task.qty_picked - least(o.taken, CAST(:qty AS numeric) - o.before),
                                   short_reason = coalesce(pick_task.short_reason, :reason)
              FROM o WHERE pick_task.id = o.id AND o.before < CAST(:qty AS numeric))
    UPDATE fulfilment_line SET qty_picked = qty_picked - CAST(:qty AS numeric), qty_short = qty_short + CAST(:qty AS numeric),
           qty_packed = least(qty_packed, qty_picked - CAST(:qty AS numeric))
    WHERE id = :line RETURNING id || ':' || qty_short AS key, id, order_line_id, sku_id
""")


def report(session: Session, *, fulfilment_id: uuid.UUID, gone: Gone, actor: str, now: datetime) -> None:
    """Record pieces that are missing or damaged at the table, checked ones too, and pass on what is left.

    Raises NotFound for an unknown fulfilment, Conflict where nothing is to be packed (held orders too), InputInvalid for more
    than was picked. Whoever calls sees to repeats: the same words again are another piece.
    """
    if gone.reason not in REASONS:
        raise InputInvalid("a short needs its reason", fields={"reason": f"one of {', '.join(REASONS)}"})
    about = session.execute(
        select(Fulfilment.order_id, Fulfilment.warehouse_id).where(Fulfilment.id == fulfilment_id)
    ).one_or_none()
    if about is None:
        raise NotFound("no such fulfilment: scan the code on the pick list")
    locks.take_goods(session, order_ids=[about.order_id])
    head = packing.at_table(session, fulfilment_ids=[fulfilment_id])[fulfilment_id].head
    _note(session, head, _sku_of(session, head, gone), gone, actor, now)
    # How many of a line are short by now tells one report from the next.
    params = {"fulfilment": head.id, "line": gone.line_id, "qty": gone.qty, "reason": gone.reason}
    line = session.execute(_TAKE_OFF, params).one()
    _book(session, head, about.warehouse_id, line, gone.qty, actor, now)
    _pass_on(session, head, gone, NewStep("short_pick", head.id, order_id=head.order_id, key=line.key), actor, now)


def _sku_of(session: Session, head: Row[Any], gone: Gone) -> uuid.UUID:
    """Which goods the line is of; InputInvalid for a line of another list, and for more than was picked of it."""
    line = session.execute(
        select(FulfilmentLine.sku_id, FulfilmentLine.qty_picked).where(
            FulfilmentLine.id == gone.line_id, FulfilmentLine.fulfilment_id == head.id
        )
    ).one_or_none()
    if line is None:
        raise InputInvalid("no such line", fields={"line_id": "this line is not of this fulfilment: load it again"})
    if not 0 < gone.qty <= line.qty_picked or gone.qty != round(gone.qty, 3):
        hint = f"more than 0 and at most {line.qty_picked.normalize():f}, what was picked of it"
        raise InputInvalid("so many pieces cannot be missing", fields={"qty": hint})
    sku_id: uuid.UUID = line.sku_id
    return sku_id


def _note(session: Session, head: Row[Any], sku_id: uuid.UUID, gone: Gone, actor: str, now: datetime) -> None:
    """Tell it; the picker answers for a piece that never came to the table, and nobody for one that broke."""
    wrong = Mismatch(head.id, head.order_id, sku_id, gone.reason)
    packing.note_mismatches(session, [wrong], actor=actor, now=now)
    data = {"sku": str(sku_id), "qty": str(gone.qty)}
    told = Note("fulfilment", head.id, "fulfilment.missing", gone.reason, order_id=head.order_id, data=data)
    lifecycle.note(session, [told], actor=actor, now=now)


def _book(
    session: Session, head: Row[Any], warehouse_id: uuid.UUID, line: Row[Any], qty: Decimal, actor: str, now: datetime
) -> None:
    """Take the pieces off the ledger, and their promise off the line."""
    place = packing_bin(session, warehouse_id=warehouse_id)
    key = f"missing:{line.key}"
    lost = Move(key, warehouse_id, line.sku_id, "short", -qty, -qty, place, head.order_id, line.id)
    ledger.post(session, [lost], actor=actor, now=now)
    session.execute(progress.LINE_PROGRESS, {"orders": [head.order_id]})
    shorts.want_again(
        session,
        order_id=head.order_id,
        order_line_id=line.order_line_id,
        sku_id=line.sku_id,
        warehouse_id=warehouse_id,
        qty=qty,
    )


def _pass_on(session: Session, head: Row[Any], gone: Gone, again: NewStep, actor: str, now: datetime) -> None:
    """Have what is missing sought again; the packing goes on with the rest, or ends until all is there."""
    found = steps.find(session, kind="pack", subject_ids=[head.id])
    if head.id not in found:
        raise Conflict(f"fulfilment {head.number} has no open step `pack`: look at its order's page")
    rest = exists().where(FulfilmentLine.fulfilment_id == head.id, FulfilmentLine.qty_picked > 0)
    if session.scalar(select(rest)) and not incomplete.waiting(session, fulfilment_ids=[head.id]):
        steps.open_steps(session, [again], now=now)
        return
    lifecycle.advance(session, Fulfilment, [head.id], to="short", cause=gone.reason, actor=actor, now=now)
    empty = shorts.end_empty(session, fulfilment_ids=[head.id], actor=actor, now=now)
    steps.finish(session, [_ended(found[head.id], empty.get(head.id, ()), again)], by=actor, now=now)


def _ended(step: Claimed, promise: tuple[NewStep, ...], again: NewStep) -> Done:
    return Done(step, "short", (*promise, again), ends=shorts.PROMISE_BACK if promise else ())
