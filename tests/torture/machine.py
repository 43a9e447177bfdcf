"""What the machine was like while a level ran: its load, what a hypervisor took away, how long somebody wanted a processor in vain."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_STAT, _PRESSURE = Path("/proc/stat"), Path("/proc/pressure/cpu")
#: The columns of all processors together in /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
_STOLEN, _COLUMNS = 7, 8


@dataclass(frozen=True, slots=True)
class Moment:
    """Linux's counters: ticks in all and stolen, microseconds in which somebody had no processor; None where it does not count."""

    at: float
    load: float
    ticks: int
    stolen: int
    starved_us: int | None


def now() -> Moment:
    """The counters now."""
    pressure = _PRESSURE.read_text(encoding="ascii") if _PRESSURE.exists() else ""
    return read(_STAT.read_text(encoding="ascii"), pressure, at=time.monotonic(), load=os.getloadavg()[0])


def read(stat: str, pressure: str, *, at: float, load: float) -> Moment:
    """The counters from Linux's own words."""
    ticks = [int(word) for word in stat.splitlines()[0].split()[1 : _COLUMNS + 1]]
    some = next((line.split() for line in pressure.splitlines() if line.startswith("some ")), [])
    starved = next((int(word.removeprefix("total=")) for word in some if word.startswith("total=")), None)
    return Moment(at, load, sum(ticks), ticks[_STOLEN], starved)


def between(before: Moment, after: Moment) -> dict[str, object]:
    """For the figures: the load at both ends, and shares of the time in between."""
    found: dict[str, object] = {"load": [round(before.load, 1), round(after.load, 1)]}
    found["stolen"] = f"{(after.stolen - before.stolen) / max(1, after.ticks - before.ticks):.1%}"
    if before.starved_us is not None and after.starved_us is not None:
        share = (after.starved_us - before.starved_us) / 1e6 / max(0.001, after.at - before.at)
        found["somebody without a processor"] = f"{share:.0%}"
    return found
