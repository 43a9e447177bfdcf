"""Changes and cancellations that race with the floor: the order, its labels or a recorded refusal must show each.

    wrong, figures = amended.judged(session, shots, acks, folder=made.folder, channel=BULK)

What was accepted is either carried out whole (the order is cancelled, its customer told and its money goes back; order and labels
carry the new address) or was declined because the goods had left before, and then the customer was told and someone has the case.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.orders.models import Order
from tests.torture.plan import CANCELLATION, CHANGE, Shot
from tests.torture.traffic import Ack

Street = tuple[str, ...]

#: Who declines reads the clock, then waits for the order; who hands over does too. Nobody lives longer than a lease.
CLOCKS_APART = timedelta(seconds=10)

_STANDS = text("""
    SELECT m.event_id, encode(m.body_sha256, 'hex') AS sha256, i.became, o.id, o.status, o.version, o.channel_cancelled,
           r.status AS request,
           (SELECT max(h.at) FROM history_entry h WHERE h.order_id = o.id AND h.subject_id = r.id
               AND h.event = 'status.declined') AS declined_at,
           (SELECT min(p.handed_over_at) FROM parcel p WHERE p.order_id = o.id) AS left_at,
           EXISTS (SELECT 1 FROM message t WHERE t.key = 'change_declined:' || r.id) AS told,
           EXISTS (SELECT 1 FROM message t WHERE t.key = 'cancelled:' || o.id AND t.status = 'sent') AS told_cancelled,
           EXISTS (SELECT 1 FROM ticket t WHERE t.order_id = o.id) AS ticket, o.paid,
           (SELECT sum(f.amount) FROM refund f WHERE f.order_id = o.id AND f.status IN ('pending', 'succeeded')) AS given_back
    FROM inbound_message m JOIN channel c ON c.id = m.channel_id JOIN inbound_order i ON i.message_id = m.id
    LEFT JOIN orders o ON o.id = i.order_id LEFT JOIN change_request r ON r.message_id = m.id
    WHERE c.name = :channel AND m.event_id = ANY(CAST(:events AS text[]))
""")
_CANCELLED = text("""
    SELECT o.channel_order_id FROM orders o JOIN channel c ON c.id = o.channel_id
    WHERE c.name = :channel AND o.status = 'cancelled'
