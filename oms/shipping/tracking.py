"""The carrier's scans: stored once, in whatever order they come; collected and delivered end their steps (F-6, F-8).

A step ends at the time of the scan, since that is what was promised; a scan that comes late sets it back. One that is dated
before its label, or after we were told of it, counts from when we were told (`scan_times`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from connectors import carriage
from connectors.carriage import CarrierConfig
from oms import db
from oms.journey import lifecycle
from oms.journey import steps as journey
from oms.journey.flow import COMES_BACK
from oms.journey.steps import Claimed, Done
from oms.orders import locking
from oms.parties.channels import carrier_config_of
from oms.parties.models import Carrier
from oms.shipping import arrivals, cases, handover, leaving, notices, rules
from oms.shipping.cases import Trouble
from oms.shipping.models import Parcel, TrackingEvent
from oms.shipping.scan_times import counts_at

#: Parcels that one step asks about; the longest unasked go first.
ASKED_AT_ONCE = 300

#: A parcel that came to no end is asked about for so long.
FOLLOWED = timedelta(days=90)

ON_THEIR_WAY = text("""
    SELECT waybill_number FROM parcel
    WHERE carrier_id = :carrier AND waybill_number IS NOT NULL AND delivered_at IS NULL AND undelivered_at IS NULL
      AND label_status IN ('purchased', 'used') AND tracking_status <> 'lost' AND booked_at > :since
    ORDER BY tracked_at NULLS FIRST, id LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Recorded:
    """`new` scans were stored; `unknown` waybills are none of ours."""

    new: int
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """The parcels of one carrier that are on their way; asking changes nothing there, so it is no effect."""

    carrier: CarrierConfig
    waybill_numbers: tuple[str, ...]
    key: str | None = None

    @property
    def peer(self) -> str:
        return f"carrier:{self.carrier.name}"


def record_events(
    session: Session, *, carrier_id: uuid.UUID, events: Sequence[carriage.TrackingEvent], way: str, now: datetime
) -> Recorded:
    """Store scans (`way`: webhook | poll) and draw what follows. The same scan told again changes nothing.

    Takes the orders' rows first; a fixed number of statements for the list.
    """
    parcels = _parcels(session, carrier_id, events)
    unknown = tuple(sorted({e.waybill_number for e in events} - parcels.keys()))
    locking.touch(session, order_ids=[row.order_id for row in parcels.values()])
    rows = [_row(parcels[e.waybill_number], e, way, now) for e in events if e.waybill_number in parcels]
    fresh = _insert(session, rows)
    if fresh:
        _follow(session, fresh, rows, carrier_id, now)
    return Recorded(len(fresh), unknown)


def _parcels(
    session: Session, carrier_id: uuid.UUID, events: Sequence[carriage.TrackingEvent]
) -> dict[str, Row[uuid.UUID, uuid.UUID, str | None]]:
    numbers = {event.waybill_number for event in events}
    statement = select(Parcel.id, Parcel.order_id, Parcel.waybill_number)
    found = session.execute(statement.where(Parcel.carrier_id == carrier_id, Parcel.waybill_number.in_(numbers)))
    return {str(row.waybill_number): row for row in found}


def _row(
    parcel: Row[uuid.UUID, uuid.UUID, str | None], event: carriage.TrackingEvent, way: str, now: datetime
) -> dict[str, object]:
    return {
        "id": db.new_id(),
        "parcel_id": parcel.id,
        "status": event.status,
        "carrier_status": event.carrier_status,
        "place": event.place,
        "at": event.at,
        "received_at": now,
        "way": way,
        "signed_by": event.signed_by,
    }


def _insert(session: Session, rows: Sequence[dict[str, object]]) -> list[Row[uuid.UUID, uuid.UUID, str]]:
    if not rows:
        return []
    values = [{name: value for name, value in row.items() if name != "signed_by"} for row in rows]
    statement = pg_insert(TrackingEvent).on_conflict_do_nothing(index_elements=["parcel_id", "status", "at"])
    returning = statement.returning(TrackingEvent.id, TrackingEvent.parcel_id, TrackingEvent.status)
    return list(session.execute(returning, values).all())


# Of what is known to travel back the last scan is that of our own door: it was delivered to nobody.
_MARK = text(f"""
    UPDATE parcel SET collected_at = least(parcel.collected_at, e.collected),
           delivered_at = CASE WHEN parcel.undelivered_as = ANY(CAST(:back AS text[])) THEN parcel.delivered_at
                               ELSE least(parcel.delivered_at, e.delivered) END
    FROM (SELECT e.parcel_id, min({counts_at("e", "p")}) FILTER (WHERE e.status = ANY(CAST(:collected AS text[]))) AS collected,
                 min({counts_at("e", "p")}) FILTER (WHERE e.status = 'delivered') AS delivered
          FROM tracking_event e JOIN parcel p ON p.id = e.parcel_id
          WHERE e.parcel_id = ANY(CAST(:ids AS uuid[])) GROUP BY e.parcel_id) e, fulfilment f
    WHERE parcel.id = e.parcel_id AND f.id = parcel.fulfilment_id
    RETURNING parcel.id, parcel.collected_at, parcel.delivered_at, parcel.handed_over_at,
              f.status IN ('putback', 'cancelled') AS stopped
""")

