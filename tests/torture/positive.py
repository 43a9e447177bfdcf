"""The positive controls: the product broken one way after another, and each must be caught within a minute.

All run under the same conditions as a sound product, which must pass: several workers, frozen beyond their lease and
killed while they rest between claim and work, Redis wiped, an order that kills whoever verifies it. Each has a fresh copy
of the seeded database. A harness that has never failed proves nothing.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Collection, Container, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from oms import embedded
from oms.demo import children
from oms.demo.children import Child
from oms.invariants import check
from oms.journey import seal
from tests.torture import detectors, ledgers, plan, positive_sql, traffic, verdict
from tests.torture.house import BULK, House, Leases, built
from tests.torture.options import Options
from tests.torture.plan import Shot
from tests.torture.traffic import Ack
from tests.torture.verdict import Outcome

CAUGHT_WITHIN_S = 60.0
#: What a control breaks shows by chance, so traffic comes again until it is caught; the calm sound product bears more too.
ROUNDS, SOUND_ROUNDS, ROUND_ENDS_S = 6, 3, 45.0
ORDERS, SECONDS, CALM_SECONDS = 90, 6.0, 1.0
#: After the last answer, so long may the sound product still work.
QUIET_S = 40.0
KILLER = "KILLER"
_FAULT_EVERY_S, _FROZEN_S = 0.6, 4.0


@dataclass(frozen=True, slots=True)
class Case:
    """`control` breaks the processes and must be caught by a word that fits `by`; `deed` is done to the database.

    `killer`: one order kills its worker. `calm`: nobody is frozen or killed, so that workers meet at the same rows.
    """

    name: str
    by: str = ""
    control: str = ""
    killer: bool = False
    calm: bool = False
    deed: str = ""


CASES = (
    Case("sound", killer=True),
    Case("sound_and_calm", calm=True),
    Case("rq_only", "LOST|I10 no_lease_forgotten", "rq_only"),
    Case("naive_stock", "I1 |I2 ", "naive_stock", calm=True),
    Case("no_fence", "FENCE", "no_fence"),
    Case("unsorted_locks", "deadlock", "unsorted_locks", calm=True),
    Case("lost_together", "TOGETHER", "lost_together", killer=True),
    Case("altered_history", "I11 history is broken", calm=True, deed=positive_sql.ALTER),
)
#: The way of an order until the floor takes over.
KINDS = ("accept", "verify", "confirm", "allocate", "release", "wake", "apply_change")


def run(options: Options) -> Outcome:
    """Every case; wrong is a control that was not caught in time, and a sound product that was not found sound."""
    outcome = Outcome("controls", options.seed, long=options.long)
    with built(leases=Leases(2, 6), keep=options.keep) as made:
        options.say(f"controls: seed {options.seed}, in {made.folder}")
        made.fill()
        for case in CASES:
            found, seconds = _Trial(made, case, options.seed).run()
            word = f"caught after {seconds:.0f} s: {found[0]}" if found else f"nothing found in {seconds:.0f} s"
            options.say(f"  {case.name}: {word}"[:240])
            outcome.figures[case.name] = word[:200]
            if not case.by:
                outcome.wrong += [f"the sound product: {word}" for word in found]
            elif not found or seconds > CAUGHT_WITHIN_S:
                outcome.wrong.append(f"VOID: the control {case.name} was not caught: {word}")
    return outcome


@dataclass(slots=True)
class _Trial:
    """One case in a copy of the database."""

    made: House
    case: Case
    seed: int
    began: float = field(default_factory=time.monotonic)
    _round_began: float = 0.0
    _fault_at: float = 0.0
    #: all that was sent and answered in the rounds until now
    _sent: list[Shot] = field(default_factory=list)
    _acks: list[Ack] = field(default_factory=list)
    _flushes: list[float] = field(default_factory=list)
    _frozen: dict[int, float] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=random.Random)
    _deadlocks: int = 0

    def run(self) -> tuple[list[str], float]:
        """What was found, and after how many seconds."""
        self._chance = random.Random(f"controls {self.seed}")
        self._deadlocks = verdict.server_log(self.made)["deadlock detected"]
        self._renew()
        names = ("web", "workers", "more-workers", "sweep")
        self.made.start(children.web(self.made.place), *(Child(name, ()) for name in names[1:]))
        self.began = time.monotonic()
        found = self._rounds()
        seconds = time.monotonic() - self.began
        self.made.boss.end(*names)
        return found, seconds

    def _rounds(self) -> list[str]:
        """One round of traffic after another, until something is found or the sound product has borne enough."""
        most = ROUNDS if self.case.by else SOUND_ROUNDS if self.case.calm else 1
        for number in range(1, most + 1):
            found = self._round(number)
            if found or time.monotonic() - self.began > ROUND_ENDS_S:
                return found
        return []

    def _round(self, number: int) -> list[str]:
        shots, name = self._shots(number), f"{self.case.name}-{number}"
        ledger = self.made.folder / f"acked-{name}.jsonl"
        self._sent += shots
        self._round_began = self._fault_at = time.monotonic()
        self._flushes = [self._round_began + SECONDS * share for share in (0.5, 1.0)]
        sender = traffic.begin(self.made, shots, name=f"traffic-{name}", ledger=ledger.name, connections=8)
        try:
            return self._watch(lambda: sender.poll() is not None, SECONDS + 30) or self._end(ledger)
        finally:
            sender.kill()

    def _renew(self) -> None:
        """A copy of the seeded database, with the conditions of the case for the processes that will use it."""
        seeded = self.made.own_database_url
        self.made.seeded = self.made.seeded or seeded
        name = f"oms_torture_{self.case.name}"
        url = embedded.create_database(
            self.made.seeded, name, template=self.made.seeded.partition("?")[0].rpartition("/")[2]
        )
        self.made.ground.environment["OMS_DATABASE_URL"] = self.made.environment["OMS_DATABASE_URL"] = url
        self.made.environment["OMS_TORTURE_CONTROL"] = self.case.control
        self.made.environment["OMS_TORTURE_KILLER"] = KILLER if self.case.killer else ""
        self.made.environment["OMS_TORTURE_DWELL_S"] = "" if self.case.calm else "0.3"
        self.made.environment["OMS_TORTURE_HOLD_S"] = "0.05" if self.case.calm else ""
        self.made.environment["OMS_TORTURE_BATCH"] = "3" if self.case.calm else "6"
        self.made.flush_redis()

    def _shots(self, number: int) -> list[Shot]:
        seconds = CALM_SECONDS if self.case.calm else SECONDS
        shots = plan.make(self.seed + number - 1, orders=ORDERS, seconds=seconds, prefix=f"C{self.case.name}{number}-")
        # Nobody waits for the late repeats of the long runs.
        shots = [replace(shot, at_s=min(shot.at_s, seconds + 2)) for shot in shots]
        return sorted([*shots, *self._killer(seconds, number)], key=lambda shot: shot.at_s)

    def _killer(self, seconds: float, number: int) -> list[Shot]:
        return [plan.one(f"{KILLER}-{self.seed}-{number}", seconds / 2)] if self.case.killer else []

    def _watch(self, until: Callable[[], bool], limit_s: float) -> list[str]:
        """Harm and look until `until`, or until something is found that must never be."""
        found: list[str] = []
        looked = time.monotonic()

        def over() -> bool:
            nonlocal looked
            self._harm()
            if time.monotonic() - looked > 1.5:
                found.extend(self._fits(self._never()))
                looked = time.monotonic()
            return bool(found) or until()

        self.made.watch(over, limit_s=limit_s)
        return found

    def _end(self, ledger: Path) -> list[str]:
        """Everything was answered: let the workers come to rest, do the deed, judge."""
        found = self._watch(lambda: not self._left(), QUIET_S)
        self._thaw(float("inf"))
        if found:
            return found
        if self.case.deed:
            self._deed()
        self._acks += traffic.read(ledger)
        with self.made.database() as session:
            found = ledgers.accepted(session, self._acks, channel=BULK)
            found += ledgers.orders(session, self._sent, self._acks, channel=BULK)
            parked = session.execute(positive_sql.PARKED, {"killer": f"{KILLER}%", "kinds": list(KINDS)})
            found += [f"parked: {row.kind}: {row.error}" for row in parked]
            if self.case.killer and set(self._killer_states(session)) != {"parked"}:
                found.append("the order that kills its worker is not parked")
        waits = [f"LOST: waits and nobody comes: {word}" for word in self._left()]
        return self._fits(waits + found + self._never())

    def _fits(self, found: list[str]) -> list[str]:
        """What counts as a catch: for the sound product all, for a control what it is to be caught by."""
        return [word for word in found if re.search(self.case.by, word)]

    def _never(self) -> list[str]:
        """What may not be at any moment."""
        with suppress(OperationalError), self.made.database() as session:
            found = detectors.ended_again(session) + detectors.died_together(session, killer=f"{KILLER}%")
            found += [f"{v.code} {v.name}: {v.subject}: {v.detail}" for v in check.check(session)]
            broken = seal.verify(session).broken
            found += [f"I11 history is broken at {broken.seq}: {broken.why}"] if broken else []
            deadlocks = verdict.server_log(self.made)["deadlock detected"] - self._deadlocks
            return found + ([f"PostgreSQL found {deadlocks} deadlocks"] if deadlocks else [])
        return []

    def _left(self) -> list[str]:
        with suppress(OperationalError), self.made.database() as session:
            rows = session.execute(positive_sql.LEFT, {"kinds": list(KINDS), "killer": f"{KILLER}%"})
            left = [f"{row.steps} {row.kind} {row.state}" for row in rows]
            waits = self.case.killer and set(self._killer_states(session)) - {"parked"}
            return left + (["the killer's own step"] if waits else [])
        return ["the database is away"]

    def _killer_states(self, session: Session) -> Sequence[str]:
        return session.execute(positive_sql.KILLER_STATE, {"killer": f"{KILLER}%"}).scalars().all()

    def _deed(self) -> None:
        with self.made.database() as session:
            while seal.seal(session) == seal.BATCH:
                pass
        with self.made.database() as session:
            session.connection().exec_driver_sql(self.case.deed)

    def _harm(self) -> None:
        moment = time.monotonic()
        self._thaw(moment)
        if self._flushes and moment >= self._flushes[0]:
            del self._flushes[0]
            self.made.flush_redis()
        if not self.case.calm and self._fault_at <= moment < self._round_began + SECONDS + 6:
            self._fault_at = moment + _FAULT_EVERY_S
            victims = may_be_hurt(self._workers(), self._frozen)
            if victims:
                self._hurt(self._chance.choice(victims), moment)

    def _hurt(self, pid: int, moment: float) -> None:
        number = signal.SIGKILL if self._chance.random() < 0.25 else signal.SIGSTOP
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            if number == signal.SIGSTOP:
                self._frozen[pid] = moment + _FROZEN_S

    def _workers(self) -> list[int]:
        """The inside workers that live, of both parents."""
        found = list(self.made.processes().get("worker inside", []))
        with suppress(psutil.Error):
            found += [child.pid for child in psutil.Process(self.made.boss.pids()["more-workers"]).children()]
        return [pid for pid in found if lives(pid)]

    def _thaw(self, moment: float) -> None:
        for pid in [pid for pid, until in self._frozen.items() if until <= moment]:
            del self._frozen[pid]
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def lives(pid: int) -> bool:
    """Whether that process has not ended; one whose parent has not heard of it yet has."""
    with suppress(psutil.Error):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def may_be_hurt(workers: Collection[int], frozen: Container[int]) -> list[int]:
    """Those that are not frozen, if there are two: that no step waits for long is promised as long as one worker lives."""
    awake = sorted(pid for pid in workers if pid not in frozen)
    return awake if len(awake) > 1 else []