""")
_PARCELS = text("SELECT reference, order_id FROM parcel WHERE order_id = ANY(CAST(:orders AS uuid[]))")


@dataclass(frozen=True, slots=True)
class Wish:
    """A change or cancellation as it was sent and accepted; `street` is the wanted address."""

    kind: str
    order_id: str
    version: str
    street: Street


@dataclass(frozen=True, slots=True)
class Stands:
    """What stands of a wish and its order. `request`: the state of the change request, None when there is none."""

    status: str
    version: str | None
    street: Street
    became: str = "updated"
    channel_cancelled: bool = False
    request: str | None = "applied"
    declined_at: datetime | None = None
    left_at: datetime | None = None
    told: bool = False
    ticket: bool = False
    #: the addresses on the order's labels at the carrier, those taken back left out
    labels: frozenset[Street] = field(default=frozenset())
    paid: Decimal | None = None
    #: what is on its way back to who paid, or there
    given_back: Decimal | None = None
    #: the customer has the mail that the order is cancelled
    told_cancelled: bool = True


def judged(
    session: Session, shots: Sequence[Shot], acks: Sequence[Ack], *, folder: Path, channel: str
) -> tuple[list[str], dict[str, Any]]:
    """What is wrong with the accepted wishes, and how many of each kind ended how."""
    wishes = accepted(shots, acks)
    stands = _stands(session, [event_id for event_id, _ in wishes], folder, channel)
    found = {key: (wish, stands.get(key)) for key, wish in wishes.items()}
    wrong = [f"{wish.kind} of {wish.order_id} {why}" for wish, one in found.values() if (why := fault(wish, one))]
    asked = {shot.order_id for shot in shots if shot.kind == CANCELLATION}
    cancelled = set(session.execute(_CANCELLED, {"channel": channel}).scalars())
    wrong += [f"order {one} is cancelled and its shop never asked for that" for one in sorted(cancelled - asked)]
    ends = Counter(f"{wish.kind} {one.request or one.became}" for wish, one in found.values() if one is not None)
    return wrong, {"wishes": dict(sorted(ends.items()))}


def accepted(shots: Sequence[Shot], acks: Sequence[Ack]) -> dict[tuple[str, str], Wish]:
    """The wishes that were answered 2xx, by event id and hash."""
    taken = {(ack.event_id, ack.sha256) for ack in acks if 200 <= ack.status < 300}
    wishes = [shot for shot in shots if shot.kind in (CHANGE, CANCELLATION)]
    sent = {(shot.event_id, hashlib.sha256(shot.body).hexdigest()): shot for shot in wishes}
    return {key: _wish(shot) for key, shot in sent.items() if key in taken}


def _wish(shot: Shot) -> Wish:
    body = json.loads(shot.body)
    return Wish(shot.kind, shot.order_id, body["version"], tuple(body["ship_to"]["lines"]))


def fault(wish: Wish, stands: Stands | None) -> str:
    """What is wrong with the end of a wish; empty when it was carried out, or declined as it may be."""
    if stands is None:
        return "was accepted and became nothing"
    if stands.version is None or datetime.fromisoformat(stands.version) != datetime.fromisoformat(wish.version):
        return f"left no trace: the order's version is {stands.version}, not {wish.version}"
    if wish.kind == CANCELLATION and not stands.channel_cancelled:
        return "left no trace: the order does not know that its shop cancelled it"
    if stands.request == "declined":
        return _declined(stands)
    if stands.request not in (None, "applied"):  # None: it came before its order, which was made as it says
        return f"was dropped: its request is {stands.request}, the order {stands.status}"
    if wish.kind == CANCELLATION:
        return _cancelled(stands)
    return _moved(wish, stands)


def _cancelled(stands: Stands) -> str:
    """Its shop says that it was paid, and not that it gave anything back: so we do. Of one that came cancelled nothing was kept."""
    if stands.status != "cancelled":
        return f"was dropped: the order is {stands.status}"
    if stands.request == "applied" and (stands.paid or 0) != (stands.given_back or 0):
        return f"was carried out, but of {stands.paid} that were paid {stands.given_back or 0} go back"
    if stands.request == "applied" and not stands.told_cancelled:
        return "was carried out, and the customer was never told"
    return ""


def _moved(wish: Wish, stands: Stands) -> str:
    if stands.street != wish.street:
        return f"was dropped: the order goes to {stands.street}, wanted was {wish.street}"
    old = sorted(stands.labels - {wish.street})
    return f"is half done: a parcel was labelled for {old[0]}, wanted was {wish.street}" if old else ""


def _declined(stands: Stands) -> str:
    """Only goods that have left are a reason, and then the customer is told and customer service has the case."""
    if stands.declined_at is None:
        return "was declined and the history does not tell when"
    if stands.left_at is None or stands.left_at > stands.declined_at + CLOCKS_APART:
        return f"was declined at {stands.declined_at}, but the goods left at {stands.left_at}"
    return "" if stands.told and stands.ticket else "was declined, and nobody was told or nobody has the case"


def _stands(session: Session, events: list[str], folder: Path, channel: str) -> dict[tuple[str, str], Stands]:
    rows = session.execute(_STANDS, {"channel": channel, "events": events}).all()
    ids = [row.id for row in rows if row.id]
    streets = {
        order_id: _street(ship_to) for order_id, ship_to in session.execute(
            select(Order.id, Order.ship_to).where(Order.id.in_(ids))
        )
    }  # fmt: skip
    labels = _labels(session, ids, folder)
    return {
        (row.event_id, row.sha256): Stands(
            row.status, row.version, streets[row.id], row.became, row.channel_cancelled, row.request, row.declined_at,
            row.left_at, row.told, row.ticket, frozenset(labels.get(row.id, ())), row.paid, row.given_back,
            row.told_cancelled,
        )
        for row in rows if row.id
    }  # fmt: skip


def _street(address: dict[str, Any] | None) -> Street:
    return tuple((address or {}).get("lines") or ())


def _labels(session: Session, orders: Iterable[Any], folder: Path) -> dict[Any, set[Street]]:
    """The receivers' addresses by order, as the carrier was told them."""
    ours = {row.reference: row.order_id for row in session.execute(_PARCELS, {"orders": list(orders)})}
    found: dict[Any, set[Street]] = {}
    with sqlite3.connect(f"file:{folder}/carrier/carrier.sqlite?mode=ro", uri=True) as book:
        for reference, request in book.execute("SELECT reference, request FROM shipment WHERE voided_at IS NULL"):
            if reference in ours:
                found.setdefault(ours[reference], set()).add(_street(json.loads(request)["receiver"]))
    return found
