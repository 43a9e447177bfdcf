"""No query for each row: every stage costs the same number of statements for one order and for sixty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from bench.goods import Company, company, order_json
from connectors.carriage import Label, TrackingEvent
from oms.db import new_id
from oms.fulfilment import checking, packing, paper, picking, queries, waves
from oms.fulfilment.boxing import Box
from oms.fulfilment.packing import PackScan
from oms.fulfilment.picking import PickScan
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.journey import steps
from oms.shipping import booking, handover, parcels, tracking
from oms.shipping.models import HandOverList, Parcel
from oms.shipping.parcels import Closing
from tests.statements import counted
from workers.bindings import handlers

INSIDE = ("accept", "apply_change", "verify", "confirm", "allocate", "release", "wave", "close")
FLOOR = ("pick", "check", "close_boxes", "label", "hand_over")


@dataclass(slots=True)
class Walk:
    """Drives orders through their life and counts the statements of each stage."""

    session: Session
    engine: Engine
    seeded: Company
    now: datetime
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, work: Callable[[], object]) -> None:
        """Count `work` as a transaction of its own would cost: nothing is known from before."""
        self.session.flush()
        self.session.expunge_all()
        self.session.info.clear()
        with counted(self.engine) as found:
            work()
            self.session.flush()
        self.counts[name] = self.counts.get(name, 0) + len(found)

    def inside(self, kind: str, wanted: int) -> None:
        claimed = steps.claim(self.session, kind=kind, limit=500, lease_s=30, worker="test")
        assert len(claimed) == wanted, kind
        work: Any = handlers("inside")[kind]

        def batch() -> None:
            steps.finish(self.session, work.work(self.session, claimed, self.now), by="system", now=self.now)

        self.count(kind, batch)

    def arrive(self, numbers: Sequence[int], **changed: Any) -> None:
        bodies = [orjson.dumps(order_json(n, self.seeded.sku_codes) | changed) for n in numbers]
        messages = [NewMessage(str(new_id()), "webhook", body) for body in bodies]
        inbox.receive(self.session, channel_id=self.seeded.channel_id, received=messages, now=self.now)

    def intake(self, numbers: Sequence[int]) -> None:
        self.arrive(numbers)
        self.inside("accept", len(numbers))
        self.arrive(
            numbers, version="2026-11-22T09:00:00Z", buyer_message=None, totals={"total": "60.00", "paid": "60.00"}
        )
        first = self.counts["accept"]
        self.inside("accept", len(numbers))
        self.counts["accept"] = first
        self.inside("apply_change", len(numbers))
        for kind in ("verify", "confirm", "allocate", "release"):
            self.inside(kind, len(numbers))
        waves.plan_now(self.session, warehouse_id=self.seeded.warehouse_id)
        self.inside("wave", len(numbers))

    def floor(self) -> None:
        same: dict[str, Any] = {"actor": "staff:test", "now": self.now}
        ids = list(self.session.execute(text("SELECT id FROM wave WHERE status = 'released'")).scalars())
        self.count("pick", lambda: paper.confirm(self.session, wave_ids=ids, **same))
        rows = self.session.execute(_PICKED).all()
        scans = [PackScan(str(new_id()), row.id, row.code, row.qty_picked) for row in rows]
        self.count("check", lambda: checking.check(self.session, scans=scans, **same))
        closings = [Closing(i, [Box("M", 2000)]) for i in sorted({row.id for row in rows})]
        self.count("close_boxes", lambda: parcels.close_many(self.session, closings=closings, staff_id=None, **same))
        claimed = steps.claim(self.session, kind="book", limit=500, lease_s=30, worker="test")
        labelled = [(step, _label(step.subject_id.hex)) for step in claimed]

        def label() -> None:
            done = booking.record_labels(self.session, labelled=labelled, now=self.now)
            steps.finish(self.session, done, by="system", now=self.now)

        self.count("label", label)
        list_id = self.session.execute(select(HandOverList.id).where(HandOverList.status == "open")).scalar_one()

        def sign() -> None:
            for side in handover.SIDES:
                handover.sign(self.session, list_id=list_id, side=side, signer="Cleo", **same)

        self.count("hand_over", sign)

    def one_call_a_step(self) -> None:
        """The floor's stages of one order as people scan it: a stop, a piece, a box, a signature at a time."""
        who: dict[str, Any] = {"actor": "staff:test", "staff_id": new_id(), "now": self.now}
        stops: list[Any] = []
        wave_id = self.session.execute(text("SELECT id FROM wave WHERE status = 'released'")).scalar_one()
        self.count("pick", lambda: stops.extend(queries.stops(self.session, wave_id=wave_id)))
        for stop in stops:
            taken = PickScan(str(new_id()), wave_id, stop.bin, stop.sku, stop.qty)
            self.count("pick", partial(picking.scan, self.session, scanned=taken, **who))
        fulfilment_id = stops[0].fulfilment_id
        for stop in stops:
            piece = PackScan(str(new_id()), fulfilment_id, stop.sku, stop.qty)
            self.count("check", partial(packing.scan, self.session, scanned=piece, **who))
        boxes = [Box("M", 2000)]
        close = partial(parcels.close_boxes, self.session, fulfilment_id=fulfilment_id, boxes=boxes, **who)
        self.count("close_boxes", close)
        [step] = steps.claim(self.session, kind="book", limit=1, lease_s=30, worker="test")
        done = booking.record_labels(self.session, labelled=[(step, _label(step.subject_id.hex))], now=self.now)
        steps.finish(self.session, done, by="system", now=self.now)
        list_id = self.session.execute(select(HandOverList.id).where(HandOverList.status == "open")).scalar_one()
        for side in handover.SIDES:
            signed = {"list_id": list_id, "side": side, "signer": "Cleo", "actor": "staff:test", "now": self.now}
            self.count("hand_over", partial(handover.sign, self.session, **signed))

    def deliver(self, wanted: int) -> None:
        sent = select(Parcel.waybill_number).where(Parcel.delivered_at.is_(None))
        waybills = list(self.session.execute(sent).scalars())
        for status in ("collected", "delivered"):
            events = [TrackingEvent(str(waybill), status, status, self.now) for waybill in waybills]
            tracking.record_events(
                self.session, carrier_id=self.seeded.carrier_id, events=events, way="webhook", now=self.now
            )
        self.session.execute(
            text("UPDATE step SET run_after = clock_timestamp() WHERE kind = 'close' AND state = 'open'")
        )
        self.inside("close", wanted)


