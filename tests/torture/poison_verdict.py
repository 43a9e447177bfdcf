"""T7's judgement: what came of the bombs, which processes they cost, and whether each good order among them stands and ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psutil
from sqlalchemy import text

from tests.torture import bombs, ledgers, peaks, progress, throwing, traffic, verdict
from tests.torture.house import BULK, House
from tests.torture.plan import ORDER, POISON, Shot
from tests.torture.traffic import Ack
from tests.torture.verdict import Findings, Outcome

P99_S, GROWTH_BYTES = 30.0, 100 * 1024**2
#: The rounds without poison, and those with one delivery in a hundred.
CLEAN, SPOILT = "clean", "spoilt"
#: So begins the event id of each bomb that comes by webhook.
BOMB = "bomb-"
TOO_LARGE = 413
#: source of a bomb -> the way by which it comes
WAYS = {"generic": "webhook", "email": "mail", "sheet": "upload"}

_SETTLED = text("""
    SELECT m.event_id, m.way, m.status, extract(epoch FROM s.finished_at - m.received_at) AS took_s
    FROM inbound_message m JOIN step s ON s.subject_id = m.id AND s.kind = 'accept'
    WHERE m.event_id LIKE 'bomb-%' OR m.way = 'mail'
""")
_WAITED = text("""
    SELECT m.event_id, extract(epoch FROM s.finished_at - m.received_at) AS took_s
    FROM inbound_message m JOIN step s ON s.subject_id = m.id AND s.kind = 'accept' WHERE m.event_id LIKE 'evt-%'
""")
#: A bomb may become an order that a person must look at; it may not go on by itself.
_WENT_ON = text("""
    SELECT o.number, o.status FROM orders o JOIN inbound_message m ON m.id IN (
        SELECT message_id FROM inbound_order WHERE order_id = o.id) WHERE (m.event_id LIKE 'bomb-%' OR m.way = 'mail')
    AND o.status NOT IN ('received', 'verifying', 'rejected', 'cancelled')
