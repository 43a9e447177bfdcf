"""Whom a scan is told: the customer by mail the same day, the channel by its API (F-6, F-10)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from connectors.base import ChannelConfig, ShipmentNotice
from oms.journey.steps import Claimed, Done, NewStep
from oms.messages import outbox
from oms.messages.outbox import Notice
from oms.orders.contacts import Contact, contacts, notice
from oms.parties.channels import config_of
from oms.parties.models import Channel

#: The round of a step `tell_channel` says what is told; a parcel has one of each.
ROUNDS = {"collected": 0, "delivered": 1}

#: Scans that were made one after the other reach us in any order within this time.
OUT_OF_ORDER = timedelta(minutes=10)

_PARCELS = text("""
    SELECT p.id, p.order_id, p.fulfilment_id, p.waybill_number, p.tracking_url, c.name AS carrier,
           p.collected_at, p.delivered_at, f.promised_deliver_at
    FROM parcel p JOIN carrier c ON c.id = p.carrier_id JOIN fulfilment f ON f.id = p.fulfilment_id
    WHERE p.id = ANY(CAST(:ids AS uuid[])) ORDER BY p.id
""")

# A set counts at the parcel that makes it whole, of those that the carrier took before; so one that leaves in two is told once.
_GOODS = text("""
    WITH gone AS (
        SELECT fl.order_line_id, fl.sku_id, sum(pl.qty) AS upto,
               coalesce(sum(pl.qty) FILTER (WHERE p.id <> this.id), 0) AS before
        FROM parcel this JOIN parcel p ON p.order_id = this.order_id
         AND (p.id = this.id OR (p.collected_at, p.id) < (this.collected_at, this.id))
        JOIN fulfilment f ON f.id = p.fulfilment_id AND (p.id = this.id OR f.status NOT IN ('putback', 'cancelled'))
        JOIN parcel_line pl ON pl.parcel_id = p.id JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
        WHERE this.id = :parcel GROUP BY 1, 2)
    SELECT ol.line_ref, CASE WHEN count(bp.part_id) > 0
                             THEN floor(min(coalesce(gone.upto, 0) / bp.qty)) - floor(min(coalesce(gone.before, 0) / bp.qty))
                             ELSE sum(gone.upto - gone.before) END AS qty
    FROM order_line ol JOIN sku s ON s.id = ol.sku_id
    LEFT JOIN bundle_part bp ON bp.bundle_id = ol.sku_id AND s.bundle
    LEFT JOIN gone ON gone.order_line_id = ol.id AND (bp.part_id IS NULL OR gone.sku_id = bp.part_id)
    WHERE ol.id IN (SELECT fl.order_line_id FROM parcel_line pl JOIN fulfilment_line fl ON fl.id = pl.fulfilment_line_id
                    WHERE pl.parcel_id = :parcel)
    GROUP BY ol.id, ol.position, ol.line_ref ORDER BY ol.position
""")

# Nothing is to come when every piece is in a parcel that was collected (or delivered, when that is told).
# A box whose goods went back to their bins, before or after it had a label, is none.
_MORE = text("""
    SELECT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = :order AND l.requires_shipping
                   AND l.qty_shipped + l.qty_cancelled < l.qty)
        OR EXISTS (SELECT 1 FROM parcel p JOIN fulfilment f ON f.id = p.fulfilment_id AND f.status NOT IN ('putback', 'cancelled')
                   WHERE p.order_id = :order AND p.id <> :parcel AND p.label_status <> 'voided'
                   AND (CASE WHEN :delivered THEN p.delivered_at ELSE p.collected_at END) IS NULL)
""")


_EARLIER = text("""
    SELECT EXISTS (SELECT 1 FROM step WHERE subject_id = :parcel AND kind = 'tell_channel' AND round < :round
                   AND state IN ('open', 'claimed', 'paused', 'parked'))
""")


_LATER = text("""
    SELECT id FROM step WHERE subject_id = :parcel AND kind = 'tell_channel' AND round > :round AND state = 'open'
