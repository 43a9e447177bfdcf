"""THE table of what can be wrong with a line, and courses of it from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

#: What every line must have suffered in a run.
WANTED = ("latency", "slow bytes", "cut", "reset", "half-open")


@dataclass(frozen=True, slots=True)
class Fault:
    """One state of the line. Only what is named differs from a good line.

    `latency_s` and up to `jitter_s` more stand before each piece; `slice_bytes` cuts pieces small, `pause_s` between
    them; after `cut_after` bytes of an answer the line is closed, or reset with `reset`. `silent`: what was connected
    hears nothing any more, ever, and what connects is accepted and hears nothing. `clogged`: all waits until the fault
    ends, then goes on. `down`: nobody listens, and what was connected is reset.
    """

    name: str = "none"
    #: faults of one kind do the same, more or less of it
    kind: str = ""
    latency_s: float = 0.0
    jitter_s: float = 0.0
    slice_bytes: int = 0
    pause_s: float = 0.0
    cut_after: int | None = None
    reset: bool = False
    silent: bool = False
    clogged: bool = False
    down: bool = False

    @property
    def lasting(self) -> bool:
        """Whether it needs time to be felt; the others end a conversation at once."""
        return self.kind in ("latency", "slow bytes", "clogged", "down")


NONE = Fault()

#: THE table of faults that a course draws from.
FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("late", "latency", latency_s=0.1, jitter_s=0.4),
        Fault("very late", "latency", latency_s=1.0, jitter_s=2.0),
        Fault("slow bytes", "slow bytes", slice_bytes=64, pause_s=0.02),
        Fault("trickle", "slow bytes", slice_bytes=1, pause_s=0.5),
        Fault("cut", "cut", cut_after=40),
        Fault("reset", "reset", cut_after=40, reset=True),
        Fault("reset at once", "reset", cut_after=0, reset=True),
        Fault("half-open", "half-open", silent=True),
        Fault("clogged", "clogged", clogged=True),
        Fault("down", "down", down=True),
    )
}
KINDS = tuple(dict.fromkeys(fault.kind for fault in FAULTS.values()))


@dataclass(frozen=True, slots=True)
class Spell:
    """After `rest_s` the line is as `fault` says: until that has done something, and for `for_s` from then on.

    What nobody has felt after `most_s` ends too, and is missing in the verdict. A fault that is not WANTED need not be
    felt: it lasts `for_s`.
    """

    rest_s: float
    for_s: float
    most_s: float
    fault: Fault


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long a spell lasts at most, how long the line is well before it. `seldom`: few speak on this line.

    There one broken conversation is enough: more in a row, and nobody calls for half a minute.
    """

    spell_s: float
    rest_s: float
    most_s: float = 150.0
    seldom: bool = False


def course(seed: int, name: str, pace: Pace) -> Iterator[Spell]:
    """Spells for one dependency without end, no kind twice before each was there once; same seed, same spells."""
    chance = random.Random(f"{seed}/{name}")
    while True:
        for kind in chance.sample(KINDS, len(KINDS)):
            fault = chance.choice([one for one in FAULTS.values() if one.kind == kind])
            rest_s, for_s = chance.uniform(0.5, 1) * pace.rest_s, chance.uniform(0.5, 1) * pace.spell_s
            yield Spell(rest_s, for_s if fault.lasting or not pace.seldom else 0.0, pace.most_s, fault)
