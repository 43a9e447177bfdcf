"""Inspection of returned goods: each piece back to a pick bin or to scrap, on the ledger; the refund follows (S-2)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from oms.aftersales import refunds, return_rules, returns
from oms.aftersales.models import Return, ReturnLine
from oms.aftersales.refunds import NewRefund
from oms.errors import Conflict, InputInvalid
from oms.inventory import ledger
from oms.inventory.bins import purpose_bin
from oms.inventory.ledger import Move
from oms.inventory.models import Bin
from oms.journey import lifecycle, steps
from oms.journey.steps import Done
from oms.orders.models import Order, OrderLine
from oms.supply import receipts
from oms.verification import payments

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Found:
    """What the inspector found of one line's SKU: restocked + scrapped pieces are those received."""

    order_line_id: uuid.UUID
    sku_id: uuid.UUID
    restock: Decimal
    scrap: Decimal
    finding: str
    bin_code: str | None = None
    #: False where the customer is to blame: nothing is given back for it
    refundable: bool = True


_WRITE = text("""
    UPDATE return_line SET qty_restocked = x.restock, qty_scrapped = x.scrap, finding = x.finding
    FROM unnest(CAST(:lines AS uuid[]), CAST(:skus AS uuid[]), CAST(:restock AS numeric[]), CAST(:scrap AS numeric[]),
                CAST(:finding AS text[])) AS x(line, sku, restock, scrap, finding)
    WHERE return_id = :id AND order_line_id = x.line AND sku_id = x.sku
""")

# Of a set as many came back as its scarcest part allows, with the parts that came by an earlier return.
_UNITS = text("""
    SELECT l.id AS order_line_id,
           CASE WHEN count(b.part_id) = 0 THEN min(t.now_back)
                ELSE greatest(floor(min(t.ever_back / b.qty)) - l.qty_returned, 0) END AS units
    FROM order_line l JOIN orders o ON o.id = l.order_id LEFT JOIN bundle_part b ON b.bundle_id = l.sku_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.qty_received), 0) AS ever_back,
               coalesce(sum(r.qty_received) FILTER (WHERE q.id = :id), 0) AS now_back
        FROM return_request q JOIN return_line r ON r.return_id = q.id
        WHERE q.order_id = o.id AND (q.id = :id OR q.status IN ('inspected', 'settled', 'closed'))
          AND r.order_line_id = l.id AND r.sku_id = coalesce(b.part_id, l.sku_id)) t
    WHERE l.id IN (SELECT order_line_id FROM return_line WHERE return_id = :id) GROUP BY l.id, o.id
""")

_RETURNED = text("""
    UPDATE order_line SET qty_returned = qty_returned + x.qty
    FROM unnest(CAST(:ids AS uuid[]), CAST(:qtys AS numeric[])) AS x(id, qty) WHERE order_line.id = x.id
""")


def inspect(
    session: Session, *, return_id: uuid.UUID, found: Sequence[Found], actor: str, now: datetime
) -> uuid.UUID | None:
    """Book the inspected goods and ask for the refund; return it (None: nothing is given back).

    Raises InputInvalid naming the line whose pieces do not add up, Conflict when nothing waits for inspection.
    """
    row = returns.locked(session, return_id)
    step = steps.find(session, kind="inspect_return", subject_ids=[return_id]).get(return_id)
    if step is None or row.warehouse_id is None:
        raise Conflict(f"return {row.number} is {row.status}: nothing waits for inspection")
    _check(returns.lines_of(session, return_id=return_id), found)
    _book(session, row, found, actor, now)
    session.execute(
        _WRITE,
        {
            "id": return_id,
            "lines": [f.order_line_id for f in found],
            "skus": [f.sku_id for f in found],
            "restock": [f.restock for f in found],
            "scrap": [f.scrap for f in found],
            "finding": [f.finding for f in found],
        },
    )
    amount = _count_units(session, row, {f.order_line_id for f in found if not f.refundable})
    lifecycle.advance(session, Return, [return_id], to="inspected", cause="inspected", actor=actor, now=now)
    returns.refresh(session, order_id=row.order_id)
    session.execute(update(Return).where(Return.id == return_id).values(inspected_at=now))
    paid = payments.owe_less(session, order_id=row.order_id, worth=amount, actor=actor, now=now)
    new = NewRefund(f"return:{return_id}", row.order_id, paid, row.reason, return_id, row.ticket_id)
    opened = refunds.request(session, new=[new], actor=actor, now=now) if paid > ZERO else []
    if not opened:
        why = "owed no more" if paid < amount else "nothing to refund"
        lifecycle.advance(session, Return, [return_id], to="closed", cause=why, actor=actor, now=now)
    steps.finish(session, [Done(step, "inspected", tuple(opened))], by=actor, now=now)
    receipts.wake(session, sku_ids=sorted({f.sku_id for f in found if f.restock > ZERO}), now=now)
    return opened[0].subject_id if opened else None


