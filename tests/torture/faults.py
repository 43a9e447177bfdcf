"""The harm, by label: a signal to a process of the product, PostgreSQL stopped at once, Redis killed or wiped.

Labels are dealt like cards: a shuffled deck holds each once, so every label is reached about equally often, and the seed
says in which order. Who is away or frozen at the moment is passed over; his card stays in the hand.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from tests.torture.house import House

VICTIMS = (
    "web master",
    "web worker",
    "worker parent",
    "worker inside",
    "worker outside",
    "worker reports",
    "sweep",
    "mail listener",
)
SIGNALS = ("SIGKILL", "SIGTERM", "SIGSTOP")
LABELS = tuple(f"{number} {victim}" for victim in VICTIMS for number in SIGNALS)
SERVER_LABELS = ("stop postgresql", "kill redis", "flush redis")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between faults; how long a frozen process stays frozen, longer than its lease; offsets of the server faults."""

    every_s: float = 0.5
    frozen_s: float = 4.5
    frozen_outside_s: float = 9.0
    postgresql_every_s: float = 60.0
    redis_every_s: float = 30.0
    flush_every_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done, and when (CLOCK_MONOTONIC)."""

    at: float
    label: str


@dataclass(slots=True)
class Harm:
    """Does the faults when `tick` is called; call it often. `thaw` before the end wakes who is still frozen."""

    made: House
    pace: Pace
    seed: int
    began: float = field(default_factory=time.monotonic)
    done: list[Fault] = field(default_factory=list)
    _hand: list[str] = field(default_factory=list)
    _frozen: dict[int, float] = field(default_factory=dict)
    _next_at: float = 0.0
    _servers: dict[str, float] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"faults {self.seed}")
        # Never at the very start, and not all servers at once.
        self._servers = {
            "stop postgresql": self.pace.postgresql_every_s * 0.5,
            "kill redis": self.pace.redis_every_s * 0.6,
            "flush redis": self.pace.flush_every_s * 0.4,
        }

    def tick(self) -> None:
        """Do what is due now."""
        moment = time.monotonic()
        self._wake(moment)
        passed = moment - self.began
        for label, at_s in list(self._servers.items()):
            if passed >= at_s:
                self._servers[label] = at_s + self._period(label)
                self._do_server(label)
        if passed >= self._next_at:
            self._next_at += self.pace.every_s
            self._deal()

    def thaw(self) -> None:
        """Wake everybody."""
        self._wake(float("inf"))

    def counts(self) -> Mapping[str, int]:
        """How often each label was reached."""
        return dict(sorted(Counter(fault.label for fault in self.done).items()))

    def _period(self, label: str) -> float:
        periods = {
            "stop postgresql": self.pace.postgresql_every_s,
            "kill redis": self.pace.redis_every_s,
            "flush redis": self.pace.flush_every_s,
        }
        return periods[label]

    def _deal(self) -> None:
        alive = self.made.processes()
        if len(self._hand) < len(LABELS):
            self._hand += self._chance.sample(LABELS, len(LABELS))
        for place, label in enumerate(self._hand):
            number, _, victim = label.partition(" ")
            pids = [pid for pid in alive.get(victim, []) if pid not in self._frozen]
            if pids and self._signal(number, victim, self._chance.choice(pids)):
                del self._hand[place]
                self.done.append(Fault(time.monotonic(), label))
                return

    def _signal(self, number: str, victim: str, pid: int) -> bool:
        try:
            os.kill(pid, getattr(signal, number))
        except ProcessLookupError:
            return False
        if number == "SIGSTOP":
            seconds = self.pace.frozen_outside_s if victim == "worker outside" else self.pace.frozen_s
            self._frozen[pid] = time.monotonic() + seconds
        return True

    def _wake(self, moment: float) -> None:
        for pid in [pid for pid, until in self._frozen.items() if until <= moment]:
            del self._frozen[pid]
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _do_server(self, label: str) -> None:
        action, _, name = label.partition(" ")
        if action == "flush":
            self.made.flush_redis()
        else:
            server = self.made.server(name)
            if server is None or server.process is None or server.process.poll() is not None:
                return
            # SIGQUIT is what `pg_ctl stop -m immediate` sends: no checkpoint, no goodbye.
            server.process.send_signal(signal.SIGQUIT if name == "postgresql" else signal.SIGKILL)
        self.done.append(Fault(time.monotonic(), label))
