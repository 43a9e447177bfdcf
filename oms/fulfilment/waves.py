"""Step `wave`: released fulfilments of one warehouse, cut-off and planned carrier become pick lists (F-2).

Pieces are allotted at bins, and the stops are ordered by the shortest walk.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db, numbers, together
from oms.errors import Conflict
from oms.fulfilment import floor, wave_rules
from oms.fulfilment.layout import Stop
from oms.fulfilment.models import PickTask, Wave
from oms.fulfilment.routes import Route, plan_route
from oms.fulfilment.wave_rules import BinPieces, Ready, Take
from oms.ids import in_order
from oms.journey import lifecycle, policy
from oms.journey.steps import Claimed, Done, NewStep
from oms.rows import inserting
from oms.together import Write

# The floor travels once, with the first line of each warehouse.
_READY = text("""
    SELECT x.first, x.id, x.order_id, x.warehouse_id, x.carrier_id, x.service, x.cut_off_at, x.line_id, x.sku_id, x.qty,
           CASE WHEN x.first THEN w.layout END
    FROM (SELECT f.id, f.order_id, f.warehouse_id, f.carrier_id, f.service, f.cut_off_at, fl.id AS line_id, fl.sku_id,
                 fl.qty, row_number() OVER (PARTITION BY f.warehouse_id ORDER BY f.id, fl.id) = 1 AS first
          FROM fulfilment f JOIN fulfilment_line fl ON fl.fulfilment_id = f.id
          WHERE f.id = ANY(CAST(:ids AS uuid[])) AND f.status = 'released' AND f.wave_id IS NULL) x
    JOIN warehouse w ON w.id = x.warehouse_id
    ORDER BY x.cut_off_at, x.id, x.line_id
""")

# Orders, stock, bins: taken in the one order (locks.py). A bin that another has written meanwhile is read as it is then.
_BINS = text("""
    WITH o AS MATERIALIZED (SELECT id FROM orders WHERE id = ANY(CAST(:orders AS uuid[])) ORDER BY id FOR NO KEY UPDATE),
    s AS MATERIALIZED (
        SELECT 1 FROM stock WHERE warehouse_id = ANY(CAST(:warehouses AS uuid[])) AND sku_id = ANY(CAST(:skus AS uuid[]))
          AND (SELECT count(*) FROM o) >= 0
        ORDER BY warehouse_id, sku_id FOR NO KEY UPDATE)
    SELECT bs.bin_id, bs.sku_id, bs.warehouse_id, bs.on_hand - bs.allotted AS free, b.code, b.aisle, b.y_mm, b.block
    FROM bin_stock bs JOIN bin b ON b.id = bs.bin_id
    WHERE (SELECT count(*) FROM s) >= 0 AND bs.warehouse_id = ANY(CAST(:warehouses AS uuid[])) AND bs.sku_id = ANY(CAST(:skus AS uuid[]))
      AND b.kind IN ('pick', 'reserve') AND bs.on_hand > bs.allotted
    ORDER BY bs.bin_id, bs.sku_id FOR NO KEY UPDATE OF bs
""")

_ALLOT = """
    UPDATE bin_stock SET allotted = bin_stock.allotted + a.qty
    FROM unnest(CAST(:bins AS uuid[]), CAST(:skus AS uuid[]), CAST(:qtys AS numeric[])) AS a(bin_id, sku_id, qty)
    WHERE bin_stock.bin_id = a.bin_id AND bin_stock.sku_id = a.sku_id
"""


# Whoever wishes for a wave again and again must not make it look as if it had become due just now: the sweep would take no stuck
# queue for late, and do none of its work.
_PLAN_NOW = text("""
    UPDATE step SET run_after = least(run_after, clock_timestamp()) WHERE kind = 'wave' AND state = 'open'
      AND subject_id = ANY(ARRAY(SELECT id FROM fulfilment WHERE warehouse_id = :warehouse AND wave_id IS NULL))
    RETURNING id
""")

_JOIN_WAVE = """
    UPDATE fulfilment SET wave_id = w.wave_id
    FROM unnest(CAST(:fulfilments AS uuid[]), CAST(:waves AS uuid[])) AS w(id, wave_id) WHERE fulfilment.id = w.id
"""


@dataclass(frozen=True, slots=True)
class _Planned:
    wave: dict[str, Any]
    tasks: list[dict[str, Any]]
    fulfilments: list[uuid.UUID]


def plan(session: Session, *, steps: Sequence[Claimed], now: datetime) -> list[Done]:
    """Put the fulfilments on waves; each gets its step `pick`, due at the carrier's cut-off of the promised day."""
    by_id = {step.subject_id: step for step in steps}
    ready, layouts = _ready(session, list(by_id))
    rules = policy.read(session, now)
    groups = wave_rules.group(ready, max_orders=rules.whole("wave.max_orders"), max_lines=rules.whole("wave.max_lines"))
    taken, allotting = _allot(session, ready)
    planned = [_wave(group, taken, layouts[group[0].warehouse_id], now) for group in groups]
    _write(session, planned, allotting, now)
    found = {r.fulfilment_id for r in ready}
    return [
        Done(
            step,
            "planned",
            (NewStep("pick", f, order_id=step.order_id, round=step.round, due_at=step.due_at),) if f in found else (),
        )
        for f, step in by_id.items()
    ]


