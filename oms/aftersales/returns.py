"""Returns: asked for, approved, received by scan, inspected line by line; the goods go back to sale or to scrap (S-2).

Returned goods stand on the ledger only from their inspection on: before that nobody may promise them.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.aftersales import return_rules
from oms.aftersales.models import Return, ReturnLine
from oms.aftersales.return_rules import Shipped
from oms.documents.postal import postal_lines
from oms.errors import Conflict, InputInvalid, NotFound
from oms.fulfilment import codes
from oms.inventory.models import Warehouse
from oms.journey import calendar_store, due, lifecycle, policy, step_sql, steps
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox
from oms.messages.outbox import Notice
from oms.orders import derived, locking
from oms.orders.contacts import contacts

#: Of a set's part left_over is a share of a set, which may have no end.
ZERO, PIECE = Decimal(0), Decimal("0.001")
EXPIRED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What comes back: pieces (units of the line, so whole bundles) of one order line; of a set whose other parts came
    back already, the parts that are left."""

    order_line_id: uuid.UUID
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Arrived:
    """A scan at the returns desk: a SKU's code or barcode and how many; of which order line, where that is known."""

    code: str
    qty: Decimal
    line_id: uuid.UUID | None = None


# What was approved may still lie in the parcel until that is inspected; then only what came has come back. No window is
# over while a parcel is on its way.
_SHIPPED = text("""
    SELECT l.id, l.sku_id, l.qty_shipped - coalesce((
               SELECT sum(CASE WHEN q.status IN ('inspected', 'settled', 'closed') THEN r.qty_received ELSE r.qty END) FROM return_line r JOIN return_request q ON q.id = r.return_id
               WHERE r.order_line_id = l.id AND q.status NOT IN ('declined', 'cancelled', 'expired')
                 AND r.sku_id = coalesce(b.part_id, l.sku_id)), 0) / coalesce(b.qty, 1) AS left_over,
           coalesce(b.part_id, l.sku_id) AS part_id, coalesce(b.qty, 1) AS per,
           (SELECT CASE WHEN bool_and(p.delivered_at IS NOT NULL) THEN max(p.delivered_at) END FROM parcel p WHERE p.order_id = l.order_id
            AND (p.delivered_at IS NOT NULL OR p.handed_over_at IS NOT NULL AND p.undelivered_at IS NULL)) AS delivered_at
    FROM order_line l LEFT JOIN bundle_part b ON b.bundle_id = l.sku_id
    WHERE l.order_id = :order_id AND l.sku_id IS NOT NULL ORDER BY l.position, part_id
""")

# To the house that sent most of these goods carriers take back what they cannot deliver.
_HOUSE = text("""
    SELECT f.warehouse_id FROM fulfilment f JOIN fulfilment_line l ON l.fulfilment_id = f.id
    WHERE f.order_id = :id AND f.status <> 'cancelled' GROUP BY f.warehouse_id
    ORDER BY coalesce(sum(l.qty_packed) FILTER (WHERE l.order_line_id = ANY(CAST(:lines AS uuid[]))), 0) DESC,
             min(f.released_at), f.warehouse_id LIMIT 1
""")

_ASKED = text("UPDATE orders SET return_status = 'requested' WHERE id = :id AND return_status = 'none'")
_NOT_ASKED = text("""
    UPDATE orders SET return_status = 'none' WHERE id = ANY(CAST(:ids AS uuid[])) AND return_status = 'requested'
      AND NOT EXISTS (SELECT 1 FROM return_request r WHERE r.order_id = orders.id
                      AND r.status IN ('requested', 'approved', 'in_transit', 'received'))
""")


