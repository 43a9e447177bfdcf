"""A house with an order at every stage, and the means to damage it behind the product's back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from connectors.carriage import TrackingEvent as Scan
from oms import together
from oms.effects import recording
from oms.fulfilment.models import Fulfilment
from oms.journey import holds, seal, touched
from oms.journey.holds import NewHold
from oms.kpi import fold
from oms.shipping import closing, tracking
from oms.shipping.models import Parcel
from tests.factories.calls import intend
from tests.factories.floor import Floor, confirmed_order, released, run_kind
from tests.factories.packed import booked, handed_over, packed, served_floor

#: Tables whose constraints would refuse the control's broken row.
GUARDED = ("stock", "bin_stock", "orders", "order_line", "return_line", "step")


def make_every_stage(session: Session, business_now: datetime) -> Session:
    """One order closed, others at every earlier stage, one of them held; history sealed."""
    floor = served_floor(session, qty=20)
    closed = handed_over(session, floor, business_now, qty=2)
    for status in ("collected", "delivered"):
        scan = Scan(str(closed.waybill_number), status, status, business_now)
        tracking.record_events(session, carrier_id=closed.carrier_id, events=[scan], way="poll", now=business_now)
    run_kind(session, "close", closing.close, business_now)
    _other_stages(session, floor, business_now)
    for parcel in session.query(Parcel).filter(Parcel.waybill_number.is_not(None)):
        key = f"book:{parcel.reference}"
        intend(session, key=key, subject_id=parcel.id, now=business_now)
        together.execute(session, [recording(key=key, state="done", now=business_now)])
    seal.seal(session)
    touched.write(session)
    while fold.fold(session, now=business_now):
        pass
    return session


def _other_stages(session: Session, floor: Floor, now: datetime) -> None:
    for stage in (confirmed_order, released, packed, booked, handed_over):
        stage(session, floor, now)
    held = session.query(Fulfilment).filter_by(status="handed_over").first()
    hold = NewHold(held.order_id, "fraud", "order_manager", {"en": "x"}, now + timedelta(hours=1))
    holds.place(session, [hold], by="meg", now=now)


def drop_guards(session: Session) -> None:
    """Take away what would refuse the damage: the append-only triggers and the tables' own checks."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    named = text("""SELECT CAST(conrelid AS regclass) AS t, conname FROM pg_constraint
                    WHERE contype IN ('c', 'u') AND conrelid = ANY(CAST(:tables AS regclass[]))""")
    for table, name in session.execute(named, {"tables": list(GUARDED)}).all():
        session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
