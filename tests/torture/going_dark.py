"""A worker host goes dark while it holds steps, and what it held must be done by others in time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bench.ground import Ground
from tests.torture.namespaces import Host

#: What a dark host held is done by others within this (lease 30 s, sweep, and a margin).
TAKEN_OVER_S = 36.0
#: So long a moment is looked for at which the host holds something.
_TRY_S = 60.0
#: What it had sent when its cable was cut has arrived after this.
_ARRIVED_S = 0.1
_LOOK_S = 0.002

_HELD = text("""
    SELECT id, kind, worker, clock_timestamp() AS at FROM step
    WHERE state = 'claimed' AND worker LIKE :name || ':%' ORDER BY id
""")
_FATES = text("""
    SELECT kind, state, worker, extract(epoch FROM finished_at - :at) AS took_s FROM step
    WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Dark:
    """What a host's workers held (step, kind) when its cable was cut, by the database's clock; their names."""

    host: str
    at: datetime | None
    held: tuple[tuple[Any, str], ...]
    workers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a held step; `took_s` from the cut, None while it is not done."""

    kind: str
    state: str
    worker: str
    took_s: float | None


def lose_power_at_work(made: Ground, host: Host) -> Dark:
    """Cut its cable at a moment when its workers hold steps, then end every process on it."""
    ends = time.monotonic() + _TRY_S
    held = _held(made, host)
    while time.monotonic() < ends:
        if held:
            host.lose_cable()
            time.sleep(_ARRIVED_S)
            held = _held(made, host)
            if held:
                break
            host.get_power()
        time.sleep(_LOOK_S)
        held = _held(made, host)
    host.lose_power()
    return Dark(
        host.name,
        held[0].at if held else None,
        tuple((row.id, row.kind) for row in held),
        frozenset(row.worker for row in held),
    )


def _held(made: Ground, host: Host) -> Sequence[Any]:
    with made.database.transaction() as session:
        return session.execute(_HELD, {"name": host.name}).all()


def fates(made: Ground, dark: Dark) -> list[Fate]:
    """What became of all that it held, so far."""
    with made.database.transaction() as session:
        rows = session.execute(_FATES, {"ids": [step for step, _ in dark.held], "at": dark.at}).all()
    return [
        Fate(row.kind, row.state, row.worker, float(row.took_s) if row.took_s is not None else None) for row in rows
    ]


def judge(dark: Dark, found: Sequence[Fate]) -> list[str]:
    """Others did all that it held, in time; a host that held nothing proves nothing."""
    if not dark.held:
        return [f"{dark.host} held no step when it went dark"]
    wrong = (
        [f"{dark.host} held {len(dark.held)} steps, {len(found)} of them stand"] if len(found) < len(dark.held) else []
    )
    for fate in found:
        if fate.state != "done" or fate.took_s is None:
            wrong.append(f"{fate.kind} that {dark.host} held is {fate.state}")
        elif fate.worker in dark.workers:
            wrong.append(f"{fate.kind} that {dark.host} held was ended by {fate.worker}, which was dead")
        elif fate.took_s > TAKEN_OVER_S:
            wrong.append(
                f"{fate.kind} that {dark.host} held was done after {fate.took_s:.1f} s, at most {TAKEN_OVER_S:.0f}"
            )
    return wrong
