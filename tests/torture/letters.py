"""Mails that come into the orders' mailbox while harm is done: each must be stored once, byte for byte, and settled (I-7).

They are automatic answers, so nobody has to deal with them: each lies in quarantine as no order, and became nothing
else. The postman reaches the mail server by a line of its own.
"""

from __future__ import annotations

import hashlib
import imaplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import select

from oms.demo.place import MAIL_PASSWORD, ORDERS_ADDRESS
from oms.intake.models import InboundMessage
from tests.torture.forking import Forked
from tests.torture.house import House

#: The house is open when its web server answers; its mail server may need longer on a busy machine.
PATIENCE_S = 60.0

_LETTER = (
    "From: c{number}@customer.example\r\nTo: {to}\r\nSubject: Out of the office\r\nAuto-Submitted: auto-replied\r\n"
    "Message-ID: <letter-{number}@letters.example>\r\n\r\nBack on Monday, {number} days from now.\r\n{filling}"
)


def begin(made: House, *, every_s: float, seconds: float) -> Forked:
    """A postman who brings a mail `every_s` for so many seconds."""
    return made.run_beside("postman", partial(_bring, made.folder, made.place.imap_port, every_s, seconds))


def _bring(folder: Path, port: int, every_s: float, seconds: float) -> int:
    ends = time.monotonic() + seconds
    number = 0
    with _brought(folder).open("a", buffering=1) as out, connected(port) as mailbox:
        while time.monotonic() < ends:
            number += 1
            letter = _LETTER.format(number=number, to=ORDERS_ADDRESS, filling="x" * 70 + "\r\n").encode()
            mailbox.append("INBOX", "", "", letter)
            out.write(f"letter-{number}@letters.example\t{hashlib.sha256(letter).hexdigest()}\n")
            time.sleep(every_s)
    return 0


@contextmanager
def connected(port: int, *, patience_s: float = PATIENCE_S) -> Iterator[imaplib.IMAP4]:
    """The orders' mailbox, as soon as its server lets in; the last refusal when that is not within `patience_s` seconds."""
    ends = time.monotonic() + patience_s
    while True:
        try:
            mailbox = imaplib.IMAP4("127.0.0.1", port, timeout=30)
            break
        except (OSError, imaplib.IMAP4.error):
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)
    with mailbox:
        mailbox.login(ORDERS_ADDRESS, MAIL_PASSWORD)
        yield mailbox


def _brought(folder: Path) -> Path:
    return folder / "letters.tsv"


def brought(folder: Path) -> dict[str, str]:
    """Message-ID without brackets -> SHA-256 of each mail that the server took; none of a postman who never set out."""
    path = _brought(folder)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return dict(line.split("\t") for line in lines)  # type: ignore[misc]


def arrived(made: House) -> bool:
    """Has all that was brought been stored and looked at?"""
    found = stored(made)
    return len(found) >= len(brought(made.folder)) and all(status != "received" for _, _, status in found)


def stored(made: House) -> list[tuple[str, str, str]]:
    """(event id, SHA-256 of the bytes, status) of each mail that stands in the database."""
    mails = select(InboundMessage.event_id, InboundMessage.body, InboundMessage.status)
    with made.database() as session:
        rows = session.execute(mails.where(InboundMessage.way == "mail"))
        return [(event_id, hashlib.sha256(body).hexdigest(), status) for event_id, body, status in rows]


def wrong(sent: dict[str, str], found: list[tuple[str, str, str]]) -> list[str]:
    """Mails that are missing, stand twice, with other bytes or as more than no order; and when there were none."""
    events = [event_id for event_id, _, _ in found]
    told = [f"the mail {event} stands {events.count(event)} times" for event in sent if events.count(event) != 1]
    told += [f"the mail {event} stands with other bytes" for event, sha, _ in found if sent.get(event, sha) != sha]
    told += [
        f"the mail {event} is {status}, not in quarantine"
        for event, _, status in found
        if event in sent and status != "quarantined"
    ]
    return told if sent else [*told, "no mail came into the mailbox"]
