"""Steps `book`, `void_label` and `pick_up`: the calls to the carrier; what they mean is decided in `oms.shipping`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from connectors import registry
from connectors.base import ConnectorError, PolledChannel, Received
from connectors.carriage import Carrier, Label, ListedCarrier
from oms.intake import fates
from oms.intake import rules as intake_rules
from oms.intake.rules import Became
from oms.journey.steps import Claimed, Done
from oms.settings import Settings
from oms.shipping import booking, list_papers, pickup, rules, voiding
from oms.shipping.booking import Booking, Stopped
from oms.shipping.pickup import PickUp
from oms.shipping.voiding import Voiding
from workers.handlers import Outside

#: A shop that does not answer keeps its orders' labels waiting this long; it never parks them.
CHANNEL_RETRY_S = 30.0

_TOLD_OTHERWISE = (Became.UPDATED, Became.CANCELLED, Became.CONFLICT)


@dataclass(slots=True)
class Asking:
    """A booking under way; `peer` is whom a failure counts against: first the channel, then the carrier."""

    booking: Booking
    peer: str

    @property
    def key(self) -> str:
        return f"book:{self.booking.parcel.reference}"

    @property
    def carrier_peer(self) -> str:
        return f"carrier:{self.booking.carrier.name}"


def _prepare_book(session: Session, step: Claimed, now: datetime, settings: Settings) -> Asking | Done:
    found = booking.prepare(session, step=step, now=now)
    return found if isinstance(found, Done) else Asking(found, f"carrier:{found.carrier.name}")


def _call_book(asking: Asking) -> Label | Stopped:
    stopped = _told_otherwise(asking)
    if stopped is not None:
        return stopped
    wanted, carrier = asking.booking, _carrier(asking)
    rate = rules.choose_service(carrier.rate(wanted.parcel), wanted.plan, now=wanted.now, zone=wanted.zone)
    if rate is None:
        raise ConnectorError(
            f"{wanted.carrier.name} offers no {wanted.plan.service}, and no other service is there by"
            f" {wanted.plan.deliver_by.astimezone(wanted.zone):%Y-%m-%d}: choose another carrier or move the promise",
            permanent=True,
        )
    return carrier.book(replace(wanted.parcel, service=rate.service))


def _told_otherwise(asking: Asking) -> Stopped | None:
    """Read the order at its channel; None when it stands as we know it, or the channel can't be asked."""
    wanted = asking.booking
    channel = registry.channel_for(wanted.channel)
    if not isinstance(channel, PolledChannel) or not wanted.channel.base_url:
        return None
    asking.peer = f"channel:{wanted.channel.name}"
    try:
        reading = channel.read(wanted.channel_order_id)
    except ConnectorError as error:
        if error.permanent:
            # A door that stays shut must not keep goods in the house.
            asking.peer = asking.carrier_peer
            return None
        error.retry_after_s = error.retry_after_s or CHANNEL_RETRY_S
        raise
    asking.peer = asking.carrier_peer
    return _difference(wanted, reading) if reading is not None else None


def _difference(wanted: Booking, reading: Received) -> Stopped | None:
    for order, shape in registry.read(wanted.channel, replace(reading, channel=wanted.channel.name)):
        if order.channel_order_id != wanted.channel_order_id or intake_rules.standing(order) is not None:
            continue
        became, _ = intake_rules.decide(wanted.known, order, fates.element(order, shape).content_hash)
        if became in _TOLD_OTHERWISE:
            return Stopped(reading, became.value)
    return None


def _carrier(asking: Asking) -> Carrier:
    return registry.carrier_for(asking.booking.carrier)


def _look_up_book(asking: Asking) -> Label | None:
    return _carrier(asking).find(asking.booking.parcel.reference)


def _record_book(session: Session, step: Claimed, asking: Asking, answer: Label | Stopped, now: datetime) -> Done:
    if isinstance(answer, Stopped):
        return booking.record_stop(session, step=step, booking=asking.booking, stopped=answer, now=now)
    return booking.record_label(session, step=step, label=answer, now=now)


def _book_refused(session: Session, step: Claimed, asking: Asking, error: ConnectorError, now: datetime) -> Done:
    return booking.record_refusal(session, step=step, words=str(error), now=now)


def _prepare_void(session: Session, step: Claimed, now: datetime, settings: Settings) -> Voiding | Done:
    return voiding.prepare(session, step=step)


def _call_void(wanted: Voiding) -> str:
    """The waybill that is void now; empty when the carrier has none under our reference."""
    carrier = registry.carrier_for(wanted.carrier)
    waybill_number = wanted.waybill_number
    if waybill_number is None:
        label = carrier.find(wanted.reference)
        waybill_number = label.waybill_number if label else ""
    if waybill_number:
        carrier.void(waybill_number)
    return waybill_number


def _record_void(session: Session, step: Claimed, wanted: Voiding, answer: str, now: datetime) -> Done:
    return voiding.record(session, step=step, voided=answer or None, now=now)


def _void_refused(session: Session, step: Claimed, wanted: Voiding, error: ConnectorError, now: datetime) -> Done:
    return voiding.record_refusal(session, step=step, words=str(error), now=now)


def _prepare_pick_up(session: Session, step: Claimed, now: datetime, settings: Settings) -> PickUp | Done:
    list_papers.file(session, list_id=step.subject_id, by="system", now=now)
    found = pickup.prepare(session, step=step)
    if isinstance(found, PickUp) and not isinstance(registry.carrier_for(found.carrier), ListedCarrier):
        return Done(step, "told", error="this carrier takes no list by its API: it signed on paper")
    return found


def _call_pick_up(wanted: PickUp) -> dict[str, str]:
    carrier = cast("ListedCarrier", registry.carrier_for(wanted.carrier))
    return carrier.hand_over(wanted.number, wanted.waybill_numbers)


def _record_pick_up(session: Session, step: Claimed, wanted: PickUp, answer: dict[str, str], now: datetime) -> Done:
    return pickup.record(session, step=step, refused=answer, now=now)


def _pick_up_refused(session: Session, step: Claimed, wanted: PickUp, error: ConnectorError, now: datetime) -> Done:
    return Done(step, "failed", error=str(error))


BOOK = Outside(_prepare_book, _call_book, _record_book, look_up=_look_up_book, refused=_book_refused)
VOID_LABEL = Outside(_prepare_void, _call_void, _record_void, refused=_void_refused)
PICK_UP = Outside(_prepare_pick_up, _call_pick_up, _record_pick_up, refused=_pick_up_refused)
