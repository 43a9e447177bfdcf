"""Two ledgers held against each other: what others were told and gave us, and what stands with us."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from email import message_from_binary_file, policy
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms.demo.place import ORDERS_ADDRESS
from oms.intake.inbox import EVENT_ID_REUSED
from oms.intake.models import InboundMessage
from oms.parties.models import Channel
from tests.torture.plan import ORDER, POISON, Shot
from tests.torture.traffic import Ack

#: Bodies that are in memory at a time.
_AT_ONCE = 1000
_MESSAGES = text("""
    SELECT m.event_id, encode(m.body_sha256, 'hex') AS sha256, m.status, m.reason,
           ARRAY(SELECT i.became FROM inbound_order i WHERE i.message_id = m.id ORDER BY i.position) AS became
    FROM inbound_message m JOIN channel c ON c.id = m.channel_id WHERE c.name = :channel
""")
_ORDERS = text("""
    SELECT o.channel_order_id, o.number, o.status, o.fulfilment_status FROM orders o
    JOIN channel c ON c.id = o.channel_id WHERE c.name = :channel
""")
_LABELS = text("""
    SELECT reference, waybill_number, label_status FROM parcel WHERE waybill_number IS NOT NULL OR label_status <> 'none'
""")
_MAILS = text("SELECT mail_id FROM message WHERE status = 'sent'")
_SHIPPED = text("""
    SELECT coalesce(o.channel_order_id, 'no order') AS order_id, k.code AS sku, -sum(m.on_hand) AS qty
    FROM stock_move m JOIN sku k ON k.id = m.sku_id LEFT JOIN parcel p ON p.id = m.subject_id LEFT JOIN orders o ON o.id = p.order_id
    WHERE m.cause = 'ship' GROUP BY 1, 2
""")


def accepted(session: Session, acks: Sequence[Ack], *, channel: str) -> list[str]:
    """Every delivery was answered 2xx, and what was answered 2xx stands byte for byte exactly once."""
    stand = stored(session, channel=channel)
    wrong = [f"refused: {a.kind} {a.event_id} was answered {a.status}" for a in acks if not 200 <= a.status < 300]
    for ack in {(a.event_id, a.sha256): a for a in acks if 200 <= a.status < 300}.values():
        beside = f"{ack.event_id}#{ack.sha256[:16]}"
        times = stand[ack.event_id, ack.sha256] + stand[beside, ack.sha256]
        if times == 0:
            wrong.append(f"LOST: {ack.kind} {ack.event_id} was accepted and does not stand")
        elif times > 1:
            wrong.append(f"DOUBLE: {ack.kind} {ack.event_id} stands {times} times")
    return wrong


def stored(session: Session, *, channel: str) -> Counter[tuple[str, str]]:
    """(event id, SHA-256) of each message of the channel, the hash of the very bytes that are kept: the one beside them is the receiver's word."""
    kept = select(InboundMessage.event_id, InboundMessage.body).join(Channel, Channel.id == InboundMessage.channel_id)
    rows = session.execute(kept.where(Channel.name == channel).execution_options(yield_per=_AT_ONCE))
    return Counter((event_id, hashlib.sha256(body).hexdigest()) for event_id, body in rows)


def answers(acks: Sequence[Ack]) -> list[str]:
    """No attempt was told of an error of ours: who cannot be served is told 503, or hears nothing of a server that is dead.

    The sender comes again after any answer, so the last one alone does not tell.
    """
    other = [(ack, ack.attempts - ack.busy - ack.unanswered - (ack.status not in (0, 503))) for ack in acks]
    return [f"{ack.kind} {ack.event_id} was {n} times told of another error than 503" for ack, n in other if n > 0]


class Fate(NamedTuple):
    """What became of a stored message."""

    status: str
    reason: str | None = None
    became: tuple[str, ...] = ()


Fates = Mapping[tuple[str, str], Fate]


def quarantined(session: Session, acks: Sequence[Ack], *, channel: str) -> list[str]:
    """Poison lies in quarantine. Of two contents under one event id one was taken, the other lies in quarantine."""
    rows = session.execute(_MESSAGES, {"channel": channel})
    fates = {(row.event_id, row.sha256): Fate(row.status, row.reason, tuple(row.became)) for row in rows}
    taken = [ack for ack in acks if 200 <= ack.status < 300]
    return poison(taken, fates) + contradictions(taken, fates)


def poison(acks: Sequence[Ack], fates: Fates) -> list[str]:
    """The poison among `acks` that is not in quarantine."""
    found = [(ack, fates.get((ack.event_id, ack.sha256))) for ack in acks if ack.kind == POISON]
    return [
        f"poison {ack.event_id} is {fate.status if fate else 'nowhere'}, not in quarantine"
        for ack, fate in found
        if fate is None or fate.status != "quarantined"
    ]


def contradictions(acks: Sequence[Ack], fates: Fates) -> list[str]:
    """Event ids that came with several contents, of which not exactly one was taken and each other one set apart."""
    contents: dict[str, set[str]] = {}
    for ack in acks:
        contents.setdefault(ack.event_id, set()).add(ack.sha256)
    several = [(event_id, shas) for event_id, shas in sorted(contents.items()) if len(shas) > 1]
    return [word for event_id, shas in several for word in _contradiction(event_id, shas, fates)]


def _contradiction(event_id: str, shas: Collection[str], fates: Fates) -> list[str]:
    # Which of them came first is the race's own: that one stands under the id, each other one beside it.
    found = [fates[event_id, sha] for sha in shas if (event_id, sha) in fates]
    taken = [fate for fate in found if fate.became and fate.status != "quarantined"]
    wrong = [f"{len(taken)} of {len(shas)} contents under {event_id} were taken, not one"] if len(taken) != 1 else []
    for sha in sorted(sha for sha in shas if (event_id, sha) not in fates):
        fate = fates.get((f"{event_id}#{sha[:16]}", sha))
        if fate != Fate("quarantined", EVENT_ID_REUSED):
            told = " ".join([fate.status, *fate.became]) if fate else "nowhere"
            wrong.append(f"the other content {sha[:16]} under {event_id} is {told}, not in quarantine for its id")
    return wrong