def request(
    session: Session,
    *,
    order_id: uuid.UUID,
    wanted: Sequence[Wanted],
    reason: str,
    actor: str,
    now: datetime,
    note: str | None = None,
    ticket_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Ask for a return; return its id. InputInvalid naming the line that was not shipped, or when the window is over."""
    if order_id not in locking.touch(session, order_ids=[order_id]):
        raise NotFound("no such order")
    shipped = [Shipped(*row) for row in session.execute(_SHIPPED, {"order_id": order_id})]
    days = policy.read(session, now).whole("return.window_days")
    zone = calendar_store.zone_of(session)
    faults = return_rules.faults(
        shipped, [(w.order_line_id, w.qty) for w in wanted], reason=reason, window_days=days, zone=zone, now=now
    )
    if faults:
        raise InputInvalid("these goods cannot be returned like this", fields=faults)
    row = Return(
        id=db.new_id(), number=numbers.new_number("RT"), order_id=order_id, ticket_id=ticket_id, reason=reason, note=note,
        status="requested", requested_at=now, requested_by=actor, warehouse_id=session.scalar(_HOUSE, {"id": order_id, "lines": [w.order_line_id for w in wanted]}),
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.execute(insert(ReturnLine), _lines(row.id, shipped, wanted))
    session.execute(_ASKED, {"id": order_id})
    _note(session, row, "return.requested", reason, actor, now)
    steps.open_steps(session, [NewStep("approve_return", row.id, order_id=order_id)], now=now)
    return row.id


def _lines(return_id: uuid.UUID, shipped: Sequence[Shipped], wanted: Sequence[Wanted]) -> list[dict[str, object]]:
    """A line for each part, as many of it as are still with the customer."""
    qty = {w.order_line_id: w.qty for w in wanted}
    return [
        {
            "return_id": return_id,
            "order_line_id": s.line_id,
            "sku_id": s.part_id,
            "qty": min(qty[s.line_id], s.left) * s.per,
        }
        for s in shipped
        if s.line_id in qty and s.left > ZERO
    ]


def decide(session: Session, *, return_id: uuid.UUID, approve: bool, reason: str, actor: str, now: datetime) -> None:
    """Customer service approves a return, and the goods are awaited, or declines it with a reason; the customer hears it."""
    if not approve and not reason.strip():
        raise InputInvalid("say why it is declined", fields={"reason": "say why"})
    row = locked(session, return_id)
    step = _step(session, "approve_return", row)
    to = "approved" if approve else "declined"
    lifecycle.advance(session, Return, [row.id], to=to, cause=reason or to, actor=actor, now=now)
    opens: tuple[NewStep, ...] = ()
    if approve:
        session.execute(update(Return).where(Return.id == row.id).values(approved_by=actor))
        opens = (NewStep("receive_return", row.id, order_id=row.order_id),)
    else:
        session.execute(_NOT_ASKED, {"ids": [row.order_id]})
    steps.finish(session, [Done(step, to, opens)], by=actor, now=now)
    steps.open_steps(session, _tell(session, row, f"return_{to}", reason, now), now=now)


def receive(
    session: Session, *, return_id: uuid.UUID, arrived: Sequence[Arrived], actor: str, now: datetime
) -> dict[uuid.UUID, Decimal]:
    """The parcel is opened and its goods scanned into the returns bin; return the pieces by SKU.

    A return that ran out is taken up again. Raises InputInvalid for a code that is not on this return or pieces too many, Conflict on a repeat.
    """
    row = locked(session, return_id)
    step = None if row.status == "expired" else _step(session, "receive_return", row)
    counted, values = write_count(session, return_id=return_id, arrived=arrived)
    if step is None:
        _take_up_again(session, row, values)
    lifecycle.advance(session, Return, [return_id], to="received", cause="scanned", actor=actor, now=now)
    session.execute(update(Return).where(Return.id == return_id).values(received_at=now))
    inspect = NewStep("inspect_return", return_id, order_id=row.order_id)
    if step is None:
        steps.open_steps(session, [inspect], now=now)
    else:
        steps.finish(session, [Done(step, "received", (inspect,))], by=actor, now=now)
    return counted


def write_count(
    session: Session, *, return_id: uuid.UUID, arrived: Sequence[Arrived]
) -> tuple[dict[uuid.UUID, Decimal], dict[return_rules.Place, Decimal]]:
    """Write what was counted of a (locked) return onto its lines; return the pieces by SKU, and by line and SKU."""
    lines = lines_of(session, return_id=return_id)
    counted, named = _counted(session, lines, arrived)
    values = return_rules.spread(counted, [(line.order_line_id, line.sku_id, line.qty) for line in lines], named)
    places = {"lines": [line_id for line_id, _ in values], "skus": [sku_id for _, sku_id in values]}
    session.execute(_RECEIVED, {"id": return_id, **places, "qtys": list(values.values())})
    return counted, values


def _take_up_again(session: Session, row: Return, values: Mapping[return_rules.Place, Decimal]) -> None:
    """Goods that come after their return ran out are not turned away, unless another return awaits the same pieces."""
    free = {
        (r.id, r.part_id): (r.left_over * r.per).quantize(PIECE)
        for r in session.execute(_SHIPPED, {"order_id": row.order_id}).all()
    }
    if any(qty > free.get(place, ZERO) for place, qty in values.items()):
        raise Conflict(
            f"return {row.number} ran out, and another return of these goods was asked for since: receive them there"
        )
    session.execute(_ASKED, {"id": row.order_id})


def expire_due(session: Session, *, now: datetime) -> int:
    """End the approved returns whose goods never came; return how many."""
    over = session.execute(_DUE, {"now": now, "most": EXPIRED_AT_ONCE}).all()
    order_ids = sorted({row.order_id for row in over})
    locking.touch(session, order_ids=order_ids)
    found = steps.find(session, kind="receive_return", subject_ids=[row.subject_id for row in over])
    ids = [step.subject_id for step in found.values()]
    lifecycle.advance(session, Return, ids, to="expired", cause="never arrived", actor="system", now=now, lenient=True)
    session.execute(_NOT_ASKED, {"ids": order_ids})
    steps.finish(session, [Done(step, "expired") for step in found.values()], by="system", now=now)
    return len(found)


def locked(session: Session, return_id: uuid.UUID) -> Return:
    """The return with its order, both locked; NotFound."""
    order_id = session.scalar(select(Return.order_id).where(Return.id == return_id))
    if order_id is None:
        raise NotFound("no such return")
    locking.touch(session, order_ids=[order_id])
    return session.get_one(Return, return_id, with_for_update=True, populate_existing=True)


def lines_of(session: Session, *, return_id: uuid.UUID) -> Sequence[ReturnLine]:
    """The lines of a return, by SKU."""
    statement = select(ReturnLine).where(ReturnLine.return_id == return_id).order_by(ReturnLine.sku_id)
    return session.scalars(statement, execution_options={"populate_existing": True}).all()


def refresh(session: Session, *, order_id: uuid.UUID) -> None:
    """Store the order's return status anew from its lines; of parts of a set alone none has come back yet."""
    derived.refresh(session, order_ids=[order_id])
    session.execute(_NOT_ASKED, {"ids": [order_id]})


_RECEIVED = text("""
    UPDATE return_line SET qty_received = x.qty
    FROM unnest(CAST(:lines AS uuid[]), CAST(:skus AS uuid[]), CAST(:qtys AS numeric[])) AS x(line, sku, qty)
    WHERE return_id = :id AND order_line_id = x.line AND sku_id = x.sku
""")

_DUE = text(f"""
    SELECT subject_id, order_id FROM step WHERE kind = 'receive_return' AND {step_sql.RUNNING} AND due_at < :now
    ORDER BY due_at LIMIT :most
""")


def _counted(
    session: Session, lines: Sequence[ReturnLine], arrived: Sequence[Arrived]
) -> tuple[dict[uuid.UUID, Decimal], dict[return_rules.Place, Decimal]]:
    """The pieces by SKU, and those of them by line whose line was told."""
    most: dict[uuid.UUID, Decimal] = defaultdict(lambda: ZERO)
    of_line = {(line.order_line_id, line.sku_id): line.qty for line in lines}
    for (_, of_sku), qty in of_line.items():
        most[of_sku] += qty
    counted: dict[uuid.UUID, Decimal] = defaultdict(lambda: ZERO)
    named: dict[return_rules.Place, Decimal] = defaultdict(lambda: ZERO)
    faults: dict[str, str] = {}
    for place, one in enumerate(arrived):
        sku_id, per_scan = codes.sku_of(session, code=one.code)
        if sku_id is None or sku_id not in most or one.qty <= ZERO:
            faults[f"arrived.{place}"] = f"{one.code} is not on this return: put it aside and open a ticket"
            continue
        counted[sku_id] += one.qty * per_scan
        approved, had = most[sku_id], counted[sku_id]
        if one.line_id is not None:
            named[one.line_id, sku_id] += one.qty * per_scan
            approved, had = of_line.get((one.line_id, sku_id), ZERO), named[one.line_id, sku_id]
        if had > approved or counted[sku_id] > most[sku_id]:
            faults[f"arrived.{place}"] = f"{approved} piece(s) of {one.code} were approved: count again"
    if faults or not counted:
        raise InputInvalid("the goods do not fit the return", fields=faults or {"arrived": "scan at least one piece"})
    return dict(counted), named


def _step(session: Session, kind: str, row: Return) -> Claimed:
    step = steps.find(session, kind=kind, subject_ids=[row.id]).get(row.id)
    if step is None:
        raise Conflict(f"return {row.number} is {row.status}: it does not wait for this")
    return step


def _note(session: Session, row: Return, event: str, cause: str, actor: str, now: datetime) -> None:
    note = lifecycle.Note("return_request", row.id, event, cause, order_id=row.order_id, became=row.status)
    lifecycle.note(session, [note], actor=actor, now=now)


def _tell(session: Session, row: Return, template: str, why: str, now: datetime) -> list[NewStep]:
    person = contacts(session, order_ids=[row.order_id])[row.order_id]
    values: dict[str, object] = {"return": row.number, "number": person.number, "name": person.name, "why": why}
    if template == "return_approved":
        values |= _where_and_when(session, row, now)
    notice = Notice(f"{template}:{row.id}", template, row.order_id, person.email, person.language, values)
    return outbox.put(session, notices=[notice], now=now)


def _where_and_when(session: Session, row: Return, now: datetime) -> dict[str, object]:
    """Where the customer sends the goods, and until when they are awaited."""
    until = due.due_times(session, ["receive_return"], now=now)["receive_return"]
    address = session.scalar(select(Warehouse.address).where(Warehouse.id == row.warehouse_id))
    return {"until": until.isoformat(), "address": "\n".join(postal_lines(address, phone=False)) if address else None}
