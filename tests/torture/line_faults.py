"""THE table of what can be wrong with a line, and schedules of it from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One state of the line. Only what is named differs from a good line.

    `latency_s` and up to `jitter_s` more stand before each piece; `slice_bytes` cuts pieces small, `pause_s` between
    them; after `cut_after` bytes of an answer the line is closed, or reset with `reset`. `silent`: what was connected
    hears nothing any more, ever, and what connects is accepted and hears nothing. `clogged`: all waits until the fault
    ends, then goes on. `down`: nobody listens, and what was connected is reset.
    """

    name: str = "none"
    latency_s: float = 0.0
    jitter_s: float = 0.0
    slice_bytes: int = 0
    pause_s: float = 0.0
    cut_after: int | None = None
    reset: bool = False
    silent: bool = False
    clogged: bool = False
    down: bool = False


NONE = Fault()

#: THE table of faults that a schedule draws from.
FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("late", latency_s=0.1, jitter_s=0.4),
        Fault("very late", latency_s=1.0, jitter_s=2.0),
        Fault("slow bytes", slice_bytes=64, pause_s=0.02),
        Fault("trickle", slice_bytes=1, pause_s=0.5),
        Fault("cut", cut_after=40),
        Fault("reset", cut_after=40, reset=True),
        Fault("reset at once", cut_after=0, reset=True),
        Fault("half-open", silent=True),
        Fault("clogged", clogged=True),
        Fault("down", down=True),
    )
}


@dataclass(frozen=True, slots=True)
class Spell:
    """From `at_s` after the start on for `for_s` seconds the line is as `fault` says."""

    at_s: float
    for_s: float
    fault: Fault


def schedule(seed: int, name: str, *, length_s: float, spell_s: float, rest_s: float) -> list[Spell]:
    """Spells of faults for one dependency, none alike twice before each was there once; same seed, same spells."""
    chance = random.Random(f"{seed}/{name}")
    left: list[Fault] = []
    spells: list[Spell] = []
    at_s = chance.uniform(0, rest_s)
    while at_s + spell_s <= length_s:
        left = left or chance.sample(list(FAULTS.values()), len(FAULTS))
        spells.append(Spell(round(at_s, 2), round(spell_s * chance.uniform(0.5, 1.0), 2), left.pop()))
        at_s += spell_s + rest_s * chance.uniform(0.5, 1.0)
    return spells