def _check(lines: Sequence[ReturnLine], found: Sequence[Found]) -> None:
    received = {(line.order_line_id, line.sku_id): line.qty_received for line in lines}
    said = {(f.order_line_id, f.sku_id): f for f in found}
    faults: dict[str, str] = {}
    for place, f in enumerate(found):
        qty = received.get((f.order_line_id, f.sku_id))
        if qty is None:
            faults[f"found.{place}"] = "is no line of this return"
        elif min(f.restock, f.scrap) < ZERO or f.restock + f.scrap != qty:
            faults[f"found.{place}"] = f"restocked and scrapped pieces must add up to {qty:f}, what was received"
        elif not f.finding.strip():
            faults[f"found.{place}.finding"] = "say what was found"
    missing = [pair for pair, qty in received.items() if qty > ZERO and pair not in said]
    if missing:
        faults["found"] = f"{len(missing)} received line(s) are not inspected"
    if faults or len(said) < len(found):
        raise InputInvalid("the inspection is not complete", fields=faults or {"found": "name each line once"})


def _book(session: Session, row: Return, found: Sequence[Found], actor: str, now: datetime) -> None:
    """Into the returns bin, and from there to a pick bin or out of the house: every piece has its movements."""
    warehouse_id = row.warehouse_id
    if warehouse_id is None:
        raise Conflict(f"return {row.number} has no warehouse")
    desk = purpose_bin(session, warehouse_id=warehouse_id, kind="returns")
    bins = _target_bins(session, warehouse_id, found)
    places = [(warehouse_id, f.sku_id, desk) for f in found]
    ledger.ensure_rows(session, places=[*places, *((warehouse_id, sku, place) for (_, sku), place in bins.items())])
    moves: list[Move] = []
    for f in found:

        def move(end: str, cause: str, qty: Decimal, bin_id: uuid.UUID, f: Found = f) -> Move:
            key = f"return:{row.id}:{f.order_line_id}:{f.sku_id}:{end}"
            return Move(key, warehouse_id, f.sku_id, cause, on_hand=qty, bin_id=bin_id, order_id=row.order_id,
                        subject_id=row.id)  # fmt: skip

        if f.restock + f.scrap > ZERO:
            moves.append(move("in", "return", f.restock + f.scrap, desk))
        if f.restock > ZERO:
            target = bins[f.order_line_id, f.sku_id]
            moves += [move("from", "restock", -f.restock, desk), move("to", "restock", f.restock, target)]
        if f.scrap > ZERO:
            moves.append(move("scrap", "scrap", -f.scrap, desk))
    ledger.post(session, moves, actor=actor, now=now)


def _target_bins(
    session: Session, warehouse_id: uuid.UUID, found: Sequence[Found]
) -> dict[tuple[uuid.UUID, uuid.UUID], uuid.UUID]:
    """The pick bin of each restocked SKU: the one named, else the one that holds most of it, else the first."""
    rows = session.execute(_PICK_BINS, {"warehouse": warehouse_id, "skus": sorted({f.sku_id for f in found})})
    usual: dict[uuid.UUID, uuid.UUID] = {r.sku_id: r.id for r in rows}
    named = select(Bin.code, Bin.id).where(Bin.warehouse_id == warehouse_id, Bin.kind == "pick")
    codes: Mapping[str, uuid.UUID] = {row.code: row.id for row in session.execute(named)}
    targets: dict[tuple[uuid.UUID, uuid.UUID], uuid.UUID] = {}
    faults: dict[str, str] = defaultdict(str)
    for place, f in enumerate(found):
        target = codes.get(f.bin_code) if f.bin_code else usual.get(f.sku_id)
        if f.restock > ZERO and target is None:
            faults[f"found.{place}.bin_code"] = "name a pick bin of this warehouse"
        elif target is not None:
            targets[f.order_line_id, f.sku_id] = target
    if faults:
        raise InputInvalid("goods need a bin", fields=faults)
    return targets


_PICK_BINS = text("""
    SELECT DISTINCT ON (k.sku_id) k.sku_id, b.id
    FROM unnest(CAST(:skus AS uuid[])) AS k(sku_id)
    JOIN bin b ON b.warehouse_id = :warehouse AND b.kind = 'pick'
    LEFT JOIN bin_stock s ON s.bin_id = b.id AND s.sku_id = k.sku_id
    ORDER BY k.sku_id, s.on_hand DESC NULLS LAST, b.code
""")


def _count_units(session: Session, row: Return, not_refundable: set[uuid.UUID]) -> Decimal:
    """Raise the lines' returned units; return what the refundable ones cost."""
    order = session.get_one(Order, row.order_id, populate_existing=True)
    lines = session.execute(select(*OrderLine.__table__.columns).where(OrderLine.order_id == order.id)).all()
    # What came back before, so that the cents of all returns add up to what was paid for the goods.
    before = {line.id: line.qty_returned for line in lines if line.qty_returned > ZERO}
    units = {r.order_line_id: r.units for r in session.execute(_UNITS, {"id": row.id})}
    session.execute(_RETURNED, {"ids": list(units), "qtys": list(units.values())})
    due = {line: qty for line, qty in units.items() if line not in not_refundable}
    if not due or order.currency is None:
        return ZERO
    values, discount = return_rules.values_of(order, lines), return_rules.discount_of(order)
    return return_rules.worth_of_more(due, before, values, currency=order.currency, discount=discount)
