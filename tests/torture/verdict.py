"""The verdict: when all has come to rest, everything that was promised is held against everything that stands.

findings = verdict.judge(made, shots)          # after `drain`
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from oms import db
from oms.invariants import check, waits
from oms.journey import flow, seal
from oms.kpi import fold
from tests.torture import amended, answered, detectors, ledgers, plaintext, receivers, recount, snapshot, traffic
from tests.torture.house import BULK, House
from tests.torture.outcome import Outcome
from tests.torture.plan import Shot

__all__ = ["Findings", "Outcome", "drain", "house_in_order", "judge", "left", "parked", "server_log"]

#: Asked for again and again, so there is always one of them to come.
PERIODIC = ("poll", "track", "fold_kpi", "compute_kpi", "check_invariants", "daily_sample")
#: A deadlock in PostgreSQL's log: who waited for whom, then each one's statement, up to the next entry of the log.
_DEADLOCK = re.compile(r"deadlock detected\n.*?DETAIL:\s+(.*?)(?=\n\d{4}-|\Z)", re.DOTALL)
_STATEMENT = re.compile(r"Process \d+: (.*?)(?=\n\s*Process \d+: |\Z)", re.DOTALL)
#: Letters shown of a statement; of different deadlocks so many.
STATEMENT_SHOWN, DEADLOCKS_SHOWN = 220, 4

#: What the people of the floor do to orders that may have ended long since; mails follow from it.
PEOPLE = ("decide_change", "put_back", "refund")
#: Rules that hold rows against the clock: asked at once and beside the judge's locks, since rows of a moment that is some seconds
#: ago, whose workers wait for those locks, are late by these.
BY_THE_CLOCK = frozenset({"no_lease_forgotten", "no_message_forgotten"})
#: A lock that the judge himself held may have kept somebody waiting until now.
AGAIN_S = 1.0
_SINCE = re.compile(r" since \d+ s,")

_LEFT = text("""
    SELECT (SELECT count(*) FROM step WHERE kind = ANY(CAST(:kinds AS text[])) AND state IN ('open', 'claimed', 'paused'))
               AS steps,
           (SELECT count(*) FROM step WHERE kind = ANY(CAST(:people AS text[])) AND state IN ('open', 'claimed', 'paused'))
               AS people,
           (SELECT count(*) FROM orders WHERE status NOT IN ('closed', 'cancelled', 'rejected', 'expired')) AS orders
""")
_PARKED = text("""
    SELECT kind, id, error FROM step WHERE state = 'parked' AND (:all OR kind = ANY(CAST(:kinds AS text[]))) ORDER BY kind LIMIT 50
""")
_COUNTS = text("""
    SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM inbound_message) AS messages,
           (SELECT count(*) FROM inbound_message WHERE status = 'quarantined') AS quarantined,
           (SELECT count(*) FROM orders WHERE status = 'closed') AS delivered,
           (SELECT count(*) FROM orders WHERE status = 'cancelled') AS cancelled,
           (SELECT count(*) FROM parcel) AS parcels, (SELECT count(*) FROM step) AS steps,
           (SELECT count(*) FROM history_entry) AS history, (SELECT count(*) FROM step WHERE attempt > 1) AS steps_repeated
