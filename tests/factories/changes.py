"""Wishes of a channel, and the checks that every change must leave behind it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from oms.aftersales import asking, changes, former
from oms.db import new_id
from oms.fulfilment import packing, picking
from oms.fulfilment.boxing import Box
from oms.fulfilment.models import Fulfilment, PickTask
from oms.fulfilment.packing import PackScan
from oms.fulfilment.picking import PickScan
from oms.inventory.models import Bin
from oms.journey import steps
from oms.journey.steps import Done, NewStep
from oms.orders.models import ChangeRequest, Order
from oms.shipping import parcels
from tests.factories.floor import wave_of

WORKER = "staff:0197a1b2-0000-7000-8000-000000000001"
SPECIALIST, MANAGER = "staff:anna", "staff:boss"


def wish(
    session: Session, order: Order, now: datetime, *, kind: str = "update", wanted: Mapping[str, Any] | None = None
) -> ChangeRequest:
    """A channel's request as acceptance writes it, with its step open."""
    row = ChangeRequest(
        id=new_id(), key=str(new_id()), order_id=order.id, message_id=new_id(), kind=kind, wanted=dict(wanted or {}),
        status="requested", requested_by="channel:shop", requested_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    steps.open_steps(session, [NewStep("apply_change", row.id, order_id=order.id)], now=now)
    return row


def ask(session: Session, order: Order, now: datetime, **given: Any) -> uuid.UUID:
    """What the desk asks for; the request's id."""
    values: dict[str, Any] = {"kind": "cancellation", "reason": "changed her mind", "actor": SPECIALIST}
    return asking.request_change(session, order_id=order.id, now=now, **{**values, **given})


def decide(session: Session, request_id: uuid.UUID, now: datetime, *, approve: bool = True) -> list[Done]:
    """The manager's word, and what follows of it."""
    asking.decide(session, change_id=request_id, approve=approve, reason="as asked", actor=MANAGER, now=now)
    return apply_all(session, now)


def wished_line(ref: str, sku: str, qty: int, **more: Any) -> dict[str, Any]:
    """A line of a wish at 10.00 a piece."""
    return {"line_ref": ref, "sku": sku, "name": "Tea cup", "qty": str(qty), "unit": "EA", "unit_price": "10.00",
            "discount": "0.00", "tax": None, "total": f"{qty * 10}.00", "requires_shipping": True, "options": {}, **more}  # fmt: skip


def apply_all(session: Session, now: datetime, *, first: former.First = former.unknown) -> list[Done]:
    """Carry out every request that is due, as a worker does; `first` reads what channels told at first."""
    claimed = steps.claim(session, kind="apply_change", limit=100, lease_s=30, worker="test")
    done = changes.apply(session, steps=claimed, now=now, first=first)
    steps.finish(session, done, by="system", now=now)
    session.expire_all()
    return done


def pick(session: Session, fulfilment: Fulfilment, now: datetime, *, stops: int = 99) -> None:
    """Scan the next `stops` stops of the fulfilment rightly."""
    wave = wave_of(session, fulfilment)
    mine = session.query(PickTask).filter_by(fulfilment_id=fulfilment.id, status="pending").order_by(PickTask.stop)
    for task in mine.limit(stops).all():
        code = session.execute(text("SELECT code FROM sku WHERE id = :id"), {"id": task.sku_id}).scalar_one()
        scanned = PickScan(str(new_id()), wave.id, session.get_one(Bin, task.bin_id).code, code, task.qty)
        picking.scan(session, scanned=scanned, actor=WORKER, staff_id=None, now=now)


def check_all(session: Session, fulfilment: Fulfilment, now: datetime) -> int:
    """Check every picked piece; return how many there are."""
    rows = session.execute(
        text(
            "SELECT s.code, l.qty_picked FROM fulfilment_line l JOIN sku s ON s.id = l.sku_id WHERE fulfilment_id = :id"
        ),
        {"id": fulfilment.id},
    ).all()
    for code, qty in rows:
        scanned = PackScan(str(new_id()), fulfilment.id, code, qty)
        packing.scan(session, scanned=scanned, actor=WORKER, staff_id=None, now=now)
    return int(sum(qty for _, qty in rows))


def pack(session: Session, fulfilment: Fulfilment, now: datetime) -> None:
    """Check every piece and close one carton."""
    weight_g = 300 * check_all(session, fulfilment, now) + 120
    parcels.close_boxes(
        session, fulfilment_id=fulfilment.id, boxes=[Box("M", weight_g)], actor=WORKER, staff_id=None, now=now
    )


def unbalanced(session: Session) -> list[Any]:
    """Where the ledger is not the sum of its movements, bins do not add up, or promises are not the reserved pieces."""
    return list(session.execute(_UNBALANCED).all())


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Every statement that is sent to the database inside the block; a list of rows counts once."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    yield seen
    event.remove(session.connection(), "before_cursor_execute", note)


_UNBALANCED = text("""
    SELECT s.sku_id, s.on_hand, m.on_hand AS moves, b.on_hand AS bins, s.reserved, m.reserved AS moved_reserved,
           r.standing, b.allotted, t.allotted AS on_lists
    FROM stock s
    CROSS JOIN LATERAL (SELECT coalesce(sum(on_hand), 0) AS on_hand, coalesce(sum(reserved), 0) AS reserved
                        FROM stock_move m WHERE m.warehouse_id = s.warehouse_id AND m.sku_id = s.sku_id) m
    CROSS JOIN LATERAL (SELECT coalesce(sum(on_hand), 0) AS on_hand, coalesce(sum(allotted), 0) AS allotted
                        FROM bin_stock b WHERE b.warehouse_id = s.warehouse_id AND b.sku_id = s.sku_id) b
    CROSS JOIN LATERAL (SELECT coalesce(sum(qty - qty_shipped - qty_released), 0) AS standing
                        FROM reservation r WHERE r.warehouse_id = s.warehouse_id AND r.sku_id = s.sku_id) r
    CROSS JOIN LATERAL (SELECT coalesce(sum(t.qty - t.qty_picked), 0) AS allotted FROM pick_task t
                        JOIN bin ON bin.id = t.bin_id
                        WHERE bin.warehouse_id = s.warehouse_id AND t.sku_id = s.sku_id AND t.status = 'pending') t
    WHERE (s.on_hand, s.reserved, b.allotted) IS DISTINCT FROM (m.on_hand, m.reserved, t.allotted)
       OR (b.on_hand, r.standing) IS DISTINCT FROM (s.on_hand, s.reserved)
""")


def living_steps(session: Session, order: Order) -> dict[str, str]:
    """The order's unfinished steps by kind, without messages."""
    rows = session.execute(
        text(
            "SELECT kind, state FROM step WHERE order_id = :id AND state NOT IN ('done', 'cancelled') AND kind <> 'tell'"
        ),
        {"id": order.id},
    )
    return {row.kind: row.state for row in rows}
