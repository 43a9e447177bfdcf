"""T8: overload. Each request is accepted durably or told 503 within a second of when it was due, memory stays flat, and
afterwards the house works as before.

Ten times the peak, which a sound machine takes; then the same on a database whose disk is slow, which nothing could take,
so that most must be told to come again. The peak is that of a million orders a day, five times the mean. Shops wait for
nobody (`open_loop.py`): a house that is too slow does not slow them down, and what waits before it is answered counts
(`promptness.py`), but for the moments in which the machine itself stood still.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import text

from bench import cpu
from oms.demo import children
from tests.torture import ledgers, open_loop, plan, promptness, stalls, verdict
from tests.torture.house import BULK, House, built
from tests.torture.open_loop import Call
from tests.torture.options import Options
from tests.torture.plan import Shot
from tests.torture.positive import KINDS
from tests.torture.promptness import PEAK_PER_S, Phase, Seen
from tests.torture.stalls import STALLS
from tests.torture.verdict import Findings, Outcome

TIMES = 10
MEMORY_SHARE = 1.10
#: Asked for after a rush: all that waited is done.
NORMAL_S = 300.0
#: How much longer the slow disk takes for each flush (PostgreSQL's most): two web processes of 24 threads then take at most 480 a second.
SLOW_FLUSH_S = 0.1
#: Whose processes end by themselves after so many requests.
RECYCLED = "web worker"
#: Senders are forked and ready after this.
_READY_S = 0.3
# Asked ten times a second: counting a hundred thousand steps that wait would take a third of the machine from who does them.
_LEFT = text("""
    SELECT EXISTS (SELECT 1 FROM step WHERE kind = ANY(CAST(:kinds AS text[])) AND state = 'open')
        OR EXISTS (SELECT 1 FROM step WHERE kind || '' = ANY(CAST(:kinds AS text[])) AND state = 'claimed' AND lease_until IS NOT NULL)
""")


@dataclass(frozen=True, slots=True)
class Form:
    """Seconds of ten times the peak, of the peak before and after it, on a slow disk, and how long the backlog may last."""

    overload_s: float
    peak_s: float
    slow_s: float
    drain_s: float


SHORT, LONG = Form(5, 3, 5, 120), Form(300, 30, 30, 1200)


def run(options: Options) -> Outcome:
    """One run of T8."""
    form = LONG if options.long else SHORT
    form = replace(form, overload_s=options.seconds or form.overload_s)
    outcome = Outcome("t8", options.seed, long=options.long)
    with built(keep=options.keep) as made:
        if made.server("postgresql") is None:
            outcome.cannot_run("PostgreSQL was given by its URL: its disk is not ours to slow down")
            return outcome
        options.say(
            f"t8: {PEAK_PER_S:.0f}/s, then {PEAK_PER_S * TIMES:.0f}/s for {form.overload_s:.0f} s, in {made.folder}"
        )
        made.fill()
        made.start(children.web(made.place), *(c for c in children.workers() if c.name != "mail-listener"))
        calls = _live(made, form, options, outcome)
        _judge(made, calls, outcome)
    return outcome


def _live(made: House, form: Form, options: Options, outcome: Outcome) -> list[Call]:
    """All phases; a third rush where memory grew between the two, to tell a leak from what full batches need once."""
    rush, played = PEAK_PER_S * TIMES, _Played(made, form, options, outcome)
    made.run_beside("stalls", partial(stalls.watch, made.folder / STALLS, made.folder))
    played.play(Phase("before", PEAK_PER_S, form.peak_s))
    living = made.processes()
    played.play(Phase("overload", rush, form.overload_s))
    played.play(Phase("again", rush, form.overload_s))
    if grew(played.memory):
        played.play(Phase("third", rush, form.overload_s))
    played.play(Phase("slow disk", rush, form.slow_s, slow=True))
    played.play(Phase("after", PEAK_PER_S, form.peak_s, calm=True))
    outcome.wrong += leaked(played.memory) + died(living, made.processes())
    return played.calls


@dataclass(slots=True)
class _Played:
    """The phases so far: every attempt, and the memory at the end of each."""

    made: House
    form: Form
    options: Options
    outcome: Outcome
    calls: list[Call] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)

    def play(self, phase: Phase) -> None:
        """One phase until its backlog is done."""
        more, rush_ended = _load(self.made, self.options.seed, phase, self.outcome)
        self.calls += more
        took_s = _rest(self.made, self.form.drain_s)
        self.memory[phase.name] = _memory(self.made)
        figures = self.outcome.figures[phase.name]
        figures |= {"backlog_s": took_s, "memory_mib": self.memory[phase.name]}
        figures |= normal_again(None if took_s is None else time.monotonic() - rush_ended)
        self.options.say(f"  {phase.name}: {figures}")
        if took_s is None:
            self.outcome.wrong.append(f"{phase.name}: the backlog still stands after {self.form.drain_s:.0f} s")


def grew(memory: Mapping[str, float]) -> bool:
    """Whether the second rush left more memory held than the first one."""
    return memory["again"] > memory["overload"] * MEMORY_SHARE


def leaked(memory: Mapping[str, float]) -> list[str]:
    """Memory that grows with each rush.

    A first rush whose batches stayed small, since each took long, leaves the growth of the first full ones to the second; that
    comes once. A leak comes again, so a third rush may add less than half of what the second one added.
    """
    if not grew(memory):
        return []
    first, second, third = (memory[name] for name in ("overload", "again", "third"))
    return [f"memory grew from {first} to {second} to {third} MiB"] if third - second > (second - first) / 2 else []


def normal_again(after_s: float | None) -> dict[str, Any]:
    """Whether nothing waited any more soon enough after a rush's last delivery was due: a figure, since it hangs on the machine.

    Who was told 503 and comes again later is part of that time.
    """
    reached = after_s is not None and after_s <= NORMAL_S
    return {"normal_again_s": after_s and round(after_s, 1), "asked": NORMAL_S, "reached": reached}


def _load(made: House, seed: int, phase: Phase, outcome: Outcome) -> tuple[list[Call], float]:
    """Send for so long at that rate, the disk slow or not; then until who was told 503 has come again and was taken.

    Returns the attempts, and when the last delivery was due.
    """
    name = phase.name.replace(" ", "-")
    shots = plan.make(seed, orders=int(phase.per_s * phase.seconds), seconds=phase.seconds, prefix=f"{name}-")
    shots = [shot for shot in shots if shot.at_s <= phase.seconds]
    ledger, began = made.folder / f"calls-{name}.jsonl", time.monotonic() + _READY_S
    sender = made.run_beside(
        f"traffic-{name}",
        partial(
            open_loop.send, shots, began=began, port=made.place.web_port, channel=BULK,
            secret=made.place.generic_secret, ledger=ledger,
        ),
    )  # fmt: skip
    with slow_disk(made.own_database_url) if phase.slow else nullcontext():
        made.watch(lambda: time.monotonic() > began + phase.seconds)
    made.watch(lambda: sender.poll() is not None, limit_s=open_loop.PATIENCE_S + 60)
    if sender.poll():
        said = (made.folder / f"traffic-{name}.log").read_text(encoding="utf-8").splitlines()
        outcome.wrong.append(f"{phase.name}: the shops ended with {sender.poll()}: {' '.join(said[-1:])}")
    calls = open_loop.read(ledger)
    stalled = stalls.read(made.folder / STALLS, open_loop.own_stalls(ledger))
    outcome.figures[phase.name], wrong = promptness.judge(Seen(phase, began, calls, stalled), len(shots))
    outcome.wrong += wrong
    return calls, began + phase.seconds


@contextmanager
def slow_disk(url: str) -> Iterator[None]:
    """Each flush of the WAL takes longer, as on a slow disk; the database's superuser is needed."""
    _settings(url, "SET commit_delay = {}", round(SLOW_FLUSH_S * 1e6))
    _settings(url, "SET commit_siblings = {}", 0)
    try:
        yield
    finally:
        _settings(url, "RESET commit_delay", None)
        _settings(url, "RESET commit_siblings", None)


