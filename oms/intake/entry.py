"""Orders entered while someone waits: the specialist's page, a distributor's upload (I-4, I-5).

The bytes are kept like any other message; acceptance runs in the same transaction, so that the answer has the
order's number, or each row's error.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.intake import acceptance, inbox
from oms.intake.fates import Accepted, Element, Fate, Translated
from oms.intake.inbox import NewMessage
from oms.intake.models import InboundOrder
from oms.journey import steps
from oms.journey.steps import Done, NewStep
from oms.orders import locking
from oms.parties.models import Channel


def enter(
    session: Session,
    *,
    channel: Channel,
    message: NewMessage,
    elements: Sequence[Element],
    now: datetime,
    all_or_nothing: bool = True,
    started_at: datetime | None = None,
) -> tuple[uuid.UUID, Accepted | None]:
    """Store and accept one message; return (message id, what it became).

    The same event id again changes nothing and returns None: look at `orders_of`. `started_at`: when a person
    began to enter it (the call came in); where a person keyed it (way `page`), their step `enter` runs from then
    and ends now (K-1, clock "entry").
    """
    receipt = inbox.receive(session, channel_id=channel.id, received=[message], now=now)[0]
    if receipt.outcome != inbox.STORED:
        return receipt.message_id, None
    translated = Translated(
        receipt.message_id, channel, now, message.received_by, elements, all_or_nothing, answered=True
    )
    accepted = acceptance.accept(session, messages=[translated], now=now)[receipt.message_id]
    step = steps.find(session, kind="accept", subject_ids=[receipt.message_id])[receipt.message_id]
    steps.finish(session, [Done(step, accepted.outcome, tuple(accepted.opens))], by=message.received_by, now=now)
    if message.way == "page":
        _end_entry(session, accepted.fates, started_at or now, message.received_by, now)
    return receipt.message_id, accepted


def orders_of(session: Session, *, message_id: uuid.UUID) -> list[InboundOrder]:
    """What each element of a message became, in its order."""
    statement = select(InboundOrder).where(InboundOrder.message_id == message_id).order_by(InboundOrder.position)
    return list(session.execute(statement).scalars())


def _end_entry(session: Session, fates: Sequence[Fate], started_at: datetime, by: str, now: datetime) -> None:
    """The person's own step: opened when the customer spoke, ended when the order stood."""
    made = [fate.order_id for fate in fates if fate.became == "ordered" and fate.order_id is not None]
    locking.touch(session, order_ids=made)
    new = [NewStep("enter", order_id, order_id=order_id) for order_id in made]
    steps.open_steps(session, new, now=started_at)
    found = steps.find(session, kind="enter", subject_ids=made)
    steps.finish(session, [Done(step, "entered") for step in found.values()], by=by, now=now)
