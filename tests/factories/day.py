"""One working day in miniature: an order at every stage that a page shows, each carrying a hostile text."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.aftersales import returns, satisfaction, tickets
from oms.aftersales.returns import Wanted
from oms.aftersales.tickets import NewTicket
from oms.fulfilment.models import Fulfilment, Wave
from oms.intake import inbox
from oms.intake.inbox import NewMessage
from oms.journey import steps
from oms.journey.models import Step
from oms.journey.steps import NewStep
from oms.messages.models import Message
from oms.orders.models import Order, OrderLine
from oms.shipping.models import Parcel
from oms.verification import confirmation, review
from tests.factories.floor import Floor, released, run_kind, wave_of
from tests.factories.orders import ADDRESS, CONTACT, make_channel, make_order
from tests.factories.packed import booked, checked, handed_over, served_floor

HOSTILE = "<script>alert('x')</script>"
NASTY: dict[str, Any] = {
    "contact": CONTACT | {"name": HOSTILE, "company": HOSTILE},
    "ship_to": ADDRESS | {"city": HOSTILE},
    "ship_city": HOSTILE,
    "buyer_message": HOSTILE,
    "channel_order_number": HOSTILE,
}


@dataclass(frozen=True, slots=True)
class Day:
    """What stands at each stage, by what its page needs."""

    floor: Floor
    to_pick: Fulfilment
    wave: Wave
    to_pack: Fulfilment
    parcel: Parcel
    shipped: Parcel
    held: Order
    review: Step
    to_sign: Order
    token: str
    ticket_id: uuid.UUID
    return_id: uuid.UUID
    message_id: uuid.UUID
    survey: str


def make_day(session: Session, now: datetime) -> Day:
    """Orders to pick, to pack, labelled, shipped, held and to be signed; a ticket, a return, a message."""
    floor = served_floor(session)
    to_pick, to_pack = released(session, floor, now, **NASTY), checked(session, floor, now)
    shipped = handed_over(session, floor, now, **NASTY)
    parcel = booked(session, floor, now)
    held, to_sign = held_order(session, now), spoken_order(session, floor, now)
    ticket_id = tickets.open_tickets(
        session, new=[NewTicket("complaint", HOSTILE, HOSTILE, shipped.order_id)], actor="system", now=now
    )[0]
    [message] = inbox.receive(
        session, channel_id=held.channel_id, received=[NewMessage("m-1", "webhook", HOSTILE.encode())], now=now
    )
    return Day(
        floor=floor,
        to_pick=to_pick,
        wave=wave_of(session, to_pick),
        to_pack=to_pack,
        parcel=parcel,
        shipped=shipped,
        held=held,
        review=session.scalars(select(Step).where(Step.kind == "review", Step.order_id == held.id)).one(),
        to_sign=to_sign,
        token=token_of(session, to_sign),
        ticket_id=ticket_id,
        return_id=asked_back(session, shipped, now),
        message_id=message.message_id,
        survey=survey_of(session, shipped, now),
    )


def held_order(session: Session, now: datetime) -> Order:
    """An order with a SKU that nobody knows, on the specialist's list."""
    order = make_order(session, lines=[{"qty": Decimal(1), "channel_sku": "NO-SUCH", "name": HOSTILE}], **NASTY)
    steps.open_steps(session, [NewStep("verify", order.id, order_id=order.id)], now=now)
    run_kind(session, "verify", review.verify, now)
    return order


def spoken_order(session: Session, floor: Floor, now: datetime) -> Order:
    """A phone order on account whose confirmation waits for the signature."""
    channel = make_channel(session, source="phone", way="phone", needs_signature=True, payment_terms="account")
    order = make_order(
        session,
        channel_id=channel.id,
        lines=[{"qty": Decimal(2), "sku_id": floor.skus[0].id, "name": HOSTILE}],
        payment_terms="account",
        payment_status="none",
        paid=Decimal(0),
    )
    steps.open_steps(session, [NewStep("confirm", order.id, order_id=order.id)], now=now)
    run_kind(session, "confirm", confirmation.confirm, now)
    return order


def token_of(session: Session, order: Order) -> str:
    """The secret in the customer's signing link."""
    sent = session.scalars(select(Message).where(Message.order_id == order.id, Message.template == "signature_request"))
    return str(sent.one().values["token"])


def asked_back(session: Session, shipped: Parcel, now: datetime) -> uuid.UUID:
    """A return of one piece, not decided yet."""
    line = session.scalars(select(OrderLine).where(OrderLine.order_id == shipped.order_id)).first()
    assert line is not None
    wanted = [Wanted(line.id, Decimal(1))]
    return returns.request(
        session, order_id=shipped.order_id, wanted=wanted, reason="damaged", actor="system", now=now, note=HOSTILE
    )


def survey_of(session: Session, shipped: Parcel, now: datetime) -> str:
    """The link's secret part of an open question about an order."""
    due = now + timedelta(days=7)
    steps.open_steps(
        session, [NewStep("rate_service", shipped.order_id, order_id=shipped.order_id, due_at=due)], now=now
    )
    return f"{shipped.order_id}.{satisfaction.token_of(shipped.order_id)}"