def plan_now(session: Session, *, warehouse_id: uuid.UUID) -> int:
    """Let the waiting waves of a warehouse be planned at once (a picker is free); return how many fulfilments wait."""
    found = session.execute(_PLAN_NOW, {"warehouse": warehouse_id}).all()
    db.ring_after(session, {"inside"})
    return len(found)


def _ready(session: Session, fulfilment_ids: Sequence[uuid.UUID]) -> tuple[list[Ready], dict[uuid.UUID, floor.Floor]]:
    """What waits to be picked, and the floor of each warehouse in it."""
    found: dict[uuid.UUID, Ready] = {}
    layouts: dict[uuid.UUID, floor.Floor] = {}
    for row in session.execute(_READY, {"ids": list(fulfilment_ids)}).all():
        first, fulfilment_id, order_id, warehouse_id, carrier_id, service, cut_off_at, *line, layout = row
        own = found.get(fulfilment_id)
        if own is None:
            own = found[fulfilment_id] = Ready(
                fulfilment_id, order_id, warehouse_id, carrier_id, service, cut_off_at, []
            )
        own.lines.append((line[0], line[1], line[2]))
        if first:
            layouts[warehouse_id] = floor.from_json(layout)
    return list(found.values()), layouts


def _allot(session: Session, ready: Sequence[Ready]) -> tuple[dict[uuid.UUID, list[Take]], list[Write]]:
    """Choose (and lock) bins for every line, by fulfilment; and the write that marks the pieces."""
    params = {
        "orders": in_order({r.order_id for r in ready}),
        "warehouses": sorted({r.warehouse_id for r in ready}),
        "skus": in_order({sku for r in ready for _, sku, _ in r.lines}),
    }
    bins = [BinPieces(*tuple(row)) for row in session.execute(_BINS, params).all()]
    taken = wave_rules.take_from_bins(ready, bins)
    total: dict[tuple[uuid.UUID, uuid.UUID], Decimal] = {}
    for takes in taken.values():
        for take in takes:
            total[take.bin.bin_id, take.sku_id] = total.get((take.bin.bin_id, take.sku_id), Decimal(0)) + take.qty
    _refuse_missing(ready, taken)
    allotted = {"bins": [k[0] for k in total], "skus": [k[1] for k in total], "qtys": list(total.values())}
    return taken, [Write(_ALLOT, allotted)]


def _refuse_missing(ready: Sequence[Ready], taken: Mapping[uuid.UUID, Sequence[Take]]) -> None:
    for r in ready:
        wanted = sum((qty for _, _, qty in r.lines), Decimal(0))
        found = sum((take.qty for take in taken.get(r.fulfilment_id, ())), Decimal(0))
        if found < wanted:
            raise Conflict(
                f"fulfilment {r.fulfilment_id}: {wanted - found} reserved piece(s) stand in no pick bin; put them away first"
            )


def _wave(
    group: Sequence[Ready], taken: Mapping[uuid.UUID, Sequence[Take]], layout: floor.Floor, now: datetime
) -> _Planned:
    first = group[0]
    wave_id = db.new_id()
    takes = [(r, take) for r in group for take in taken[r.fulfilment_id]]
    places = {take.bin.code: Stop(take.bin.code, take.bin.aisle, take.bin.y_mm, take.bin.block) for _, take in takes}
    route = plan_route(layout, list(places.values()))
    order = {stop.bin: n for n, stop in enumerate(route.stops)}
    takes.sort(key=lambda pair: (order[pair[1].bin.code], pair[1].sku_id, pair[0].fulfilment_id))
    return _Planned(
        wave=_wave_row(wave_id, first, route, now),
        tasks=[
            {
                "id": db.new_id(),
                "wave_id": wave_id,
                "fulfilment_id": r.fulfilment_id,
                "fulfilment_line_id": take.line_id,
                "order_id": r.order_id,
                "bin_id": take.bin.bin_id,
                "sku_id": take.sku_id,
                "qty": take.qty,
                "stop": n,
            }
            for n, (r, take) in enumerate(takes, start=1)
        ],
        fulfilments=[r.fulfilment_id for r in group],
    )


def _wave_row(wave_id: uuid.UUID, first: Ready, route: Route, now: datetime) -> dict[str, Any]:
    return {
        "id": wave_id,
        "number": numbers.new_number("WV"),
        "warehouse_id": first.warehouse_id,
        "carrier_id": first.carrier_id,
        "service": first.service,
        "cut_off_at": first.cut_off_at,
        "status": "released",
        "length_mm": route.length_mm,
        "optimum_mm": route.optimum_mm,
        "s_shape_mm": route.s_shape_mm or route.length_mm,
        "released_at": now,
    }


def _write(session: Session, planned: Sequence[_Planned], allotting: Sequence[Write], now: datetime) -> None:
    if not planned:
        return
    pairs = [(f, p.wave["id"]) for p in planned for f in p.fulfilments]
    notes = [
        lifecycle.Note(
            "wave",
            p.wave["id"],
            "wave.released",
            "planned",
            became="released",
            data={"number": p.wave["number"], "fulfilments": len(p.fulfilments)},
        )
        for p in planned
    ]
    together.execute(
        session,
        [
            inserting(Wave, [p.wave for p in planned]),
            inserting(PickTask, [task for p in planned for task in p.tasks]),
            Write(_JOIN_WAVE, {"fulfilments": [f for f, _ in pairs], "waves": [w for _, w in pairs]}),
            lifecycle.noting(notes, actor="system", now=now),
            *allotting,
        ],
    )
