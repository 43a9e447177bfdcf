"""The hash chain over history: sealing by one conditional update of the head, and verification (G-2, I11).

Chaining inside each writer's transaction would make all writers queue, so one sealer works behind them.
hash(n) = SHA-256(hash(n-1) | canonical JSON of the entry).

Who seals looks back to `seal_head.settled_at` only: every entry whose id was made before it has its seal. It stays
SETTLES_AFTER behind the clock, for ids are made by the clocks of many machines and committed later; what comes later
still is found once a day, when the whole history is searched. Twenty minutes of a busy house are millions of entries,
so between two such looks, LOOKS_BACK_EVERY apart, the sweep goes on from the entry that it sealed last, and a few seconds
before it: what was made earlier and committed late waits for the next look back.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, RowMapping, text
from sqlalchemy.orm import Session

from oms import ids

GENESIS = hashlib.sha256(b"oms history").digest()
#: What is read twice at each look weighs less the more it seals.
BATCH = 4000
#: Entries that one statement looks through when all are searched: a tenth of a second.
SLICE = 100_000
#: Clocks that are ten minutes off, and a transaction as long again.
SETTLES_AFTER = timedelta(minutes=20)
SEARCHES_ALL_EVERY = timedelta(days=1)
LOOKS_BACK_EVERY = timedelta(minutes=2)
#: A quick look reaches back from the entry that was sealed last over any usual transaction.
QUICK = timedelta(seconds=3)

_HEAD = text("""
    INSERT INTO seal_head (id, seq, hash) VALUES (1, 0, :genesis)
    ON CONFLICT (id) DO UPDATE SET seq = seal_head.seq
    RETURNING seq, hash, settled_at, searched_at, clock_timestamp() AS clock,
              (SELECT entry_id FROM seal WHERE seal.seq = seal_head.seq) AS newest
""")
_ENTRY = "h.id, h.order_id, h.subject_type, h.subject_id, h.at, h.actor, h.event, h.cause, h.was, h.became, h.data"
# An entry is sealed when it is committed, in whatever order that happens: found by its missing seal,
# never by "the last id", which skips what was committed late. The bound stands twice, for merged with entries the seals
# would be read from the first that ever was.
_WITHOUT_SEAL = """
    FROM history_entry h
    WHERE h.id >= :since AND NOT EXISTS (SELECT 1 FROM seal s WHERE s.entry_id = h.id AND s.entry_id >= :since)
    ORDER BY h.id
"""
UNSEALED = text(f"SELECT {_ENTRY} {_WITHOUT_SEAL} LIMIT {BATCH}")
# All there are, a slice after another: one statement for the whole history of a large house would outlast the sweep's time-out, be
# ended and begun again for ever, and nothing would be sealed any more.
_SLICE_ENDS = text("SELECT id FROM history_entry WHERE id >= :since ORDER BY id OFFSET :slice LIMIT 1")
_IN_SLICE = text(f"""
    SELECT {_ENTRY} FROM history_entry h
    WHERE h.id >= :since AND h.id < :until
      AND NOT EXISTS (SELECT 1 FROM seal s WHERE s.entry_id = h.id AND s.entry_id >= :since AND s.entry_id < :until)
    ORDER BY h.id LIMIT :most
""")
WAITING = text(f"""
    SELECT count(*) AS entries, min(few.at) AS since FROM (SELECT h.at {_WITHOUT_SEAL} LIMIT :most) AS few
""")
_SEALED = text(f"""
    SELECT s.seq, s.hash, s.entry_id, {_ENTRY} FROM seal s LEFT JOIN history_entry h ON h.id = s.entry_id
    WHERE s.seq > :after ORDER BY s.seq LIMIT {BATCH}
""")
_SETTLE = text("UPDATE seal_head SET settled_at = :settled, searched_at = :searched WHERE id = 1")
_WRITE = text("""
    INSERT INTO seal (seq, entry_id, hash)
    SELECT * FROM unnest(CAST(:seq AS bigint[]), CAST(:entry AS uuid[]), CAST(:hash AS bytea[]))
""")


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the record was altered."""

    seq: int
    entry_id: uuid.UUID | None
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Entries without a seal, and when the oldest of them was written."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Verified:
    """`sealed` entries hold; `head` is the hash to keep elsewhere; `unsealed` are younger than the last sealing."""

    sealed: int
    unsealed: int
    head: str
    broken: Broken | None


