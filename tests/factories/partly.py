"""An order of which a part has left the house, and its rest."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from oms import together
from oms.effects import recording
from oms.fulfilment import release, waves
from oms.fulfilment.boxing import Box
from oms.fulfilment.models import Fulfilment
from oms.inventory.models import Bin
from oms.orders.models import Order
from oms.supply import backorders, receipts
from oms.supply.receipts import Receipt
from tests.factories.calls import intend
from tests.factories.floor import Floor, run_kind
from tests.factories.orders import make_channel
from tests.factories.packed import checked, close, label, sign_both


def partly_shipped(session: Session, floor: Floor, now: datetime) -> Order:
    """Two of three pieces of each line have left; the third is backordered."""
    channel = make_channel(session, settings={"partial_shipment": "true"})
    fulfilment = checked(session, floor, now, qty=3, channel_id=channel.id)
    [parcel] = close(session, fulfilment, [Box("M", 120 + 4 * 300)], now)
    sign_both(session, label(session, parcel, now), now)
    intend(session, key=f"book:{parcel.reference}", subject_id=parcel.id, now=now)
    together.execute(session, [recording(key=f"book:{parcel.reference}", state="done", now=now)])
    return session.get_one(Order, parcel.order_id, populate_existing=True)


def rest_released(session: Session, floor: Floor, now: datetime) -> Fulfilment:
    """The third pieces come in and are released on a list of their own."""
    place = session.query(Bin).filter_by(warehouse_id=floor.warehouse.id, kind="pick").first()
    assert place is not None
    goods = [Receipt(f"GRN-{sku.code}", floor.warehouse.id, sku.id, place.id, Decimal(1)) for sku in floor.skus]
    receipts.receive(session, receipts=goods, actor="staff:bob", now=now)
    run_kind(session, "wake", receipts.wake_orders, now)
    run_kind(session, "allocate", backorders.allocate, now)
    run_kind(session, "release", release.release, now)
    waves.plan_now(session, warehouse_id=floor.warehouse.id)
    run_kind(session, "wave", waves.plan, now)
    return session.query(Fulfilment).filter_by(part=1).one()
