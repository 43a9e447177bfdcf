"""What must be true after every fault: the same end as without it, no broken invariant, nothing twice at any peer."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import requests
from sqlalchemy import select, text

from oms.db import Base, Database
from oms.invariants.check import check
from oms.journey import seal
from tests.connectors.sandbox_peers import Peer
from workers.schedule import JOBS

#: Columns that tell how often something was tried or where a lane's peers are, not what came of it.
_TRIES = {
    ("step", "attempt"), ("step", "token"), ("step", "error"), ("step", "worker"),
    ("document", "size"), ("effect", "attempts"), ("effect", "adopted"), ("effect", "error"),
    ("inbound_message", "headers"), ("carrier", "base_url"), ("channel", "base_url"),
}  # fmt: skip
#: Who buys in the sweep.
CUSTOMER = "li.lei@example.com"
#: The clock was turned back by the harness (`sweep_state.restore_rows`).
_NOT_COMPARED = {"seal", "seal_head", "session", "api_key", "business_clock"}
#: Marks that one transaction leaves for each thing it changed: how many there are tells of tries, on how many things of ends.
_MARKS = {"touched": "subject_id"}
#: Ids, times and papers differ from life to life.
_PASSING = (uuid.UUID, date, bytes)
SHOWN = 600
#: Of one mail: a fault hits one call, which is made once more. Without a fault none comes again (`Lane.baselines`).
MOST_COPIES = 2
#: Steps of periodic jobs: whether a minute ends within a run is chance.
_PERIODIC = tuple(f"kind={job.kind}, " for job in JOBS)
_MASK = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\b[A-Z]{1,3}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]\b"
    r"|\d{8}T\d\d(\d\d(\d\d)?)?Z|\d{4}-\d\d-\d\d(?![T \d])|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?|\b[0-9a-f]{32,}\b|\d\d:\d\d\b"
)

_TRIED = text("""
    SELECT kind, attempt FROM step WHERE performer = 'system' AND kind <> ALL(CAST(:periodic AS text[])) ORDER BY kind, attempt
""")


def picture(database: Database) -> dict[str, list[str]]:
    """Every row of every table without ids, times and tries: two lives that ended alike have the same picture."""
    found = {}
    with database.transaction() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in _NOT_COMPARED:
                continue
            columns = [c for c in table.columns if (table.name, c.name) not in _TRIES]
            if table.name in _MARKS:
                marked = session.execute(select(table.c[_MARKS[table.name]]).distinct()).all()
                found[table.name] = [f"{len(marked)} marked"]
                continue
            rows = session.execute(select(*columns)).all() if columns else []
            if rows:
                shown = [_shown(columns, row) for row in rows]
                found[table.name] = sorted({row for row in shown if row.startswith(_PERIODIC)}) + sorted(
                    row for row in shown if not row.startswith(_PERIODIC)
                )
    return found


def _shown(columns: list[Any], row: Any) -> str:
    """Of ids, times and papers only which are there: an order that was never closed has no `closed_at`."""
    pairs = [(column.name, value) for column, value in zip(columns, row, strict=True) if value is not None]
    told = ", ".join(f"{name}={value}" for name, value in pairs if not isinstance(value, _PASSING))
    there = " ".join(name for name, value in pairs if isinstance(value, _PASSING))
    words = f"{_MASK.sub('#', told)}; there: {there}"
    # What is too long to be shown is compared all the same.
    return words if len(words) <= SHOWN else f"{words[:SHOWN]} ... {hashlib.sha256(words.encode()).hexdigest()[:12]}"


def tries(database: Database) -> list[str]:
    """How often each of the system's steps was begun; a serialization failure is no reason to begin one again."""
    periodic = [job.kind for job in JOBS]
    with database.transaction() as session:
        rows = session.execute(_TRIED, {"periodic": periodic}).all()
        return [f"{row.kind} begun {row.attempt} times" for row in rows]


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What is there that should not be, and what is missing."""
    said = []
    for name in sorted(expected.keys() | found.keys()):
        wanted, got = Counter(_listed(expected.get(name))), Counter(_listed(found.get(name)))
        said += [f"{name}: too much: {row}" for row in (got - wanted).elements()]
        said += [f"{name}: missing: {row}" for row in (wanted - got).elements()]
    return said


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


def faults_of(database: Database) -> list[str]:
    """Invariants that are broken, and a record that does not hold."""
    with database.transaction() as session:
        said = [f"invariant {row}" for row in check(session)]
    with database.transaction() as session:
        while seal.seal(session) >= seal.BATCH:
            pass
        verified = seal.verify(session)
    if verified.broken or verified.unsealed:
        said.append(f"the record does not hold: {verified}")
    return said


# ------------------------------------------------------------------ peers


def at_carrier(carrier: Peer) -> list[str]:
    """What the carrier sold and took; one label for each reference."""
    stats = carrier.call("GET", "/v1/stats")
    return [f"{name} {stats[name]}" for name in ("labels", "references", "voided", "handed_over")]


def at_shop(shop: Peer) -> list[str]:
    """What the shop was told of its order."""
    orders = shop.call("GET", "/admin/orders")["orders"]
    return [f"{o['key']}: {s['status']} {s['lines']}" for o in orders for s in o["shipments"]]


def mails_faults(database: Database, mailbox: Peer, *, after: int, known: set[str]) -> tuple[list[str], int]:
    """Each message that counts as sent came by its Message-ID, no other came; how many came again, byte for byte."""
    came = mails(mailbox, after=after)
    ids = [_bare(mail["message_id"]) for mail in came]
    said = arrivals(set(sent(database)) - known, ids)
    said += [f"{one} came with other bytes" for one in _changed(mailbox, came)]
    return said, len(ids) - len(set(ids))


def arrivals(wanted: set[str], ids: Sequence[str]) -> list[str]:
    """Mails that never came, that nobody wrote, or that came more often than one call that was begun again explains."""
    said = [f"a mail that nobody wrote: {one}" for one in sorted(set(ids) - wanted)]
    said += [f"a mail that never came: {one}" for one in sorted(wanted - set(ids))]
    often = sorted((one, times) for one, times in Counter(ids).items() if times > MOST_COPIES)
    return said + [f"{one} came {times} times" for one, times in often]


def sent(database: Database) -> list[str]:
    """The Message-IDs of the mails that count as sent."""
    with database.transaction() as session:
        ids = session.execute(text("SELECT mail_id FROM message WHERE status = 'sent'")).scalars()
        return sorted(_bare(mail_id) for mail_id in ids)


def mails(mailbox: Peer, *, after: int) -> list[dict[str, Any]]:
    found = mailbox.call("GET", f"/v1/mailboxes/{CUSTOMER}/mails?after={after}")
    return list(found.get("mails", []))


def _changed(mailbox: Peer, came: list[dict[str, Any]]) -> list[str]:
    uids: dict[str, list[int]] = {}
    for mail in came:
        uids.setdefault(mail["message_id"], []).append(mail["uid"])
    twice = {mail_id: found for mail_id, found in uids.items() if len(found) > 1}
    return [mail_id for mail_id, found in twice.items() if len({_bytes(mailbox, uid) for uid in found}) > 1]


def _bytes(mailbox: Peer, uid: int) -> bytes:
    key = {"Authorization": "Bearer sandbox-mailbox-key"}
    return requests.get(f"{mailbox.url}/v1/mailboxes/{CUSTOMER}/mails/{uid}", headers=key, timeout=10).content


def _bare(mail_id: str) -> str:
    return mail_id.strip("<> ")