""")


def weights(made: House) -> dict[str, int]:
    """Bytes of memory of their own (USS) of each process of the product."""
    found = {}
    for name, pids in made.processes().items():
        for number, pid in enumerate(sorted(pids)):
            with suppress(psutil.Error):
                found[f"{name} {number}"] = psutil.Process(pid).memory_full_info().uss
    return found


def grown(before: Mapping[str, int], after: Mapping[str, int], outcome: Outcome) -> list[str]:
    """How much more memory the processes hold; one that died and came again is told by `replaced`."""
    each = {name: after[name] - before[name] for name in after if name in before}
    total = sum(size for size in each.values() if size > 0)
    outcome.figures["growth MB by all bombs"] = {n: round(size / 1e6, 1) for n, size in each.items() if size > 1e6}
    return [f"the processes grew by {total / 1e6:.0f} MB, at most 100"] if total > GROWTH_BYTES else []


def filled(made: House, outcome: Outcome) -> list[str]:
    """How much each process of the product held at most since it began, also if that was for a moment."""
    found = {
        f"{name} {number}": peaks.peak_bytes(pid)
        for name, pids in made.processes().items()
        for number, pid in enumerate(sorted(pids))
    }
    outcome.figures["most MB held at once"] = {name: round(size / 1e6) for name, size in found.items()}
    return peaks.too_high(found)


def replaced(before: Mapping[str, Sequence[int]], after: Mapping[str, Sequence[int]]) -> list[str]:
    """Processes that ended under the bombs: the same ones must run before and after."""
    names = sorted({*before, *after})
    gone = {name: sorted({*before.get(name, ())} - {*after.get(name, ())}) for name in names}
    come = {name: sorted({*after.get(name, ())} - {*before.get(name, ())}) for name in names}
    wrong = [f"{name}: {gone[name]} ended under the bombs" for name in names if gone[name]]
    return wrong + [f"{name}: {come[name]} was not there before the bombs" for name in names if come[name]]


def of_bombs(made: House, thrown: Mapping[str, int], outcome: Outcome) -> list[str]:
    """Each bomb arrived, was settled soon, was refused or set apart, and none became an order that goes on."""
    acks = [ack for ack in traffic.read(made.folder / "acked.jsonl") if ack.kind == POISON]
    uploads = throwing.read(made.folder)
    with made.database() as session:
        settled = session.execute(_SETTLED).all()
        went_on = session.execute(_WENT_ON).all()
    took = [float(row.took_s) if row.took_s is not None else 9e9 for row in settled]
    p99 = progress.quantile(took, 0.99)
    came = Counter(way for _, way in {(row.event_id, row.way) for row in settled})
    came["webhook"] += sum(ack.status == TOO_LARGE for ack in acks)
    came["upload"] = len({one.key for one in uploads})
    outcome.figures |= {
        "bombs": dict(thrown), "bombs settled": len(settled), "settled p99 s": round(p99, 2),
        "uploads took s, and had no processor": [(one.took_s, one.queued_s) for one in uploads],
    }  # fmt: skip
    wrong = missing(thrown, came)
    wrong += [f"bombs were settled p99 {p99:.1f} s, at most {P99_S:.0f}"] if p99 > P99_S else []
    wrong += [f"{row.number} came of a bomb and is {row.status}" for row in went_on]
    wrong += [f"{row.event_id} is {row.status}" for row in settled if row.status == "received"]
    return wrong + throwing.judge(uploads)


def missing(thrown: Mapping[str, int], came: Mapping[str, int]) -> list[str]:
    """Each bomb differs from every other one, so as many must have come as were thrown, in all rounds together."""
    return [
        f"{count} bombs were thrown by {WAYS[source]}, {came.get(WAYS[source], 0)} arrived"
        for source, count in sorted(thrown.items())
        if came.get(WAYS[source], 0) != count
    ]


def unended(made: House) -> list[str]:
    """Good orders that are neither delivered nor cancelled."""
    with made.judging() as session:
        found = ledgers.unfinished(session, channel=BULK)
    return [words for words in found if not any(f"({number})" in words for number in bombs.order_numbers())]


def of_orders(made: House, shots: Sequence[Shot], outcome: Outcome) -> list[str]:
    """Each delivery that was accepted stands, each good order is one order and has ended, and the house is in order."""
    acks = traffic.read(made.folder / "acked.jsonl")
    # What is too large may be refused; it is no order.
    stored = [ack for ack in acks if not (ack.kind == POISON and ack.status == TOO_LARGE)]
    allowed = [Shot(0.0, ORDER, "", b"", number) for number in sorted(bombs.order_numbers())]
    found = Findings(ledgers.answers(acks))
    with made.judging() as session:
        found.wrong += ledgers.accepted(session, stored, channel=BULK)
        found.wrong += ledgers.orders(session, [*shots, *allowed], stored, channel=BULK)
    with made.judging() as session:
        waited = [(row.event_id, row.took_s) for row in session.execute(_WAITED)]
        found.wrong += verdict.parked(session)
    found.wrong += delayed(waited, outcome)
    found.wrong += unended(made) + unsent(shots, acks)
    verdict.house_in_order(made, found)
    outcome.figures |= {"good orders": len(shots), **found.figures}
    return found.wrong


def delayed(waited: Iterable[tuple[str, Any]], outcome: Outcome) -> list[str]:
    """Good orders that waited behind poison: it may cost nobody's processor and still stop who stands behind it.

    `waited`: event id and seconds until it was an order. Held against the rounds without poison of the same run.
    """
    rounds: dict[str, list[float]] = {CLEAN: [], SPOILT: []}
    for event_id, took_s in waited:
        for name, own in rounds.items():
            if f"-{name}-" in event_id:
                own.append(float(took_s) if took_s is not None else 9e9)
    clean, spoilt = (progress.quantile(rounds[name], 0.99) for name in (CLEAN, SPOILT))
    outcome.figures["good orders stand p99 s, clean and with poison"] = [round(clean, 2), round(spoilt, 2)]
    wrong = (
        [] if all(rounds.values()) else ["no good order was timed: nothing tells whether poison stops its neighbours"]
    )
    late = spoilt > clean + P99_S
    return wrong + ([f"good orders stood p99 {spoilt:.1f} s among poison, {clean:.1f} s without"] if late else [])


def unsent(shots: Sequence[Shot], acks: Sequence[Ack]) -> list[str]:
    """Good orders that no sender has in its ledger: what was never delivered proves nothing."""
    told = {ack.event_id for ack in acks}
    return [f"order {shot.order_id} is not in the sender's ledger" for shot in shots if shot.event_id not in told]
