"""A list that ended short: what was picked waits for the rest, unless the channel takes a part of an order (F-7)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from oms.db import new_id
from oms.errors import Conflict
from oms.fulfilment import checking, incomplete, picking, release, shorts
from oms.fulfilment.models import Fulfilment, PickTask
from oms.fulfilment.packing import PackScan
from oms.invariants.check import check
from oms.orders.models import Order
from oms.supply import backorders, receipts
from oms.supply.receipts import Receipt
from tests.factories.changes import WORKER, check_all, living_steps, pack, pick
from tests.factories.floor import Floor, released, run_kind
from tests.factories.orders import make_channel
from tests.factories.packed import served_floor


@pytest.fixture
def floor(session: Session) -> Floor:
    return served_floor(session, qty=2)


def _short_list(session: Session, floor: Floor, now: datetime, **given: object) -> tuple[Fulfilment, PickTask]:
    """Of two SKUs one is picked; the other is not in its bin nor anywhere else."""
    fulfilment = released(session, floor, now, qty=2, **given)
    task = session.query(PickTask).order_by(PickTask.stop).limit(1).one()
    done = shorts.report_short(session, task_id=task.id, reason="not_found", actor=WORKER, now=now)
    picking.settle(session, fulfilment_ids=[done], actor=WORKER, now=now)
    pick(session, fulfilment, now)
    session.expire_all()
    assert fulfilment.status == "short"
    return fulfilment, task


def _source_again(session: Session, now: datetime) -> list[str]:
    outcomes = [done.outcome for done in run_kind(session, "allocate", backorders.allocate, now)]
    if "allocated" in outcomes:
        run_kind(session, "release", release.release, now)
    return outcomes


def test_what_was_picked_beside_a_short_is_not_packed_before_the_rest_is_there(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    fulfilment, missing = _short_list(session, floor, business_now)
    order = session.get_one(Order, fulfilment.order_id)
    with pytest.raises(Conflict, match="put the rest aside"):
        check_all(session, fulfilment, business_now)
    scanned = PackScan(str(new_id()), fulfilment.id, "any")
    assert checking.check(session, scans=[scanned], actor=WORKER, now=business_now) == ["not_yours"]
    run_kind(session, "short_pick", shorts.source_again, business_now)
    assert _source_again(session, business_now) == ["short"]
    assert living_steps(session, order).keys() == {"collect", "deliver"}
    goods = [Receipt("GRN-1", floor.warehouse.id, missing.sku_id, missing.bin_id, Decimal(2))]
    receipts.receive(session, receipts=goods, actor=WORKER, now=business_now)
    run_kind(session, "wake", receipts.wake_orders, business_now)
    assert _source_again(session, business_now) == ["allocated"]
    assert living_steps(session, order)["pack"] == "open"
    pack(session, fulfilment, business_now)
    assert check(session) == []


def test_of_an_order_that_may_come_in_parts_the_rest_is_packed_at_once(
    session: Session, floor: Floor, business_now: datetime
) -> None:
    channel = make_channel(session, settings={"partial_shipment": "true"})
    fulfilment, _ = _short_list(session, floor, business_now, channel_id=channel.id)
    assert incomplete.waiting(session, fulfilment_ids=[fulfilment.id]) == set()
    pack(session, fulfilment, business_now)
    assert session.get_one(Fulfilment, fulfilment.id, populate_existing=True).status == "packed"