# The newest word of each parcel; of two that count at one moment the one that is dated later, else the one that came later.
_LATEST = text(f"""
    SELECT DISTINCT ON (e.parcel_id) e.parcel_id, e.status FROM tracking_event e JOIN parcel p ON p.id = e.parcel_id
    WHERE e.parcel_id = ANY(CAST(:ids AS uuid[])) AND e.status <> ALL(CAST(:silent AS text[]))
      AND (e.status <> 'delivered' OR p.delivered_at IS NOT NULL)
    ORDER BY e.parcel_id, e.status = 'delivered' DESC, {counts_at("e", "p")} DESC, e.at DESC, e.id DESC
""")


def _follow(
    session: Session,
    fresh: Sequence[Row[uuid.UUID, uuid.UUID, str]],
    rows: Sequence[dict[str, object]],
    carrier_id: uuid.UUID,
    now: datetime,
) -> None:
    by = f"carrier:{session.get_one(Carrier, carrier_id).name}"
    ids = sorted({row.parcel_id for row in fresh})
    known = {"ids": ids, "collected": sorted(rules.COLLECTED), "back": list(COMES_BACK)}
    marked = session.execute(_MARK, known).all()
    arrived = {row.id for row in marked if row.delivered_at is not None}
    _keep_signers(session, [row for row in rows if row["parcel_id"] in arrived])
    # What the carrier has scanned has left, whether the list was signed or not. Of a stopped one the goods were put back or
    # are to be: somebody has to find out what was scanned.
    unsigned = [row for row in marked if row.collected_at is not None and row.handed_over_at is None]
    going = [row.id for row in unsigned if not row.stopped]
    left = leaving.leave(session, parcel_ids=going, cause="scanned by the carrier", actor=by, now=now)
    handover.end_steps(session, left=left, list_id=None, actor=by, now=now)
    _advance(session, ids, by, now)
    # Nobody hears that it was sent before somebody has found that out.
    sent = [row for row in marked if not row.stopped or row.handed_over_at is not None]
    arrivals.collected(session, parcel_ids=[r.id for r in sent if r.collected_at is not None], by=by, now=now)
    arrivals.delivered(session, parcel_ids=[r.id for r in sent if r.delivered_at is not None], by=by, now=now)
    coming = {row.parcel_id for row in fresh if row.status == "out_for_delivery"} & {row.id for row in sent}
    journey.open_steps(session, notices.announce(session, parcel_ids=sorted(coming), now=now), now=now)
    troubles = cases.of_scans(session, scan_ids=[row.id for row in fresh if row.status in rules.TROUBLE])
    troubles += [Trouble(row.id, "stopped", row.collected_at) for row in unsigned if row.stopped]
    cases.open_cases(session, troubles=troubles, now=now)


def _advance(session: Session, ids: Sequence[uuid.UUID], by: str, now: datetime) -> None:
    groups: dict[str, list[uuid.UUID]] = {}
    for row in session.execute(_LATEST, {"ids": list(ids), "silent": sorted(rules.SILENT)}):
        groups.setdefault(row.status, []).append(row.parcel_id)
    for status, parcels in groups.items():
        lifecycle.advance(
            session, Parcel, parcels, to=status, cause="scan", actor=by, now=now, axis="tracking_status", lenient=True
        )


def _keep_signers(session: Session, rows: Sequence[dict[str, object]]) -> None:
    signed = [
        {"b_id": r["parcel_id"], "b_by": r["signed_by"]} for r in rows if r["signed_by"] and r["status"] == "delivered"
    ]
    if signed:
        statement = update(Parcel.__table__).where(Parcel.id == bindparam("b_id"))  # type: ignore[arg-type]
        session.connection().execute(statement.values(signed_by=bindparam("b_by")), signed)


def prepare(session: Session, *, step: Claimed, now: datetime) -> Asking | Done:
    """The carrier's live parcels, the longest unasked first; the step ends at once when there is none."""
    carrier = session.get(Carrier, step.subject_id)
    if carrier is None or not carrier.active:
        return Done(step, "failed", error="the carrier is gone")
    given = {"carrier": carrier.id, "since": now - FOLLOWED, "most": ASKED_AT_ONCE}
    numbers = tuple(session.scalars(ON_THEIR_WAY, given))
    if not numbers:
        return Done(step, "tracked")
    return Asking(carrier_config_of(carrier), numbers)


def record_poll(
    session: Session, *, step: Claimed, asking: Asking, events: Sequence[carriage.TrackingEvent], now: datetime
) -> Done:
    """What the carrier answered; parcels that it has not scanned for days become cases."""
    asked = Parcel.carrier_id == step.subject_id, Parcel.waybill_number.in_(asking.waybill_numbers)
    # Whoever writes a parcel holds its order: two who write many in orders of their own would wait for each other.
    told = {*asking.waybill_numbers, *(event.waybill_number for event in events)}
    orders = select(Parcel.order_id).where(Parcel.carrier_id == step.subject_id, Parcel.waybill_number.in_(told))
    locking.touch(session, order_ids=session.scalars(orders).all())
    record_events(session, carrier_id=step.subject_id, events=events, way="poll", now=now)
    session.execute(
        update(Parcel).where(*asked).values(tracked_at=now), execution_options={"synchronize_session": False}
    )
    session.execute(update(Carrier).where(Carrier.id == step.subject_id).values(tracked_until=now))
    cases.open_silent(session, carrier_id=step.subject_id, now=now)
    return Done(step, "tracked")
