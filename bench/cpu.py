"""CPU time and memory of process trees, read from /proc (Linux)."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> set[int]:
    """The process and all its living descendants."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found, grew = {root}, True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return found


def cpu_ms(roots: Collection[int]) -> float:
    """User and system time of the trees so far, with that of their children that ended and were waited for."""
    return sum(_by_process(roots, ended_children=True).values())


def own_cpu_ms(roots: Collection[int]) -> dict[int, float]:
    """User and system time so far of each living process of the trees, without that of its children."""
    return _by_process(roots, ended_children=False)


def _by_process(roots: Collection[int], *, ended_children: bool) -> dict[int, float]:
    found: dict[int, float] = {}
    for pid in {pid for root in roots for pid in tree(root)}:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        found[pid] = sum(int(value) for value in fields[11 : 15 if ended_children else 13]) * 1000 / _TICKS
    return found


def pss_mib(roots: Collection[int]) -> float:
    """Proportional memory of the trees in MiB: shared pages are counted once."""
    total = 0
    for pid in {pid for root in roots for pid in tree(root)}:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return total / 1024