""")

#: As the sealer does once a day: entries whose ids were made by a clock an hour back lie before all that it looks at.
_SEARCH_ALL = text("UPDATE seal_head SET searched_at = NULL")


@dataclass(slots=True)
class Findings:
    """What is wrong, in words (empty: nothing), and the figures beside it."""

    wrong: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)


def drain(
    made: House, *, limit_s: float, every_s: float = 1.0, of: Collection[str] = ("steps", "people", "orders")
) -> float | None:
    """Wait until system and people have nothing left to do and every order has ended; the seconds it took, None when it did not.

    `of` ("orders",): only until every order has ended; what is told of them may still be on its way.
    """
    began = looked = time.monotonic()

    def over() -> bool:
        nonlocal looked
        if time.monotonic() - looked < every_s:
            return False
        looked = time.monotonic()
        found = left(made)
        return all(found[name] == 0 for name in of)

    return time.monotonic() - began if made.watch(over, limit_s=limit_s) else None


def left(made: House) -> Mapping[str, int]:
    """System steps still to be done (parked ones are not), what people still have to do besides, and orders that have not ended."""
    try:
        with made.database() as session:
            return counted(session)
    except OperationalError:  # it is being started again
        return {"steps": -1, "people": -1, "orders": -1}


def counted(session: Session) -> dict[str, int]:
    """What is left."""
    kinds = [kind for kind, row in flow.FLOW.items() if row.performer == flow.SYSTEM and kind not in PERIODIC]
    return dict(session.execute(_LEFT, {"kinds": kinds, "people": list(PEOPLE)}).one()._mapping)


def judge(made: House, shots: Sequence[Shot], *, ledger: Path | None = None) -> Findings:
    """Hold everything against everything; nothing may be at work any more."""
    acks = traffic.read(ledger or made.folder / "acked.jsonl")
    found = Findings()
    if len(acks) != len(shots):
        found.wrong.append(f"{len(shots)} deliveries were planned, {len(acks)} are in the sender's ledger")
    found.wrong += ledgers.answers(acks)
    with made.judging() as session:
        found.wrong += ledgers.accepted(session, acks, channel=BULK)
        found.wrong += ledgers.quarantined(session, acks, channel=BULK)
        found.wrong += ledgers.orders(session, shots, acks, channel=BULK)
        found.wrong += ledgers.unfinished(session, channel=BULK)
        found.wrong += ledgers.shipped(session, shots, channel=BULK)
        found.wrong += ledgers.labels(session, made.folder)
        found.wrong += receivers.judged(session, shots, folder=made.folder, channel=BULK)
        wrong, figures = ledgers.mails(session, made.folder)
        wishes_wrong, wishes = amended.judged(session, shots, acks, folder=made.folder, channel=BULK)
        found.wrong += wrong + wishes_wrong
        found.wrong += parked(session)
        found.figures |= {**ledgers.summary(acks), **dict(session.execute(_COUNTS).one()._mapping), **figures, **wishes}
    words = plaintext.canaries(shots)
    found.wrong += plaintext.leaks(made, words) + answered.unheard(made.folder / "log")
    found.figures["canaries"] = len(words)
    house_in_order(made, found)
    return found


def parked(session: Session, *, kinds: Collection[str] | None = None) -> list[str]:
    """Steps (of these kinds, or all) that were given up: somebody must come and wake them, so the house has not recovered.

    Nothing of them is due, no order is forgotten and no message lost, so nothing else tells.
    """
    rows = session.execute(_PARKED, {"all": kinds is None, "kinds": list(kinds or ())})
    return [f"parked: {row.kind} {row.id}: {row.error}" for row in rows]


def house_in_order(made: House, found: Findings) -> None:
    """What holds whatever was done: the invariants, the KPIs, the sealed history, no step ended twice, no fault answered, no deadlock, nobody who waits."""
    with made.judging() as session:
        violations = check.check(session, names=BY_THE_CLOCK)
    others, history, (wrong, counted) = snapshot.at_one_moment(made, _look)
    violations += others
    with made.judging() as session:
        found.wrong += detectors.ended_again(session)
    found.wrong += [f"{v.code} {v.name}: {v.subject}: {v.detail}" for v in violations]
    if history.broken:
        found.wrong.append(f"I11 history is broken at {history.broken.seq}: {history.broken.why}")
    if history.unsealed:
        found.wrong.append(f"I11 {history.unsealed} entries have no seal although all were looked through")
    found.wrong += wrong + [f"I15 {words}" for words in _who_waits(made)]
    found.wrong += answered.faults(made.folder / "log")
    deadlocks = server_log(made).get("deadlock detected", 0)
    if deadlocks:
        found.wrong.append(f"PostgreSQL found {deadlocks} deadlocks: {deadlocks_told(_log(made))}")
    found.figures |= {
        "invariants": len(check.INVARIANTS), "violations": len(violations), "sealed": history.sealed,
        "deadlocks": deadlocks, **counted,
    }  # fmt: skip


def _who_waits(made: House) -> list[str]:
    """Who waits, asked twice: the judge's own locks are just let go, and who waited for them goes on a moment later."""
    asked: list[list[str]] = []
    while len(asked) < 2 and (not asked or asked[0]):
        time.sleep(AGAIN_S * len(asked))
        with made.judging() as session:
            asked.append(waits.long_ones(session))
    return waits_on(*asked) if len(asked) == 2 else []


def waits_on(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Who waits in both, with the same statement, in the words of the second time."""
    before = {_SINCE.sub("", words) for words in first}
    return [words for words in second if _SINCE.sub("", words) in before]


def _look(session: Session) -> tuple[list[check.Violation], seal.Verified, tuple[list[str], dict[str, int]]]:
    """The invariants, the sealed history and the KPIs of one moment; sealers and folds wait meanwhile."""
    session.execute(_SEARCH_ALL)
    fold.hold(session, now=db.now(session))
    violations = check.check(session, names=check.INVARIANTS.keys() - BY_THE_CLOCK)
    while seal.seal(session) == seal.BATCH:
        pass
    return violations, seal.verify(session), recount.kpis(session)


def server_log(made: House) -> Counter[str]:
    """PostgreSQL's own errors, by their words; its counters do not survive an immediate stop, its log does."""
    counts: Counter[str] = Counter()
    for line in _log(made).splitlines():
        _, mark, words = line.partition("ERROR:  ")
        if mark:
            counts[words.partition(" at character")[0].partition('"')[0].strip()] += 1
    return counts


def _log(made: House) -> str:
    server = made.server("postgresql")
    return server.log_path.read_text(errors="replace") if server is not None and server.log_path.exists() else ""


def deadlocks_told(log: str) -> str:
    """What PostgreSQL's log says of the different deadlocks: how often each, and the statements that waited for each other."""
    found: Counter[str] = Counter()
    for detail in _DEADLOCK.findall(log):
        statements = (" ".join(one.split())[:STATEMENT_SHOWN] for one in _STATEMENT.findall(detail))
        found[" <-> ".join(statements)] += 1
    return "; ".join(f"{count} x [{told}]" for told, count in found.most_common(DEADLOCKS_SHOWN))
