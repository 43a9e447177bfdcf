"""What docs/operating.md tells to run after a restore, command by command, as somebody would who reads it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tests.servers import ROOT

#: Each command, and how it may end.
RECIPE = (("migrate", {0}), ("check-invariants", {0}), ("verify-history", {0}), ("doctor", {0, 1}))
#: So long a claim whose lease ran out may wait for somebody who takes it up (I10).
TAKEN_UP_S = 10.0
_LEASES = " no_lease_forgotten: "
_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it printed: what it found, and beside that."""

    code: int
    found: str = ""
    beside: str = ""


def follow(environment: Mapping[str, str], *, recovered: float) -> tuple[dict[str, int], list[str]]:
    """Run them all; how each ended, and what is wrong. `recovered`: when the database took writes again (CLOCK_MONOTONIC)."""
    ended: dict[str, int] = {}
    wrong: list[str] = []
    for command, may_end in RECIPE:
        done = settled(partial(_run, command, environment), until=recovered + TAKEN_UP_S)
        ended[f"oms {command}"] = done.code
        if done.code not in may_end:
            wrong.append(f"oms {command} ended with {done.code}: {(done.found + done.beside)[-600:]}")
    return ended, wrong


def settled(run: Callable[[], Done], *, until: float) -> Done:
    """The last word of a command: while it finds nothing but leases that ran out, one that began at `until` at the earliest.

    By the clock of the database a restored claim ran out while the database was away, and nobody could take it up.
    """
    while True:
        began = time.monotonic()
        done = run()
        if began >= until or not only_leases(done):
            return done
        time.sleep(min(_PAUSE_S, max(0.0, until - time.monotonic())))


def only_leases(done: Done) -> bool:
    """Whether leases that ran out are all that is wrong."""
    lines = done.found.splitlines()
    return done.code != 0 and bool(lines) and all(_LEASES in line for line in lines)


def _run(command: str, environment: Mapping[str, str]) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "oms.cli", command],
        cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)
