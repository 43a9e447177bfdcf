"""Which points fail in which way: every one, one for each label and way, each label once, or a seeded sample. Pure."""

from __future__ import annotations

import random
import re
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.torture.failpoints import MODES, Point

CI, EACH, LABELS, FULL = "ci", "each", "labels", "full"
LEVELS = (CI, EACH, LABELS, FULL)
_PART = re.compile(r"(\d+)/(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """One run: at this point of this leg, in this way."""

    leg: str
    point: Point
    mode: str


@dataclass(frozen=True, slots=True)
class Part:
    """Every `count`-th fault from the `first`-th on, so that a long level may be run in several goes."""

    first: int
    count: int

    @classmethod
    def parsed(cls, words: str) -> Part:
        """`2/3`; an ArgumentTypeError says how a part is written."""
        found = _PART.fullmatch(words)
        part = cls(*map(int, found.groups())) if found else cls(0, 0)
        if not 1 <= part.first <= part.count:
            raise ArgumentTypeError(f"{words!r} is no part: write I/N with I from 1 to N, such as 2/3")
        return part

    def of(self, faults: Sequence[Fault]) -> list[Fault]:
        """Those of the faults that are in this part."""
        return list(faults[self.first - 1 :: self.count])

    def __str__(self) -> str:
        return f"{self.first}/{self.count}"


WHOLE = Part(1, 1)


def plan(points: Sequence[tuple[str, Sequence[Point]]], *, level: str, seed: int) -> list[Fault]:
    """The faults of a level, leg by leg; the same seed gives the same sample of the same points."""
    rng = random.Random(seed)
    return [fault for leg, found in points for fault in _of_leg(leg, found, level, rng)]


def _of_leg(leg: str, points: Sequence[Point], level: str, rng: random.Random) -> list[Fault]:
    every = [Fault(leg, point, mode) for point in points for mode in point.modes]
    if level == FULL:
        return every
    shuffled = rng.sample(every, len(every))
    if level == LABELS:
        one_each = {(fault.point.label, fault.mode): fault for fault in shuffled}
        return sorted(one_each.values(), key=lambda fault: rng.random())
    return _each(shuffled) if level == EACH else _sample(shuffled)


def _each(shuffled: Sequence[Fault]) -> list[Fault]:
    """Every label once, each in the way that came up least so far."""
    of_label: dict[str, list[Fault]] = {}
    for fault in shuffled:
        of_label.setdefault(fault.point.label, []).append(fault)
    used: Counter[str] = Counter()
    taken = []
    for faults in of_label.values():
        taken.append(min(faults, key=lambda fault: used[fault.mode]))
        used[taken[-1].mode] += 1
    return taken


def _sample(shuffled: Sequence[Fault]) -> list[Fault]:
    """Each way of failing of each kind of operation once, on labels that the sample has not got yet, if there are any."""
    wanted = {(kind, mode) for kind, modes in MODES.items() for mode in modes}
    taken: list[Fault] = []
    for fresh in (True, False):
        for fault in shuffled:
            pair = (fault.point.kind, fault.mode)
            if pair in wanted and not (fresh and any(t.point.label == fault.point.label for t in taken)):
                wanted.discard(pair)
                taken.append(fault)
    return taken


def pairs(faults: Sequence[Fault]) -> set[tuple[str, str, str]]:
    """What a plan is to reach: leg, label, way."""
    return {(fault.leg, fault.point.label, fault.mode) for fault in faults}
