"""T8: ten times the peak. Each request is accepted durably or told 503 within a second, memory stays flat, and afterwards
the house works as before.

The peak is that of a million orders a day, five times the mean. Nothing but the sender's own clock is asked how long an
answer took, so a sender that cannot keep up makes the figures worse, never better.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import text

from bench import cpu
from oms.demo import children
from tests.torture import ledgers, plan, traffic, verdict
from tests.torture.house import BULK, House, built
from tests.torture.options import Options
from tests.torture.plan import Shot
from tests.torture.positive import KINDS
from tests.torture.traffic import Ack
from tests.torture.verdict import Findings, Outcome

PEAK_PER_S = 60.0
TIMES = 10
ANSWER_S = 1.0
MEMORY_SHARE = 1.10
SENDERS, CONNECTIONS = 2, 32
_LEFT = text("SELECT count(*) FROM step WHERE kind = ANY(CAST(:kinds AS text[])) AND state IN ('open', 'claimed')")


@dataclass(frozen=True, slots=True)
class Form:
    """Seconds of overload, of the peak before and after it, and how long the backlog may last."""

    overload_s: float
    peak_s: float
    drain_s: float


SHORT, LONG = Form(5, 3, 120), Form(300, 30, 1200)


def run(options: Options) -> Outcome:
    """One run of T8."""
    form = LONG if options.long else SHORT
    outcome = Outcome("t8", options.seed, long=options.long)
    with built(keep=options.keep) as made:
        options.say(
            f"t8: {PEAK_PER_S:.0f}/s, then {PEAK_PER_S * TIMES:.0f}/s for {form.overload_s:.0f} s, in {made.folder}"
        )
        made.fill()
        made.start(children.web(made.place), *(c for c in children.workers() if c.name != "mail-listener"))
        acks = _load(made, options.seed, "before", PEAK_PER_S, form.peak_s, outcome)
        _rest(made, form.drain_s)
        outcome.figures["memory_at_first_mib"] = _memory(made)
        # What full batches need once is no growth: memory is compared between the ends of two overloads.
        acks += _load(made, options.seed, "overload", PEAK_PER_S * TIMES, form.overload_s, outcome)
        _rest(made, form.drain_s)
        memory_mib = _memory(made)
        acks += _load(made, options.seed, "again", PEAK_PER_S * TIMES, form.overload_s, outcome)
        took_s = _rest(made, form.drain_s)
        outcome.figures |= {"backlog_s": took_s, "memory_before_mib": memory_mib, "memory_after_mib": _memory(made)}
        if took_s is None:
            outcome.wrong.append(f"the backlog still stands after {form.drain_s:.0f} s")
        acks += _load(made, options.seed, "after", PEAK_PER_S, form.peak_s, outcome)
        _rest(made, form.drain_s)
        if outcome.figures["memory_after_mib"] > memory_mib * MEMORY_SHARE:
            outcome.wrong.append(f"memory grew from {memory_mib} to {outcome.figures['memory_after_mib']} MiB")
        _judge(made, acks, outcome)
    return outcome


def _load(made: House, seed: int, name: str, per_s: float, seconds: float, outcome: Outcome) -> list[Ack]:
    """Send for so long at that rate; what was answered too late or not at all is wrong."""
    shots = plan.make(seed, orders=int(per_s * seconds), seconds=seconds, prefix=f"{name}-")
    shots = [shot for shot in shots if shot.at_s <= seconds]
    began = time.monotonic()
    senders = [
        made.run_beside(f"traffic-{name}-{n}", partial(_send, made, shots[n::SENDERS], name, n)) for n in range(SENDERS)
    ]
    made.watch(lambda: all(sender.poll() is not None for sender in senders), limit_s=traffic.PATIENCE_S + seconds + 60)
    acks = [ack for n in range(SENDERS) for ack in traffic.read(_ledger(made, name, n))]
    slow = sorted(ack.slowest_s for ack in acks)
    outcome.figures[name] = {
        "asked_per_s": per_s, "answered_per_s": round(len(acks) / (time.monotonic() - began), 1), "deliveries": len(acks),
        "busy_503": sum(ack.busy for ack in acks), "unanswered": sum(ack.unanswered for ack in acks),
        "p50_s": slow[len(slow) // 2], "p99_s": slow[int(len(slow) * 0.99)], "most_s": slow[-1],
    }  # fmt: skip
    late = [ack for ack in acks if ack.slowest_s > ANSWER_S]
    if late:
        outcome.wrong.append(
            f"{name}: {len(late)} of {len(acks)} were answered after {ANSWER_S:.0f} s, the last after {slow[-1]} s"
        )
    if len(acks) != len(shots):
        outcome.wrong.append(f"{name}: {len(shots)} were sent, {len(acks)} are in the ledger")
    return acks


def _send(made: House, shots: list[Shot], name: str, number: int) -> int:
    return traffic.send(
        shots, port=made.place.web_port, channel=BULK, secret=made.place.generic_secret,
        ledger=_ledger(made, name, number), connections=CONNECTIONS,
    )  # fmt: skip


def _ledger(made: House, name: str, number: int) -> Path:
    return made.folder / f"acked-{name}-{number}.jsonl"


def _rest(made: House, limit_s: float) -> float | None:
    """Wait until every order stands and is released; the seconds it took."""
    began = time.monotonic()

    def over() -> bool:
        with made.database() as session:
            return session.execute(_LEFT, {"kinds": list(KINDS)}).scalar_one() == 0

    return round(time.monotonic() - began, 1) if made.watch(over, limit_s=limit_s) else None


def _memory(made: House) -> float:
    """PSS of web, workers and sweep in MiB."""
    pids = made.boss.pids()
    return round(cpu.pss_mib([pids[name] for name in ("web", "workers", "sweep")]), 1)


def _judge(made: House, acks: list[Ack], outcome: Outcome) -> None:
    with made.database() as session:
        outcome.wrong += ledgers.accepted(session, acks, channel=BULK)
    found = Findings()
    verdict.house_in_order(made, found)
    outcome.wrong += found.wrong
    outcome.figures |= found.figures
