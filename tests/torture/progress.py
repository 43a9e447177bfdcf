"""Watches the database for progress: a new order, or a new entry of history, ten times a second, from outside.

Each sighting is one line, the moment (CLOCK_MONOTONIC, which all processes of a machine share) and how many rows were
new. Read together with the moments of the faults they give the time to the first progress after each.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import psycopg

_LOOK_EVERY_S = 0.1
#: Ids are time-ordered, so what is new is among the last; batches of two processes may stand mixed.
_LAST = """
    (SELECT id FROM history_entry ORDER BY id DESC LIMIT 300) UNION ALL (SELECT id FROM orders ORDER BY id DESC LIMIT 100)
"""


def watch(url: str, path: Path) -> int:
    """Run until ended; connects again when the database was away."""
    known: set[object] = set()
    with path.open("a", encoding="ascii", buffering=1) as out:
        while True:
            with suppress(psycopg.Error), psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
                while True:
                    known = _look(connection, known, out)
                    time.sleep(_LOOK_EVERY_S)
            time.sleep(_LOOK_EVERY_S)


def _look(connection: psycopg.Connection, known: set[object], out: TextIO) -> set[object]:
    found = {row[0] for row in connection.execute(_LAST)}
    new = len(found - known)
    if new:
        out.write(f"{time.monotonic():.3f} {new}\n")
    return found


def sightings(path: Path) -> list[float]:
    """The moments at which something new stood."""
    if not path.exists():
        return []
    return [
        float(line.split()[0])
        for line in path.read_text(encoding="ascii").splitlines()
        if line.endswith(tuple("0123456789"))
    ]


def waits(faults: Sequence[float], seen: Sequence[float]) -> list[float]:
    """Seconds from each fault to the first sighting after it; a fault with none after it is left out."""
    found = []
    for at in faults:
        place = bisect_right(seen, at)
        if place < len(seen):
            found.append(seen[place] - at)
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