def _settings(url: str, words: str, value: int | None) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM {words.format(value)}".encode())
        connection.execute("SELECT pg_reload_conf()")


def _rest(made: House, limit_s: float) -> float | None:
    """Wait until every order stands and is released; the seconds it took."""
    began = time.monotonic()

    def over() -> bool:
        with made.database() as session:
            return not session.execute(_LEFT, {"kinds": list(KINDS)}).scalar_one()

    return round(time.monotonic() - began, 1) if made.watch(over, limit_s=limit_s) else None


def died(before: Mapping[str, Sequence[int]], after: Mapping[str, Sequence[int]]) -> list[str]:
    """Processes that ended meanwhile: nothing but the load was done to them, and memory is flat for who begins anew again and again.

    A web worker ends by itself after some hundred thousand requests, so their names alone are held against each other.
    """
    gone = {name: sorted(set(pids) - set(after.get(name, ()))) for name, pids in before.items()}
    return [
        f"{name}: {pids} ended under the load" for name, pids in sorted(gone.items()) if pids and name != RECYCLED
    ] + [f"{name}: none is there any more" for name in sorted(before.keys() - after.keys())]


def _memory(made: House) -> float:
    """PSS of web, workers and sweep in MiB."""
    pids = made.boss.pids()
    return round(cpu.pss_mib([pids[name] for name in ("web", "workers", "sweep")]), 1)


def _judge(made: House, calls: Sequence[Call], outcome: Outcome) -> None:
    """Each delivery was taken in the end and stands once, whatever was told before; each order is one, and no step was given up."""
    acks = open_loop.acks(calls)
    sent = [Shot(0.0, call.kind, call.event_id, b"", call.order_id) for call in calls if call.attempt == 1]
    with made.judging() as session:
        outcome.wrong += ledgers.accepted(session, acks, channel=BULK)
        outcome.wrong += ledgers.orders(session, sent, acks, channel=BULK) + verdict.parked(session, kinds=KINDS)
    found = Findings()
    verdict.house_in_order(made, found)
    outcome.wrong += found.wrong
    outcome.figures |= found.figures
