"""Watches the database for progress: a new order, or a new entry of history, ten times a second, from outside.

Each sighting is one line: the moment (CLOCK_MONOTONIC, which all processes of a machine share), that of the look before, at
which what is new now did not stand yet, and how many rows were new. Read together with the moments of the faults they give the
time to the first progress after each: what may have stood before the fault and was only seen after it is none.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TextIO

import psycopg

_LOOK_EVERY_S = 0.1
#: Ids are time-ordered, so what is new is among the last; batches of two processes may stand mixed.
_LAST = """
    (SELECT id FROM history_entry ORDER BY id DESC LIMIT 300) UNION ALL (SELECT id FROM orders ORDER BY id DESC LIMIT 100)
"""


class Sighting(NamedTuple):
    """Something new stood `at`, and did not at `since`, when the look before began; before the first look nothing is known."""

    since: float
    at: float


@dataclass(slots=True)
class Watcher:
    """Looks again and again; what it knows outlives a connection."""

    out: TextIO
    known: set[object] = field(default_factory=set)
    looked: float = 0.0

    def look(self, connection: psycopg.Connection) -> None:
        """Write down what is new since the look before."""
        began = time.monotonic()
        found = {row[0] for row in connection.execute(_LAST)}
        new = len(found - self.known)
        if new:
            self.out.write(f"{time.monotonic()!r} {self.looked!r} {new}\n")
        self.known, self.looked = found, began


def watch(url: str, path: Path) -> int:
    """Run until ended; connects again when the database was away."""
    with path.open("a", encoding="ascii", buffering=1) as out:
        watcher = Watcher(out)
        while True:
            with suppress(psycopg.Error), psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
                while True:
                    watcher.look(connection)
                    time.sleep(_LOOK_EVERY_S)
            time.sleep(_LOOK_EVERY_S)


def sightings(path: Path) -> list[Sighting]:
    """When something new stood, in order; a line that was cut off is none."""
    if not path.exists():
        return []
    lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    return [Sighting(float(line[1]), float(line[0])) for line in lines if len(line) == 3]


def waits(faults: Sequence[float], seen: Sequence[Sighting]) -> list[float]:
    """Seconds from each fault to the first sighting of what did not stand yet at the fault; a fault with none after it is left out."""
    found = []
    for at in faults:
        place = bisect_left(seen, at, key=lambda sighting: sighting.since)
        if place < len(seen):
            found.append(seen[place].at - at)
    return found


def histogram(values: Sequence[float]) -> dict[str, int]:
    """How many of `values` lie up to each bound, in seconds."""
    bounds = (0.2, 0.5, 1, 2, 5, 10, 20, 36)
    counts = {f"<= {bound} s": 0 for bound in bounds} | {"> 36 s": 0}
    for value in values:
        name = next((f"<= {bound} s" for bound in bounds if value <= bound), "> 36 s")
        counts[name] += 1
    return counts


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of `values` do not exceed; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
