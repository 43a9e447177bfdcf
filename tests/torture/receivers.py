"""Who got what: an order's parcels go to the person and the address that its own shop told, its mails to its own customer.

    wrong = receivers.judged(session, shots, folder=made.folder, channel=BULK)

Work is done for hundreds of orders in one statement. One that mixes up its rows gives each order something and the wrong
thing: all sums are right then, and nobody is forgotten.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from email import message_from_binary_file, policy
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.demo.place import ORDERS_ADDRESS
from tests.torture.plan import ORDER, POISON, Shot

#: What the customer of a delivered order was told; the first one is asked to sign in some houses.
TOLD = ({"confirmation", "signature_request"}, {"collected"}, {"delivered"}, {"closed"})

_WHOSE = text("SELECT p.reference, o.channel_order_id AS order_id FROM parcel p JOIN orders o ON o.id = p.order_id")
_MAILS = text("""
    SELECT m.mail_id, m.template, o.channel_order_id AS order_id FROM message m JOIN orders o ON o.id = m.order_id
    WHERE m.status = 'sent'
""")
_DELIVERED = text("""
    SELECT o.channel_order_id FROM orders o JOIN channel c ON c.id = o.channel_id WHERE c.name = :channel AND o.status = 'closed'
""")

#: A receiver: the name and the lines of the address.
Receiver = tuple[str, ...]


class Sent(NamedTuple):
    """A mail that counts as sent: of which order, after which template."""

    order_id: str
    template: str


def judged(session: Session, shots: Sequence[Shot], *, folder: Path, channel: str) -> list[str]:
    """Parcels and mails that went to somebody else, and delivered orders whose customer was not told of each stage."""
    whose = {row.reference: row.order_id for row in session.execute(_WHOSE)}
    sent = {str(row.mail_id).strip("<>"): Sent(row.order_id, row.template) for row in session.execute(_MAILS)}
    delivered = session.execute(_DELIVERED, {"channel": channel}).scalars().all()
    wrong = parcels(receivers(shots), whose, _at_carrier(folder))
    wrong += mails(customers(shots), sent, mailboxes(folder))
    return wrong + untold(delivered, sent.values())


def receivers(shots: Sequence[Shot]) -> dict[str, set[Receiver]]:
    """Order -> all receivers that its shop told; a change tells another one."""
    found: dict[str, set[Receiver]] = defaultdict(set)
    for order_id, body in _bodies(shots):
        found[order_id].add(_receiver(body["ship_to"]))
    return dict(found)


def customers(shots: Sequence[Shot]) -> dict[str, str]:
    """Order -> its customer's e-mail address."""
    return {order_id: body["customer"]["email"] for order_id, body in _bodies([s for s in shots if s.kind == ORDER])}


def _bodies(shots: Sequence[Shot]) -> Iterable[tuple[str, dict[str, Any]]]:
    return ((shot.order_id, json.loads(shot.body)) for shot in shots if shot.order_id and shot.kind != POISON)


def _receiver(address: Mapping[str, Any]) -> Receiver:
    return (str(address.get("name") or ""), *(address.get("lines") or ()))


def parcels(told: Mapping[str, set[Receiver]], whose: Mapping[str, str], there: Mapping[str, Receiver]) -> list[str]:
    """Labels at the carrier (`there`, by reference) for another receiver than the order of that parcel has."""
    return [
        f"the parcel {reference} of {whose[reference]} is labelled for {receiver}, told were {sorted(told[whose[reference]])}"
        for reference, receiver in sorted(there.items())
        if whose.get(reference) in told and receiver not in told[whose[reference]]
    ]


def mails(who: Mapping[str, str], sent: Mapping[str, Sent], arrived: Mapping[str, set[str]]) -> list[str]:
    """Mails (by Message-ID) that lie in another mailbox than that of their order's customer."""
    wrong = []
    for mail_id, boxes in sorted(arrived.items()):
        mail = sent.get(mail_id)
        others = boxes - {who[mail.order_id]} if mail and mail.order_id in who else set()
        wrong += [
            f"the mail {mail_id} ({mail and mail.template}) came to {other} too or instead" for other in sorted(others)
        ]
    return wrong


def untold(delivered: Iterable[str], sent: Iterable[Sent]) -> list[str]:
    """Delivered orders without one of the mails that every delivered order has."""
    had: dict[str, set[str]] = defaultdict(set)
    for mail in sent:
        had[mail.order_id].add(mail.template)
    return [
        f"order {order} was delivered and its customer never told: {' or '.join(sorted(wanted))}"
        for order in sorted(delivered)
        for wanted in TOLD
        if not wanted & had[order]
    ]


def _at_carrier(folder: Path) -> dict[str, Receiver]:
    with sqlite3.connect(f"file:{folder}/carrier/carrier.sqlite?mode=ro", uri=True) as book:
        rows = book.execute("SELECT reference, request FROM shipment WHERE voided_at IS NULL").fetchall()
    return {reference: _receiver(json.loads(request)["receiver"]) for reference, request in rows}


def mailboxes(folder: Path) -> dict[str, set[str]]:
    """Message-ID -> the addresses in whose mailboxes it lies; the house's own is left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (p for place in ("new", "cur") for p in (folder / "mailbox" / "mail").glob(f"*/{place}/*")):
        if path.parts[-3] != ORDERS_ADDRESS:
            with path.open("rb") as file:
                name = message_from_binary_file(file, policy=policy.compat32)["Message-ID"]
            found[str(name).strip("<>")].add(path.parts[-3])
    return found
