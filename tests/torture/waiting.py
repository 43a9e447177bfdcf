"""How long a call waited for others: not the seconds in which it computed, nor those in which the machine was busy.

Linux counts for each thread the time on a processor and the time in which it could have run and had none
(`/proc/thread-self/schedstat`); the rest of the time by the clock is spent waiting: for PostgreSQL, for Redis, for nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
#: Seconds that a call may compute, and seconds that it may wait for others on a machine of its own.
CPU_S, WAIT_S = 2.0, 2.0
_SCHEDSTAT = Path("/proc/thread-self/schedstat")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one call: by the clock, on a processor, and queued for one."""

    clock_s: float
    cpu_s: float
    queued_s: float

    @property
    def waited_s(self) -> float:
        """What is left when computing and queueing for a processor are taken off."""
        return max(0.0, self.clock_s - self.cpu_s - self.queued_s)


@dataclass(slots=True)
class Machine:
    """Measures calls one after the other, and how much slower than alone they were computed: so are those they wait for."""

    cpu_s: float = field(default=0.0)
    queued_s: float = field(default=0.0)

    @property
    def slowness(self) -> float:
        """1 on a machine that nobody else uses, 2 where half of the time others had the processor."""
        return 1 + self.queued_s / self.cpu_s if self.cpu_s else 1.0

    def measured(self, call: Callable[[], T]) -> tuple[T, Spent]:
        """The call's answer with what it took."""
        clock, (cpu, queued) = time.monotonic(), _stood()
        answer = call()
        cpu_after, queued_after = _stood()
        spent = Spent(time.monotonic() - clock, cpu_after - cpu, queued_after - queued)
        self.cpu_s += spent.cpu_s
        self.queued_s += spent.queued_s
        return answer, spent


def too_long(spent: Spent, slowness: float) -> str | None:
    """Why a call took too long; who it waits for is as slow as the machine makes us."""
    if spent.cpu_s >= CPU_S:
        return f"{spent.cpu_s:.1f} s of CPU"
    if spent.waited_s >= WAIT_S * slowness:
        return f"waited {spent.waited_s:.1f} s for others, at most {WAIT_S * slowness:.1f}"
    return None


def _stood() -> tuple[float, float]:
    cpu, queued, _ = _SCHEDSTAT.read_text(encoding="ascii").split()
    return int(cpu) / 1e9, int(queued) / 1e9
