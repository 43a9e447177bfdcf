"""Telling the carrier's system of a signed hand-over list (step `pick_up`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.carriage import CarrierConfig
from oms.journey import lifecycle
from oms.journey.lifecycle import Note
from oms.journey.steps import Claimed, Done, NewStep
from oms.parties.channels import carrier_config_of
from oms.parties.models import Carrier
from oms.shipping.models import HandOverList, Parcel


@dataclass(frozen=True, slots=True)
class PickUp:
    """A signed list as the carrier is told of it; its number is the reference, so that a repeat is known."""

    carrier: CarrierConfig
    number: str
    waybill_numbers: tuple[str, ...]

    @property
    def peer(self) -> str:
        return f"carrier:{self.carrier.name}"

    @property
    def key(self) -> str:
        return f"pick_up:{self.number}"


def prepare(session: Session, *, step: Claimed) -> PickUp | Done:
    """The list's parcels that left; the step ends at once for a list without any."""
    statement = select(HandOverList.number, Carrier).join(Carrier, Carrier.id == HandOverList.carrier_id)
    number, carrier = session.execute(statement.where(HandOverList.id == step.subject_id)).one()
    waybills = select(Parcel.waybill_number).where(
        Parcel.hand_over_list_id == step.subject_id, Parcel.handed_over_at.is_not(None)
    )
    numbers = tuple(w for w in session.execute(waybills.order_by(Parcel.id)).scalars() if w)
    if not numbers:
        return Done(step, "told", error="no parcel of this list left")
    return PickUp(carrier_config_of(carrier), number, numbers)


def record(session: Session, *, step: Claimed, refused: Mapping[str, str], now: datetime) -> Done:
    """The carrier knows the list; each parcel that it says it did not take becomes a case for the shipping clerk."""
    statement = select(Parcel.id, Parcel.order_id, Parcel.waybill_number).where(
        Parcel.hand_over_list_id == step.subject_id, Parcel.waybill_number.in_(list(refused))
    )
    rows = session.execute(statement).all()
    notes = [Note("parcel", r.id, "hand_over.refused", refused[r.waybill_number or ""], r.order_id) for r in rows]
    lifecycle.note(session, notes, actor="system", now=now)
    cases = tuple(NewStep("track_case", r.id, order_id=r.order_id, key=f"{r.id}:not_taken") for r in rows)
    return Done(step, "told", cases, error=f"not taken: {dict(refused)}" if refused else None)