def orders(session: Session, shots: Sequence[Shot], acks: Sequence[Ack], *, channel: str) -> list[str]:
    """Each accepted order is one order, and nothing else became one."""
    found = Counter(row.channel_order_id for row in session.execute(_ORDERS, {"channel": channel}))
    sent = {shot.order_id for shot in shots if shot.kind == ORDER}
    taken = {ack.order_id for ack in acks if ack.order_id and 200 <= ack.status < 300}
    wrong = [f"LOST: order {order} was accepted and is none" for order in sorted(taken - found.keys())]
    wrong += [f"DOUBLE: {order} is {times} orders" for order, times in sorted(found.items()) if times > 1]
    return wrong + [f"order {order} was never sent" for order in sorted(found.keys() - sent)]


def unfinished(session: Session, *, channel: str) -> list[str]:
    """Orders that are neither delivered nor cancelled."""
    ends = {("closed", "delivered"), ("cancelled", "cancelled")}
    rows = session.execute(_ORDERS, {"channel": channel})
    return [
        f"order {r.number} ({r.channel_order_id}) ended as {r.status}/{r.fulfilment_status}"
        for r in rows
        if (r.status, r.fulfilment_status) not in ends
    ]


def shipped(session: Session, shots: Sequence[Shot], *, channel: str) -> list[str]:
    """The pieces that left the house for an order are those that were ordered, of each delivered order and of no other."""
    delivered = {
        row.channel_order_id for row in session.execute(_ORDERS, {"channel": channel}) if row.status == "closed"
    }
    wanted: Counter[tuple[str, str]] = Counter()
    for shot in shots:
        if shot.kind == ORDER and shot.order_id in delivered:
            for line in json.loads(shot.body)["lines"]:
                wanted[shot.order_id, line["sku"]] += int(line["qty"])
    return pieces(wanted, {(row.order_id, row.sku): Decimal(row.qty) for row in session.execute(_SHIPPED)})


def pieces(wanted: Mapping[tuple[str, str], int], left: Mapping[tuple[str, str], Decimal]) -> list[str]:
    """Where what left for an order is not what was ordered, by (order, SKU): one order's pieces do not stand for another's."""
    return [
        f"{sku} for {order}: {left.get((order, sku), 0)} pieces left, {wanted.get((order, sku), 0)} were ordered and delivered"
        for order, sku in sorted({*left, *wanted})
        if left.get((order, sku), Decimal(0)) != wanted.get((order, sku), 0)
    ]


def labels(session: Session, folder: Path) -> list[str]:
    """Each label at the carrier is ours and each of ours is at the carrier; void there means void here."""
    with sqlite3.connect(f"file:{folder}/carrier/carrier.sqlite?mode=ro", uri=True) as book:
        there = {
            reference: (waybill, voided is not None)
            for reference, waybill, voided in book.execute("SELECT reference, waybill_number, voided_at FROM shipment")
        }
    here = {row.reference: (row.waybill_number, row.label_status == "voided") for row in session.execute(_LABELS)}
    wrong = [
        f"label {there[r]} of {r} is at the carrier alone"
        for r in sorted(there.keys() - here.keys())
        if not there[r][1]
    ]
    wrong += [f"label {here[r]} of {r} is unknown at the carrier" for r in sorted(here.keys() - there.keys())]
    both = sorted(there.keys() & here.keys())
    return wrong + [f"label of {r}: {here[r]} with us, {there[r]} there" for r in both if here[r] != there[r]]


def mails(session: Session, folder: Path) -> tuple[list[str], dict[str, int]]:
    """Each sent mail lies at its customer, by Message-ID; how many came more than once, byte for byte the same."""
    sent = Counter(str(row.mail_id).strip("<>") for row in session.execute(_MAILS))
    arrived: dict[str, set[bytes]] = {}
    copies: Counter[str] = Counter()
    for path in (p for place in ("new", "cur") for p in (folder / "mailbox" / "mail").glob(f"*/{place}/*")):
        if path.parts[-3] != ORDERS_ADDRESS:
            name, content = _mail(path)
            arrived.setdefault(name, set()).add(content)
            copies[name] += 1
    wrong = [f"LOST: mail {name} was sent and did not arrive" for name in sorted(sent.keys() - arrived.keys())]
    wrong += [f"mail {name} arrived and counts as not sent" for name in sorted(arrived.keys() - sent.keys())]
    wrong += [f"DOUBLE: {times} messages are mail {name}" for name, times in sent.items() if times > 1]
    wrong += [f"DOUBLE: mail {name} came with {len(seen)} contents" for name, seen in arrived.items() if len(seen) > 1]
    return wrong, {"mails": len(sent), "mails_repeated": sum(copies.values()) - len(copies)}


def _mail(path: Path) -> tuple[str, bytes]:
    content = path.read_bytes()
    with path.open("rb") as file:
        name = message_from_binary_file(file, policy=policy.compat32)["Message-ID"]
    return str(name).strip("<>"), content


def summary(acks: Sequence[Ack]) -> dict[str, Any]:
    """How the senders fared."""
    slow = sorted(ack.slowest_s for ack in acks)
    return {
        "deliveries": len(acks),
        "attempts": sum(ack.attempts for ack in acks),
        "by_kind": dict(Counter(ack.kind for ack in acks)),
        "slowest_answer_s": slow[-1] if slow else 0,
    }
