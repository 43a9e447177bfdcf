"""Step `release`: what is reserved becomes one fulfilment a warehouse, with carrier and cut-off planned (F-1, C-3)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db, numbers
from oms.errors import Conflict
from oms.fulfilment import incomplete
from oms.fulfilment.models import Fulfilment, FulfilmentLine
from oms.journey import calendar_store, lifecycle, policy
from oms.journey.lifecycle import Computed
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import completing, derived, locking
from oms.orders.models import Order
from oms.orders.states import IN_EFFECT
from oms.parties import carriers
from oms.parties.rules import Load, Offer, choose, last_cut_off, offers
from oms.rows import inserting
from oms.together import Write

# What is reserved and stands on no live fulfilment yet, by line, SKU and warehouse; with the order's promise, and how
# many fulfilments it had there so far.
_READY = text("""
    SELECT r.order_id, r.warehouse_id, r.order_line_id, r.sku_id, r.qty - coalesce(f.qty, 0) AS qty,
           coalesce(s.weight_g, 0) AS weight_g, coalesce(p.parts, 0) AS parts, o.ship_country, o.requested_service,
           o.promised_ship_at, o.promised_deliver_at
    FROM (SELECT order_id, warehouse_id, order_line_id, sku_id, sum(qty - qty_released) AS qty FROM reservation
          WHERE order_id = ANY(CAST(:orders AS uuid[])) GROUP BY 1, 2, 3, 4) r
    JOIN orders o ON o.id = r.order_id JOIN sku s ON s.id = r.sku_id
    LEFT JOIN (SELECT order_id, warehouse_id, count(*) AS parts FROM fulfilment
               WHERE order_id = ANY(CAST(:orders AS uuid[])) GROUP BY 1, 2) p
      ON p.order_id = r.order_id AND p.warehouse_id = r.warehouse_id
    LEFT JOIN (SELECT fl.order_line_id, fl.sku_id, fu.warehouse_id, sum(fl.qty - fl.qty_short) AS qty
               FROM fulfilment_line fl JOIN fulfilment fu ON fu.id = fl.fulfilment_id
               WHERE fl.order_id = ANY(CAST(:orders AS uuid[])) AND fu.status <> 'cancelled' GROUP BY 1, 2, 3) f
      ON f.order_line_id = r.order_line_id AND f.sku_id = r.sku_id AND f.warehouse_id = r.warehouse_id
    WHERE r.qty - coalesce(f.qty, 0) > 0
    ORDER BY r.order_id, r.warehouse_id, r.order_line_id, r.sku_id
""")


# An order none of whose fulfilments is left is as before its release.
_BACK = text("""
    SELECT o.id FROM orders o WHERE o.id = ANY(CAST(:ids AS uuid[])) AND o.status = 'in_fulfilment'
      AND NOT EXISTS (SELECT 1 FROM fulfilment f WHERE f.order_id = o.id AND f.status <> 'cancelled')