def seal(session: Session, *, quickly: bool = False) -> int:
    """Seal up to `BATCH` entries; return how many. Two sealers at once: the head's row lets one through.

    `quickly`: from where the last one was sealed, unless it is time to look back.
    """
    head = session.execute(_HEAD, {"genesis": GENESIS}).one()
    seq, last = head.seq, bytes(head.hash)
    since = _begins(head, quickly=quickly)
    rows, is_through = _unsealed(session, since)
    if is_through and (since is None or since <= head.settled_at) and _all_settled(rows, head):
        searched_at = head.clock if since is None else head.searched_at
        session.execute(_SETTLE, {"settled": head.clock - SETTLES_AFTER, "searched": searched_at})
    if not rows:
        return 0
    seals = []
    for row in rows:
        seq, last = seq + 1, chain(last, dict(row))
        seals.append((seq, row["id"], last))
    session.execute(
        _WRITE, {"seq": [s[0] for s in seals], "entry": [s[1] for s in seals], "hash": [s[2] for s in seals]}
    )
    session.execute(text("UPDATE seal_head SET seq = :seq, hash = :hash WHERE id = 1"), {"seq": seq, "hash": last})
    return len(seals)


def _unsealed(session: Session, since: datetime | None) -> tuple[Sequence[RowMapping], bool]:
    """The oldest entries without a seal from then on, and whether all that come later were looked at too."""
    low = ids.first_of(since)
    while since is None:
        until = session.execute(_SLICE_ENDS, {"since": low, "slice": SLICE}).scalar_one_or_none()
        if until is None:
            break
        rows = session.execute(_IN_SLICE, {"since": low, "until": until, "most": BATCH}).mappings().all()
        if rows:
            return rows, False
        low = until
    return session.execute(UNSEALED, {"since": low}).mappings().all(), True


def _all_settled(rows: Sequence[RowMapping], head: Row[Any]) -> bool:
    """Whether nothing older than SETTLES_AFTER is left: the oldest come first, and a busy house always has some younger ones.

    Were there to be none left at all, such a house would look back, or through all, for each batch and for ever.
    """
    return len(rows) < BATCH or ids.made_at(rows[-1]["id"]) > head.clock - SETTLES_AFTER


def _begins(head: Row[Any], *, quickly: bool) -> datetime | None:
    """From when on entries are looked for: none for all there are, where all is sealed, or where the last was sealed."""
    if head.searched_at is None or head.clock - head.searched_at > SEARCHES_ALL_EVERY:
        return None
    if not quickly or head.clock - head.settled_at >= SETTLES_AFTER + LOOKS_BACK_EVERY:
        return cast(datetime, head.settled_at)
    # A clock that runs ahead counts for no more than the server's.
    clock: datetime = head.clock
    return min(clock, ids.made_at(head.newest) if head.newest is not None else clock) - QUICK


def waiting(session: Session, *, most: int) -> Waiting:
    """What waits for its seal, counted up to `most`; asked often, so only from where all is known to be sealed."""
    settled_at = session.execute(text("SELECT max(settled_at) FROM seal_head")).scalar_one()
    return _waiting(session, settled_at, most)


def _waiting(session: Session, since: datetime | None, most: int | None) -> Waiting:
    row = session.execute(WAITING, {"since": ids.first_of(since), "most": most}).one()
    return Waiting(row.entries, row.since)


def chain(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    """The hash of an entry that follows `previous`."""
    fields = ("id", "order_id", "subject_type", "subject_id", "actor", "event", "cause", "was", "became", "data")
    content = {name: entry[name] for name in fields} | {"at": entry["at"].timestamp()}
    canonical = json.dumps(content, default=str, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + canonical.encode()).digest()


def verify(session: Session, *, expected_head: str | None = None) -> Verified:
    """Walk the chain from the start; name the first broken entry.

    `expected_head` is a head kept outside the database: without it a cut-off tail cannot be told from the end.
    """
    last, seq, broken, seen = GENESIS, 0, None, expected_head is None
    for row in _sealed(session):
        broken = _fault(row, seq, last)
        if broken:
            break
        seq, last = row["seq"], bytes(row["hash"])
        seen = seen or last.hex() == expected_head
    if broken is None:
        broken = _head_fault(session, seq, last, seen)
    unsealed = _waiting(session, None, None).count
    return Verified(sealed=seq, unsealed=unsealed, head=last.hex(), broken=broken)


def _sealed(session: Session) -> Iterator[Mapping[str, Any]]:
    after = 0
    while rows := session.execute(_SEALED, {"after": after}).mappings().all():
        yield from rows  # type: ignore[misc]
        after = rows[-1]["seq"]


def _fault(row: Mapping[str, Any], seq: int, last: bytes) -> Broken | None:
    if row["seq"] != seq + 1:
        return Broken(seq + 1, None, "a seal is missing")
    if row["id"] is None:
        return Broken(row["seq"], row["entry_id"], "the entry was deleted")
    if chain(last, row) != bytes(row["hash"]):
        return Broken(row["seq"], row["entry_id"], "the entry or its seal was altered")
    return None


def _head_fault(session: Session, seq: int, last: bytes, seen: bool) -> Broken | None:
    head = session.execute(text("SELECT seq, hash FROM seal_head WHERE id = 1")).one_or_none()
    if head is not None and (head.seq != seq or bytes(head.hash) != last):
        return Broken(seq + 1, None, "entries at the end were removed with their seals")
    if not seen:
        return Broken(seq, None, "the expected head is not in the chain: its end was cut off")
    return None
