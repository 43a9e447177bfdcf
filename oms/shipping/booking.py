"""Carrier booking: what a label needs, and what becomes of the answer (F-4).

The call itself is made by `workers/booking.py`. A label is bought under the parcel's reference, so that no
retry buys a second one; mending takes a new reference.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Label, Row, exists, literal_column, select, text
from sqlalchemy.orm import Session, load_only

from connectors import base, carriage
from connectors.base import ChannelConfig
from connectors.carriage import CarrierConfig
from oms.clock import zone_named
from oms.documents import store
from oms.documents.store import Paper
from oms.fulfilment.models import Fulfilment
from oms.ids import in_order
from oms.intake import inbox, polling
from oms.intake.rules import Known
from oms.inventory.models import Warehouse
from oms.journey import calendar_store, lifecycle
from oms.journey.lifecycle import Each, Note
from oms.journey.steps import Claimed, Done, NewStep
from oms.money import quantise
from oms.orders import locking
from oms.orders.models import ChangeRequest, Order
from oms.parties.channels import carrier_config_of, config_of
from oms.parties.models import Carrier, Channel
from oms.shipping import handover, rules
from oms.shipping.models import Parcel
from oms.shipping.rules import Plan

_LIVE = ("confirmed", "in_fulfilment")


@dataclass(frozen=True, slots=True)
class Booking:
    """One label to buy. `known` is what stands of the order, against which the channel's reading is held."""

    parcel: carriage.Parcel
    carrier: CarrierConfig
    plan: Plan
    zone: ZoneInfo
    now: datetime
    channel_id: uuid.UUID
    channel: ChannelConfig
    channel_order_id: str
    known: Known


@dataclass(frozen=True, slots=True)
class Stopped:
    """The channel tells something else than we know: its reading goes through the inbox before any label."""

    reading: base.Received
    became: str


# What is in the parcel: (total, qty, ordered, pieces of a bundle) of each line, as text, so that no digit is lost.
_CONTENTS: Label[Any] = literal_column("""(
    SELECT jsonb_agg(jsonb_build_array(
        CAST(ol.total AS text), CAST(pl.qty AS text), CAST(ol.qty AS text),
        CAST(coalesce((SELECT sum(bp.qty) FROM bundle_part bp JOIN sku s ON s.id = bp.bundle_id AND s.bundle
                       WHERE bp.bundle_id = ol.sku_id), 1) AS text)))
    FROM parcel_line pl JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
    JOIN order_line ol ON ol.id = fl.order_line_id WHERE pl.parcel_id = parcel.id)
""").label("contents")
_PENDING = (
    exists()
    .where(ChangeRequest.order_id == Parcel.order_id, ChangeRequest.status.in_(("requested", "approved")))
    .label("pending")
)
# On which days the carrier comes for each of its services: the country's own row goes before that for everywhere.
_PICK_UP_DAYS: Label[Any] = literal_column("""(
    SELECT jsonb_object_agg(x.service, x.pick_up_days) FROM (
        SELECT DISTINCT ON (s.service) s.service, s.pick_up_days FROM carrier_service s
        WHERE s.carrier_id = parcel.carrier_id AND s.warehouse_id = fulfilment.warehouse_id
          AND s.country IN (coalesce(orders.ship_country, '*'), '*') ORDER BY s.service, s.country DESC) x)
""").label("pick_up_days")
_READ = (
    select(Parcel, Fulfilment, Order, Warehouse, Carrier, Channel, _PENDING, _CONTENTS, _PICK_UP_DAYS)
    .join(Fulfilment, Fulfilment.id == Parcel.fulfilment_id)
    .join(Order, Order.id == Parcel.order_id)
    .join(Warehouse, Warehouse.id == Fulfilment.warehouse_id)
    .join(Carrier, Carrier.id == Parcel.carrier_id)
    .join(Channel, Channel.id == Order.channel_id)
    .options(
        load_only(
            Order.status, Order.ship_to, Order.contact, Order.currency, Order.channel_order_id, Order.version,
            Order.content_hash, Order.channel_cancelled, raiseload=True,
        )
    )
)  # fmt: skip