""")


@dataclass(frozen=True, slots=True)
class ChannelNotice:
    """What a channel is told of one parcel, under an idempotency key of its own."""

    channel: ChannelConfig
    notice: ShipmentNotice
    key: str

    @property
    def peer(self) -> str:
        return f"channel:{self.channel.name}"


def tell(
    session: Session, *, parcel_ids: Sequence[uuid.UUID], event: str, now: datetime
) -> dict[uuid.UUID, list[NewStep]]:
    """Write the messages; return the steps `tell` and `tell_channel` by fulfilment. What was told already opens nothing.

    `event`: collected | delivered.
    """
    parcels = session.execute(_PARCELS, {"ids": list(parcel_ids)}).all()
    people = contacts(session, order_ids=sorted({p.order_id for p in parcels}))
    messages = [_notice(p, people[p.order_id], event) for p in parcels]
    steps: dict[uuid.UUID, list[NewStep]] = {}
    homes = {p.order_id: p.fulfilment_id for p in parcels}
    for step in outbox.put(session, notices=messages, now=now):
        steps.setdefault(homes[step.order_id], []).append(step)
    for p in parcels:
        told = NewStep("tell_channel", p.id, order_id=p.order_id, round=ROUNDS[event])
        steps.setdefault(p.fulfilment_id, []).append(told)
    return steps


def announce(session: Session, *, parcel_ids: Sequence[uuid.UUID], now: datetime) -> list[NewStep]:
    """Tell customers that a parcel comes today (F-10); return the steps to open. One that was delivered is not announced.

    Scans come in any order within minutes, and who is told must not hang on which of two came first: a delivery of
    the last ten minutes does not count.
    """
    parcels = session.execute(_PARCELS, {"ids": list(parcel_ids)}).all() if parcel_ids else []
    coming = [p for p in parcels if p.delivered_at is None or p.delivered_at > now - OUT_OF_ORDER]
    people = contacts(session, order_ids=sorted({p.order_id for p in coming})) if coming else {}
    return outbox.put(session, notices=[_notice(p, people[p.order_id], "out_for_delivery") for p in coming], now=now)


def _notice(parcel: Row[Any], person: Contact, event: str) -> Notice:
    at, by = parcel.delivered_at if event == "delivered" else parcel.collected_at, parcel.promised_deliver_at
    return notice(
        person,
        key=f"{event}:{parcel.id}",
        template=event,
        carrier=parcel.carrier,
        waybill_number=parcel.waybill_number,
        tracking_url=parcel.tracking_url,
        at=at.isoformat() if at else None,
        # What left after its promise is with nobody by that day.
        promised_deliver_at=by.isoformat() if at is None or by > at else None,
    )


def earlier_is_untold(session: Session, *, step: Claimed) -> bool:
    """Whether the channel has still to hear what came before: that a parcel was sent, before that it was delivered (I9)."""
    if step.round == 0:
        return False
    return bool(session.execute(_EARLIER, {"parcel": step.subject_id, "round": step.round}).scalar_one())


def later_ones(session: Session, *, step: Claimed) -> list[uuid.UUID]:
    """The steps that wait until the channel has heard this one."""
    return list(session.execute(_LATER, {"parcel": step.subject_id, "round": step.round}).scalars())


def prepare_channel(session: Session, *, step: Claimed) -> ChannelNotice | Done:
    """What the step's channel is told; the step ends at once for a parcel that was not scanned."""
    status = next(name for name, number in ROUNDS.items() if number == step.round)
    parcel = session.execute(_PARCELS, {"ids": [step.subject_id]}).one()
    at = parcel.collected_at if status == "collected" else parcel.delivered_at
    if at is None:
        return Done(step, "not_told", error=f"the parcel is not {status}")
    order = session.execute(
        text("SELECT channel_id, channel_order_id FROM orders WHERE id = :id"), {"id": parcel.order_id}
    ).one()
    asked = {"order": parcel.order_id, "parcel": parcel.id, "delivered": status == "delivered"}
    more = bool(session.execute(_MORE, asked).scalar())
    goods = session.execute(_GOODS, {"parcel": parcel.id}).all()
    notice = ShipmentNotice(
        channel_order_id=order.channel_order_id,
        tracking_number=parcel.waybill_number,
        carrier=parcel.carrier,
        tracking_url=parcel.tracking_url,
        status=status,
        at=at,
        lines=tuple((row.line_ref, row.qty) for row in goods if row.line_ref),
        last=not more,
    )
    channel = session.get_one(Channel, order.channel_id)
    return ChannelNotice(config_of(channel), notice, f"tell_channel:{parcel.id}:{status}")
