"""How long a call waited for nothing: not the seconds in which it, its children or PostgreSQL computed, nor those in which they
had no processor.

Linux counts for each thread the time on a processor and the time in which it could have run and had none
(`/proc/.../schedstat`), so a verdict of two seconds holds on a machine that others use too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
#: Seconds that a call may compute, that PostgreSQL may compute for it, and that it may wait for neither.
CPU_S, WAIT_S = 2.0, 2.0
#: A child's time is gone when it has ended, so it is looked at so often meanwhile.
_LOOK_S = 0.02
_PROC = Path("/proc")
#: process -> seconds on a processor, seconds queued for one
Stood = dict[int, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one call: by the clock; computing, with its children, and PostgreSQL; and in which these had no processor."""

    clock_s: float
    cpu_s: float
    database_s: float = 0.0
    queued_s: float = 0.0

    @property
    def waited_s(self) -> float:
        """What is left: a lock, a sleep, a peer, the disk."""
        return max(0.0, self.clock_s - self.cpu_s - self.database_s - self.queued_s)


def no_backends() -> Iterable[int]:
    """Of a call that asks no database."""
    return ()


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Measures calls of this thread; `backends` names the processes that PostgreSQL serves it with."""

    backends: Callable[[], Iterable[int]] = no_backends

    def measured(self, call: Callable[[], T]) -> tuple[T, Spent]:
        """The call's answer with what it took."""
        theirs = self._theirs()
        with _children() as children:
            clock, (cpu, queued) = time.monotonic(), _stood("thread-self")
            answer = call()
            clock_s, (cpu_after, queued_after) = time.monotonic() - clock, _stood("thread-self")
        database_s, database_queued_s = _since(theirs, self._theirs())
        children_s, children_queued_s = _since({}, children)
        queued_s = queued_after - queued + children_queued_s + database_queued_s
        return answer, Spent(clock_s, cpu_after - cpu + children_s, database_s, queued_s)

    def _theirs(self) -> Stood:
        found: Stood = {}
        for backend in self.backends():
            with suppress(OSError):  # it has ended
                found[backend] = _stood(str(backend))
        return found


@contextmanager
def _children() -> Iterator[Stood]:
    """What the processes that this thread starts meanwhile have taken, as far as they were seen."""
    listed, stood, over = _PROC / f"self/task/{threading.get_native_id()}/children", Stood(), threading.Event()
    before = set(listed.read_text(encoding="ascii").split())

    def look() -> None:
        while not over.wait(_LOOK_S):
            for child in set(listed.read_text(encoding="ascii").split()) - before:
                with suppress(OSError):  # it has ended
                    stood[int(child)] = _stood(child)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield stood
    finally:
        over.set()
        looking.join()


def queued_s() -> float:
    """Seconds for which this thread, and its children that live, had no processor so far."""
    total = _stood("thread-self")[1]
    for child in (_PROC / f"self/task/{threading.get_native_id()}/children").read_text(encoding="ascii").split():
        with suppress(OSError):  # it has ended
            total += _stood(child)[1]
    return total


def backends_of(postmaster: int, database: str) -> list[int]:
    """The processes with which PostgreSQL serves that database's clients now."""
    found = []
    for child in (_PROC / f"{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split():
        with suppress(OSError):
            if f" {database} ".encode() in (_PROC / child / "cmdline").read_bytes():
                found.append(int(child))
    return found


def too_long(spent: Spent) -> str | None:
    """Why a call took too long."""
    if spent.cpu_s >= CPU_S:
        return f"{spent.cpu_s:.1f} s of CPU"
    if spent.database_s >= CPU_S:
        return f"{spent.database_s:.1f} s of PostgreSQL's CPU"
    if spent.waited_s >= WAIT_S:
        return f"waited {spent.waited_s:.1f} s"
    return None


@dataclass(slots=True)
class Queued:
    """How long one thread of each kind had no processor at most: those that `kinds` names now, and their children, which come and go."""

    kinds: Mapping[str, Callable[[], Iterable[int]]]
    #: kind -> (process, thread) -> seconds queued when it was first seen, and last
    _seen: dict[str, dict[tuple[int, int], tuple[float, float]]] = field(default_factory=dict)

    def look(self) -> None:
        """Look at every thread; one that began after the first look has been queued since it began."""
        new = not self._seen
        for kind, processes in self.kinds.items():
            own = self._seen.setdefault(kind, {})
            for process in processes():
                for thread, queued_s in _queued(process):
                    own[process, thread] = (own.get((process, thread), (queued_s if new else 0.0, 0.0))[0], queued_s)

    @property
    def seconds(self) -> float:
        """One call goes from one kind to the next, so their longest queues add up."""
        return sum(max((last - first for first, last in own.values()), default=0.0) for own in self._seen.values())


@contextmanager
def queued(kinds: Mapping[str, Callable[[], Iterable[int]]]) -> Iterator[Queued]:
    """Look now, at the end, and so often in between that children which come and go are seen."""
    found, over = Queued(kinds), threading.Event()
    found.look()

    def looking() -> None:
        while not over.wait(_LOOK_S * 5):
            found.look()

    beside = threading.Thread(target=looking, daemon=True)
    beside.start()
    try:
        yield found
    finally:
        over.set()
        beside.join()
        found.look()


def _queued(process: int) -> Iterator[tuple[int, float]]:
    with suppress(OSError):  # it has ended
        for task in (_PROC / str(process) / "task").iterdir():
            with suppress(OSError):
                yield int(task.name), _stood(f"{process}/task/{task.name}")[1]


def _since(before: Stood, after: Stood) -> tuple[float, float]:
    """Seconds on a processor and queued for one of all these processes together; one that is new began meanwhile."""
    gone = [(now, before.get(process, (0.0, 0.0))) for process, now in after.items()]
    return sum(now[0] - was[0] for now, was in gone), sum(now[1] - was[1] for now, was in gone)


def _stood(process: str) -> tuple[float, float]:
    """Seconds on a processor, and seconds queued for one."""
    cpu, queued, _ = (_PROC / process / "schedstat").read_text(encoding="ascii").split()
    return int(cpu) / 1e9, int(queued) / 1e9
