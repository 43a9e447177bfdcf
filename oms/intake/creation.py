"""New orders from accepted elements: order, lines, customer, SKU mapping, step `verify`; one order for each key (I-3)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from oms import numbers, together
from oms.catalog import mapping
from oms.intake import claims
from oms.intake.fates import Fate
from oms.intake.rules import Became
from oms.journey import lifecycle, touched
from oms.journey.steps import NewStep
from oms.orders import terms
from oms.orders.models import Order, OrderLine
from oms.orders.rows import line_columns, order_columns, payment_status
from oms.parties import matching
from oms.parties.matching import Person
from oms.rows import insert_rows, inserting


def create(
    session: Session, *, fates: Sequence[Fate], opens: dict[uuid.UUID, list[NewStep]], now: datetime
) -> set[uuid.UUID]:
    """Write the orders; return the ids that lost the race for their key (another transaction made the order)."""
    if not fates:
        return set()
    rows = _order_rows(session, fates, now)
    # In the order of the unique key, so that two batches with the same new orders wait instead of deadlocking.
    rows.sort(key=lambda row: (row["channel_id"], row["channel_order_id"]))
    written = set(insert_rows(session, Order, rows, unless=("channel_id", "channel_order_id"), returning="id"))
    won = [fate for fate in fates if fate.order_id in written]
    _write_parts(session, won, now)
    terms.keep_new(session, order_ids=[fate.require_order() for fate in won])
    for fate in won:
        if fate.became is Became.ORDERED:
            step = NewStep("verify", fate.require_order(), order_id=fate.order_id)
            opens.setdefault(fate.message.message_id, []).append(step)
    # An order that was cancelled before it came opens no step that would tell of it, and was entered all the same (K-1).
    touched.touch(session, [fate.order_id for fate in won if fate.became is not Became.ORDERED])
    return {fate.require_order() for fate in fates} - written


def _order_rows(session: Session, fates: Sequence[Fate], now: datetime) -> list[dict[str, Any]]:
    people = [_person(fate) for fate in fates]
    customers = matching.customers_for(session, people=people, now=now)
    return [_order_row(fate, customer, now) for fate, customer in zip(fates, customers, strict=True)]


def _person(fate: Fate) -> Person:
    customer, channel = fate.element.order.customer, fate.message.channel
    return Person(
        customer.name,
        customer.company,
        customer.email,
        customer.phone,
        customer.tax_id,
        channel.language,
        account_id=channel.customer_id,
    )


def _order_row(fate: Fate, customer_id: uuid.UUID | None, now: datetime) -> dict[str, Any]:
    order, channel = claims.begun(fate.element.order), fate.message.channel
    number = numbers.new_number("SO")
    cancelled = fate.became is Became.CANCELLED
    return {
        **order_columns(order),
        "id": fate.order_id,
        "number": number,
        "channel_id": channel.id,
        "source": channel.source,
        # A phone or message order has no number of its own: ours serves for both.
        "channel_order_id": order.channel_order_id or number,
        "channel_order_number": order.channel_order_number or order.channel_order_id or number,
        "content_hash": fate.element.content_hash,
        "channel_cancelled": cancelled,
        "message_id": fate.message.message_id,
        "received_at": fate.message.received_at,
        "entered_by": fate.message.received_by,
        "status": "cancelled" if cancelled else "received",
        "payment_status": payment_status(order),
        "payment_terms": order.payment.terms or channel.payment_terms,
        "currency": claims.currency_of(order, usual=channel.currency),
        "customer_id": customer_id,
        "language": channel.language,
        "fulfilment_status": "cancelled" if cancelled else "unfulfilled",
        "closed_at": now if cancelled else None,
    }


def _write_parts(session: Session, fates: Sequence[Fate], now: datetime) -> None:
    """The orders' lines and the first entry of their histories, in one statement."""
    if not fates:
        return
    lines = _line_rows(session, fates)
    written = [inserting(OrderLine, lines)] if lines else []
    written.append(lifecycle.noting(_notes(fates), actor=fates[0].message.received_by, now=now))
    together.execute(session, written)


def _line_rows(session: Session, fates: Sequence[Fate]) -> list[dict[str, Any]]:
    told = [(fate.message.channel.id, fate.require_order(), fate.element.order.lines) for fate in fates]
    wanted = {(channel_id, line.sku) for channel_id, _, lines in told for line in lines if line.sku}
    skus = mapping.find_skus(session, wanted=wanted)
    return [
        line_columns(
            line,
            order_id=order_id,
            position=position,
            sku_id=skus.get((channel_id, line.sku)) if line.sku else None,
        )
        for channel_id, order_id, lines in told
        for position, line in enumerate(lines)
    ]


def _notes(fates: Sequence[Fate]) -> list[lifecycle.Note]:
    """The first entries: from which message, and in which states the orders begin."""
    told: dict[tuple[uuid.UUID, str], dict[str, str]] = {}
    return [
        lifecycle.Note(
            "order",
            fate.require_order(),
            f"order.{fate.became.value}",
            "inbound message",
            order_id=fate.order_id,
            became="cancelled" if fate.became is Became.CANCELLED else "received",
            data=_told(fate, told),
        )
        for fate in fates
    ]


def _told(fate: Fate, told: dict[tuple[uuid.UUID, str], dict[str, str]]) -> dict[str, str]:
    """What the first entry tells; the same for the orders of one message that are paid alike."""
    message, payment = fate.message, payment_status(fate.element.order)
    data = {"message": str(message.message_id), "channel": message.channel.name, "payment": payment}
    return told.setdefault((message.message_id, payment), data)