def prepare(session: Session, *, step: Claimed, now: datetime) -> Booking | Done:
    """Read what the call needs; end the step at once when the parcel is booked already or its order was stopped."""
    row = session.execute(_READ.where(Parcel.id == step.subject_id)).one()
    parcel, fulfilment, order, warehouse, carrier, channel, pending, contents, pick_up_days = row
    if parcel.label_status in ("purchased", "used"):
        return Done(step, "booked", (_hand_over(step),))
    if order.status not in _LIVE or fulfilment.status not in ("packed", "labelled"):
        return Done(step, "stopped", error=f"order {order.status}, fulfilment {fulfilment.status}")
    if pending:
        return Done(step, "stopped", (_again(step, now),), error="a change of the order is being decided")
    return Booking(
        parcel=_request(parcel, order, warehouse, contents or ()),
        carrier=carrier_config_of(carrier),
        plan=_plan(parcel, fulfilment, warehouse, pick_up_days or {}),
        zone=calendar_store.zone_of(session),
        now=now,
        channel_id=channel.id,
        channel=config_of(channel),
        channel_order_id=order.channel_order_id,
        known=Known(True, order.version, bytes(order.content_hash), order.channel_cancelled),
    )


def _plan(parcel: Parcel, fulfilment: Fulfilment, warehouse: Warehouse, pick_up_days: dict[str, int]) -> Plan:
    house_zone = zone_named(warehouse.zone) if warehouse.zone else None
    return Plan(parcel.service, fulfilment.cut_off_at, fulfilment.promised_deliver_at, pick_up_days, house_zone)


def _request(
    parcel: Parcel, order: Order, warehouse: Warehouse, contents: Sequence[Sequence[str | None]]
) -> carriage.Parcel:
    lines = [[Decimal(number or 0) for number in line] for line in contents]
    value = sum((rules.share(total, qty, ordered * pieces) for total, qty, ordered, pieces in lines), Decimal(0))
    currency = order.currency or "CNY"
    return carriage.Parcel(
        reference=parcel.reference,
        service=parcel.service,
        sender=address_of(warehouse.address),
        receiver=address_of(order.ship_to or {}),
        weight_g=parcel.weight_g,
        length_mm=parcel.length_mm,
        width_mm=parcel.width_mm,
        height_mm=parcel.height_mm,
        value=quantise(value, currency),
        currency=currency,
        email=order.contact.get("email"),
    )


def address_of(stored: dict[str, Any]) -> base.Address:
    """A stored address as carriers take it."""
    names = base.Address.__slots__
    found = {name: value for name, value in stored.items() if name in names and name != "lines"}
    return base.Address(lines=tuple(stored.get("lines") or ()), **found)


def _again(step: Claimed, now: datetime) -> NewStep:
    """The booking that looks again later: after a cancellation it is cancelled with the order's other steps."""
    return NewStep(
        "book",
        step.subject_id,
        order_id=step.order_id,
        round=step.round + 1,
        due_at=step.due_at,
        run_after=now + timedelta(seconds=rules.wait_s(step.round)),
    )


def _hand_over(step: Claimed) -> NewStep:
    return NewStep("hand_over", step.subject_id, order_id=step.order_id, round=step.round, due_at=step.due_at)


def record_label(session: Session, *, step: Claimed, label: carriage.Label, now: datetime) -> Done:
    """Keep the label, its papers and its price; the parcel joins its carrier's open hand-over list."""
    return record_labels(session, labelled=[(step, label)], now=now)[0]