""")

#: The order's own pair of promise steps ends: its fulfilments' pairs follow it, and it counts nowhere.
_SPLIT = (("collect", "split"), ("deliver", "split"))


@dataclass(frozen=True, slots=True)
class _Planned:
    """A fulfilment's row, and when the floor's work on it is due: at the carrier's cut-off of the promised day."""

    row: dict[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Promise:
    country: str
    service: str | None
    ship_at: datetime | None
    deliver_at: datetime | None


def release(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Release the orders' reserved goods; the order's promise becomes a pair of steps for each fulfilment.

    Nothing of an order that is not in effect goes to the floor (F-1).
    """
    stands = locking.touch(session, order_ids=[step.subject_id for step in steps])
    live = [s for s in steps if s.subject_id in stands and stands[s.subject_id][1] in IN_EFFECT]
    gone = [Done(s, "superseded", error="the order is not in effect") for s in steps if s not in live]
    again = [s.subject_id for s in live if stands[s.subject_id][1] == "in_fulfilment"]
    return [*_release(session, live, again, now), *gone]


def _release(session: Session, steps: Sequence[Claimed], again: Sequence[uuid.UUID], now: datetime) -> list[Done]:
    order_ids = [step.subject_id for step in steps]
    groups = _groups(session, order_ids)
    planned = _plan(session, groups, now)
    moved = lifecycle.advance(
        session, Order, [order_id for order_id, _ in groups], to="in_fulfilment", cause="released", actor="system", now=now,
        lenient=True, stamp="released_at", also={"fulfilment_status": Computed(derived.FULFILMENT_STATUS)},
        along=_writes(groups, {group: one.row for group, one in planned.items()}, now),
    )  # fmt: skip
    derived.refresh(session, order_ids=sorted(set(order_ids) - set(moved)))
    opens = incomplete.complete(session, order_ids=again)
    whole = _nothing_to_ship(session, set(order_ids) - {order_id for order_id, _ in groups} - set(again), now)
    for order_id, close in whole.items():
        opens[order_id].append(close)
    for one in planned.values():
        opens.setdefault(one.row["order_id"], []).extend(_opens(session, one, now))
    return [Done(step, "released", tuple(opens.get(step.subject_id, ())), ends=_SPLIT) for step in steps]


def _nothing_to_ship(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, NewStep]:
    """Orders of which nothing ever went to the floor, of services alone, end here; others wait for their goods."""
    return completing.complete(session, order_ids=sorted(order_ids), by="system", now=now)


def undo(session: Session, *, order_ids: Sequence[uuid.UUID], cause: str, actor: str, now: datetime) -> None:
    """Those of (locked) orders of which no fulfilment is left are confirmed again, and wait for their next release."""
    back = list(session.execute(_BACK, {"ids": list(order_ids)}).scalars())
    lifecycle.advance(session, Order, back, to="confirmed", cause=cause, actor=actor, now=now)


Group = tuple[uuid.UUID, uuid.UUID]  # (order, warehouse)


def _groups(session: Session, order_ids: Sequence[uuid.UUID]) -> dict[Group, list[Any]]:
    groups: dict[Group, list[Any]] = {}
    for row in session.execute(_READY, {"orders": list(order_ids)}).all():
        groups.setdefault((row.order_id, row.warehouse_id), []).append(row)
    return groups


def _promise(r: Any) -> _Promise:
    return _Promise(r.ship_country or "*", r.requested_service, r.promised_ship_at, r.promised_deliver_at)


def _plan(session: Session, groups: Mapping[Group, Sequence[Any]], now: datetime) -> dict[Group, _Planned]:
    zone, worth = calendar_store.zone_of(session), policy.read(session, now).worth()
    promises = {group: _promise(lines[0]) for group, lines in groups.items()}
    tables = carriers.services(session, routes={(w, promise.country) for (_, w), promise in promises.items()})
    planned = {}
    for (order_id, warehouse_id), lines in groups.items():
        promise = promises[order_id, warehouse_id]
        load, services = _load(lines), tables[warehouse_id, promise.country]
        found = offers(services, ready_at=now, load=load, zone=zone)
        offer = choose(found, deliver_by=promise.deliver_at, worth=worth, service=promise.service)
        if offer is None:
            raise Conflict(
                f"order {order_id}: no carrier serves {promise.country} with a piece of {load.heaviest_g} g; add a carrier service"
            )
        row = _row(order_id, warehouse_id, lines[0].parts, promise, offer, now)
        promised = {"ship_by": row["promised_ship_at"], "deliver_by": row["promised_deliver_at"]}
        planned[order_id, warehouse_id] = _Planned(row, last_cut_off(services, offer, **promised, zone=zone))
    return planned


def _load(lines: Sequence[Any]) -> Load:
    grams = sum(Decimal(line.weight_g) * line.qty for line in lines)
    return Load(int(grams), max(int(line.weight_g * min(line.qty, Decimal(1))) for line in lines))


def _row(
    order_id: uuid.UUID, warehouse_id: uuid.UUID, part: int, promise: _Promise, offer: Offer, now: datetime
) -> dict[str, Any]:
    return {
        "id": db.new_id(),
        "number": numbers.new_number("FO"),
        "order_id": order_id,
        "warehouse_id": warehouse_id,
        "round": 0,
        "part": part,
        "status": "released",
        "carrier_id": offer.carrier_id,
        "service": offer.service,
        "cut_off_at": offer.cut_off_at,
        "promised_ship_at": promise.ship_at or offer.cut_off_at,
        "promised_deliver_at": promise.deliver_at or offer.deliver_at,
        "released_at": now,
    }


def _writes(
    groups: Mapping[Group, Sequence[Any]], planned: Mapping[Group, Mapping[str, Any]], now: datetime
) -> list[Write]:
    """The fulfilments with their lines and what history tells of them."""
    if not planned:
        return []
    lines = [
        {
            "id": db.new_id(),
            "fulfilment_id": planned[group]["id"],
            "order_id": line.order_id,
            "order_line_id": line.order_line_id,
            "sku_id": line.sku_id,
            "qty": line.qty,
        }
        for group, own in groups.items()
        for line in own
    ]
    notes = [
        lifecycle.Note(
            "fulfilment",
            row["id"],
            "fulfilment.released",
            "released",
            order_id=row["order_id"],
            became="released",
            data={"number": row["number"], "service": row["service"], "cut_off_at": row["cut_off_at"]},
        )
        for row in planned.values()
    ]
    return [
        inserting(Fulfilment, list(planned.values())),
        inserting(FulfilmentLine, lines),
        lifecycle.noting(notes, actor="system", now=now),
    ]


def _opens(session: Session, planned: _Planned, now: datetime) -> list[NewStep]:
    row = planned.row
    lead = timedelta(minutes=policy.read(session, now).whole("wave.lead_time"))
    common = {"order_id": row["order_id"], "subject_type": "fulfilment"}
    return [
        NewStep("wave", row["id"], due_at=planned.due_at, run_after=max(now, row["cut_off_at"] - lead), **common),
        NewStep("collect", row["id"], due_at=row["promised_ship_at"], **common),
        NewStep("deliver", row["id"], due_at=row["promised_deliver_at"], **common),
    ]
