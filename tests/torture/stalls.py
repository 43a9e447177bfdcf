"""Stalls of the machine, seen by somebody beside the house who wants next to nothing: a moment of each processor, a page on the disk.

    watcher = made.run_beside("stalls", partial(stalls.watch, note, folder))     # until it is ended
    stalls.read(note)

What is late for such a one is late for everybody, so a second in which the machine stood still is told from one in which the
product did: it is lengthened by the longest stall that lay in it. Who stalls the machine all the time is not excused by that
(`trusted`): what the product itself does to the machine would be no fault of it any more.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

#: The note in a house's folder.
STALLS = "stalls.jsonl"
LOOK_S = 0.02
#: Anybody may be so late on processors and a disk that are well used; it is the product's to live with that.
LEAST_S = 0.1
#: Stalls of more than this, and more than this share of the time looked at, excuse nothing.
MOST_S, MOST_SHARE = 1.0, 0.1
#: What PostgreSQL writes at once; overwritten in its place, as a segment of its log that is used again.
_PAGE = b"\0" * 8192


@dataclass(frozen=True, slots=True)
class Stall:
    """Who was late, from when until when (CLOCK_MONOTONIC)."""

    what: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def longest_s(found: Iterable[Stall], since: float, until: float) -> float:
    """The whole length of the longest stall of which a part lies in between; 0 without one."""
    return max((one.seconds for one in found if one.began < until and one.ended > since), default=0.0)


def total_s(found: Iterable[Stall], since: float, until: float) -> float:
    """Seconds in between in which something stalled; what stalls at once counts once."""
    total, reached = 0.0, since
    for one in sorted(found, key=lambda stall: stall.began):
        began, ended = max(one.began, reached), min(one.ended, until)
        total += max(0.0, ended - began)
        reached = max(reached, ended)
    return total


def trusted(found: Sequence[Stall], since: float, until: float) -> Sequence[Stall]:
    """The stalls, if they are few enough to be accidents; none of them if the machine stood still again and again."""
    return found if total_s(found, since, until) <= MOST_S + MOST_SHARE * (until - since) else ()


def figures(found: Sequence[Stall], since: float, until: float) -> dict[str, str]:
    """How often each stalled in between, and how long at most."""
    own = [one for one in found if one.began < until and one.ended > since]
    return {
        what: f"{sum(one.what == what for one in own)}, longest {max(s.seconds for s in own if s.what == what):.2f} s"
        for what in sorted({one.what for one in own})
    }


def write(note: Path, found: Iterable[Stall]) -> None:
    """Add these to a note."""
    with note.open("a", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(one)) + "\n" for one in found)


def read(*notes: Path) -> list[Stall]:
    """What was noted so far."""
    lines = [line for note in notes if note.exists() for line in note.read_text(encoding="utf-8").splitlines()]
    return [Stall(**json.loads(line)) for line in lines]


def watch(note: Path, folder: Path) -> int:
    """Note every stall of a processor and of the disk under `folder`; run it in a process of its own, until that is ended."""
    for processor in sorted(os.sched_getaffinity(0)):
        threading.Thread(target=_processor, args=(note, processor), daemon=True).start()
    page = os.open(folder / "stalls.page", os.O_WRONLY | os.O_CREAT, 0o600)
    _flush(page)
    while True:
        time.sleep(LOOK_S)
        _timed(note, "disk", partial(_flush, page), 0.0)


def _processor(note: Path, processor: int) -> None:
    """Thread by thread on one processor each: what a hypervisor takes away it takes from one of them."""
    os.sched_setaffinity(0, {processor})
    while True:
        _timed(note, f"processor {processor}", partial(time.sleep, LOOK_S), LOOK_S)


def _timed(note: Path, what: str, call: Callable[[], object], due_s: float) -> None:
    due = time.monotonic() + due_s
    call()
    ended = time.monotonic()
    if ended - due >= LEAST_S:
        write(note, [Stall(what, due, ended)])


def _flush(page: int) -> None:
    os.pwrite(page, _PAGE, 0)
    os.fdatasync(page)
