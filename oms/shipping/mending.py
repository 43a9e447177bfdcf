"""Mending a refused booking: another service or carrier, or the address put right; then it is booked anew (F-4)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from oms import crypto
from oms.errors import Conflict, InputInvalid, NotFound
from oms.journey import lifecycle
from oms.journey import steps as journey
from oms.journey.lifecycle import Note
from oms.journey.steps import Claimed, Done, NewStep
from oms.orders import locking
from oms.orders.models import Order
from oms.parties.models import CarrierService
from oms.shipping import rules
from oms.shipping.models import Parcel

#: What may be put right in an address, as the order schema names it.
ADDRESS_FIELDS = (
    "name", "company", "lines", "town", "district", "city", "region", "postal_code", "country", "adcode", "phone",
    "phone_ext", "pickup_point",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remedy:
    """What the shipping clerk changes; `ship_to` holds only the fields that were wrong."""

    service: str | None = None
    carrier_id: uuid.UUID | None = None
    ship_to: Mapping[str, Any] | None = None
    note: str = ""


def mend(session: Session, *, parcel_id: uuid.UUID, remedy: Remedy, actor: str, now: datetime) -> None:
    """Change what was refused, end `mend_booking`, and book again under a new reference.

    A remedy that changes nothing books again as it was. Raises NotFound, Conflict on a repeat, InputInvalid.
    """
    found = session.get(Parcel, parcel_id)
    if found is None:
        raise NotFound("no such parcel")
    locking.touch(session, order_ids=[found.order_id])
    parcel = session.get_one(Parcel, parcel_id, with_for_update=True, populate_existing=True)
    step = journey.find(session, kind="mend_booking", subject_ids=[parcel_id]).get(parcel_id)
    if step is None:
        raise Conflict(f"parcel {parcel.number} waits for no mending: its label is {parcel.label_status}")
    changed = _change_service(session, parcel, remedy) | _change_address(session, parcel, remedy)
    parcel.reference = rules.next_reference(parcel.reference)
    parcel.waybill_number = parcel.tracking_url = None
    session.flush()
    lifecycle.advance(
        session, Parcel, [parcel.id], to="none", cause="mended", actor=actor, now=now, axis="label_status", lenient=True
    )
    note = Note("parcel", parcel.id, "booking.mended", remedy.note or "mended", parcel.order_id, data=changed)
    lifecycle.note(session, [note], actor=actor, now=now)
    journey.finish(session, [Done(step, "mended", (_book(step, parcel),))], by=actor, now=now)


def _book(step: Claimed, parcel: Parcel) -> NewStep:
    return NewStep("book", parcel.id, order_id=parcel.order_id, round=step.round + 1)


def _change_service(session: Session, parcel: Parcel, remedy: Remedy) -> dict[str, Any]:
    if remedy.service is None and remedy.carrier_id is None:
        return {}
    carrier_id, service = remedy.carrier_id or parcel.carrier_id, remedy.service or parcel.service
    offered = exists().where(CarrierService.carrier_id == carrier_id, CarrierService.service == service)
    if not session.execute(select(offered)).scalar():
        hint = "choose one of the carrier's services as its table in settings lists them"
        raise InputInvalid(f"the carrier has no service {service!r}", fields={"service": hint})
    was = parcel.service
    parcel.carrier_id, parcel.service = carrier_id, service
    return {"service": {"was": was, "became": service}}


def _change_address(session: Session, parcel: Parcel, remedy: Remedy) -> dict[str, Any]:
    if not remedy.ship_to:
        return {}
    unknown = sorted(set(remedy.ship_to) - set(ADDRESS_FIELDS))
    if unknown:
        fields = {f"ship_to.{name}": f"no such field: one of {', '.join(ADDRESS_FIELDS)}" for name in unknown}
        raise InputInvalid("the address has fields that there are not", fields=fields)
    order = session.get_one(Order, parcel.order_id, populate_existing=True)
    was = dict(order.ship_to or {})
    order.ship_to = {**was, **remedy.ship_to}
    order.ship_country, order.ship_region = order.ship_to.get("country"), order.ship_to.get("region")
    order.ship_city = order.ship_to.get("city")
    # Private fields are named with keyed hashes, never with their values.
    return {f"ship_to.{n}": _hashes(was.get(n), v) for n, v in remedy.ship_to.items() if was.get(n) != v}


def _hashes(was: object, became: object) -> dict[str, str | None]:
    ring = crypto.ring()
    return {
        name: ring.blind_index(str(value)).hex() if value else None
        for name, value in (("was", was), ("became", became))
    }