_PICKED = text("""
    SELECT f.id, s.code, fl.qty_picked FROM fulfilment f JOIN fulfilment_line fl ON fl.fulfilment_id = f.id
    JOIN sku s ON s.id = fl.sku_id WHERE f.status = 'picked' ORDER BY f.id, fl.id
""")


def _label(waybill: str) -> Label:
    return Label(waybill, "economy", Decimal("9.50"), "CNY", b"%PDF-" + waybill.encode(), b"^XA^XZ")


def test_a_stage_costs_as_many_statements_for_sixty_orders_as_for_one(
    session: Session, engine: Engine, business_now: datetime
) -> None:
    seeded = company(session)
    found: list[dict[str, int]] = []
    for numbers in (range(1), range(100, 160)):
        walk = Walk(session, engine, seeded, business_now)
        walk.intake(numbers)
        walk.floor()
        walk.deliver(len(numbers))
        found.append(walk.counts)
    one, sixty = found
    assert set(sixty) == {*INSIDE, *FLOOR}
    # Never more; fewer where the first order made what all share, such as the packing bin.
    assert {kind: n for kind, n in sixty.items() if n > one[kind]} == {}
    assert max(sixty.values()) <= 45, sixty


#: The most statements that three lines of one order cost on the floor, each call a transaction; business time not counted.
ONE_ORDER = {"pick": 9, "check": 6, "close_boxes": 6, "hand_over": 10}


def test_a_person_scanning_costs_few_statements(session: Session, engine: Engine, business_now: datetime) -> None:
    walk = Walk(session, engine, company(session), business_now)
    walk.intake(range(1))
    walk.one_call_a_step()
    found = {stage: walk.counts[stage] for stage in ONE_ORDER}
    assert {stage: n for stage, n in found.items() if n > ONE_ORDER[stage]} == {}, found