def record_labels(session: Session, *, labelled: Sequence[tuple[Claimed, carriage.Label]], now: datetime) -> list[Done]:
    """`record_label` for a list, in a fixed number of statements."""
    locking.touch(session, order_ids=[step.order_id for step, _ in labelled if step.order_id])
    ids = [step.subject_id for step, _ in labelled]
    parcels = {row.id: row for row in session.execute(_LOCKED, {"ids": ids}).all()}
    lists = handover.open_lists(session, places={(p.warehouse_id, p.carrier_id) for p in parcels.values()}, now=now)
    by: dict[str, Any] = {"cause": "booked", "actor": "system", "now": now}
    papers = [paper for step, label in labelled for paper in _papers(parcels[step.subject_id], label)]
    each = {step.subject_id: _told(label, parcels[step.subject_id].service) for step, label in labelled}
    lifecycle.advance(
        session, Parcel, ids, to="purchased", axis="label_status", each=each, stamp="booked_at",
        also=_kept([label for _, label in labelled], [lists.get((parcels[i].warehouse_id, parcels[i].carrier_id)) for i in ids]),
        along=[store.putting(papers, by="system", now=now)], **by,
    )  # fmt: skip
    complete = in_order({p.fulfilment_id for p in parcels.values() if p.complete})
    lifecycle.advance(session, Fulfilment, complete, to="labelled", lenient=True, **by)
    return [Done(step, "booked", (_hand_over(step),)) for step, _ in labelled]


# A fulfilment is labelled once each of its parcels is: these, and the others already. No other parcel of the order gets
# its label meanwhile, for the order is locked.
_LOCKED = text("""
    SELECT p.id, p.order_id, p.fulfilment_id, p.service, p.carrier_id, f.warehouse_id, NOT EXISTS (
        SELECT 1 FROM parcel q WHERE q.fulfilment_id = f.id AND q.label_status NOT IN ('purchased', 'used', 'voided')
           AND q.id <> ALL(CAST(:ids AS uuid[]))) AS complete
    FROM parcel p JOIN fulfilment f ON f.id = p.fulfilment_id WHERE p.id = ANY(CAST(:ids AS uuid[]))
    ORDER BY f.id, p.id FOR UPDATE
""")


def _kept(labels: Sequence[carriage.Label], lists: Sequence[uuid.UUID | None]) -> dict[str, Each]:
    """What the parcels keep of their labels, and the hand-over lists they join, in the same write."""
    return {
        "waybill_number": Each([label.waybill_number for label in labels]),
        "tracking_url": Each([label.tracking_url for label in labels]),
        "label_price": Each([label.price for label in labels]),
        "label_currency": Each([label.currency for label in labels]),
        "service": Each([label.service for label in labels]),
        "hand_over_list_id": Each(lists),
    }


def _told(label: carriage.Label, planned: str) -> dict[str, Any]:
    changed = label.service != planned
    return {"waybill_number": label.waybill_number, "service": label.service, "service_changed": changed}


def _papers(parcel: Row[Any], label: carriage.Label) -> list[Paper]:
    same: dict[str, Any] = {"subject_type": "parcel", "subject_id": parcel.id, "order_id": parcel.order_id}
    return [
        Paper(kind="label", name=f"{label.waybill_number}.pdf", content=label.pdf, **same),
        Paper(kind="label_zpl", name=f"{label.waybill_number}.zpl", media_type="application/zpl", content=label.zpl, **same),
    ]  # fmt: skip


def record_stop(session: Session, *, step: Claimed, booking: Booking, stopped: Stopped, now: datetime) -> Done:
    """No label: what the channel tells goes through the inbox like any message of it, and the booking looks again."""
    message = polling.message_of(stopped.reading, way="reread", by="booking")
    inbox.receive(session, channel_id=booking.channel_id, received=[message], now=now)
    told = Note(
        "parcel", step.subject_id, "booking.stopped", "re-read at its channel", step.order_id, became=stopped.became
    )
    lifecycle.note(session, [told], actor="system", now=now)
    return Done(step, "stopped", (_again(step, now),), error=f"at its channel the order is {stopped.became}")


def record_refusal(session: Session, *, step: Claimed, words: str, now: datetime) -> Done:
    """The carrier refuses for good: a person mends it, with the carrier's own words before them."""
    lifecycle.advance(
        session, Parcel, [step.subject_id], to="refused", cause=words[:500], actor="system", now=now,
        axis="label_status", lenient=True,
    )  # fmt: skip
    mend = NewStep("mend_booking", step.subject_id, order_id=step.order_id, round=step.round)
    return Done(step, "refused", (mend,), error=words)
