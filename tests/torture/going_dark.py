"""A worker host goes dark while it holds steps, and what it held must be done by others in time."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import text

from bench.ground import Ground
from tests.torture.namespaces import Host

#: What a dark host held is done by others within this (lease 30 s, sweep, and a margin).
TAKEN_OVER_S = 36.0
#: So long a moment is looked for at which the host holds something.
_TRY_S = 60.0
#: PostgreSQL has done what it had been sent when the cable was cut: seen twice, so far apart, and waited for so long.
_QUIET_S, _QUIET_WITHIN_S = 0.1, 10.0
_LOOK_S = 0.002

_HELD = text("""
    SELECT id, kind, worker, clock_timestamp() AS at FROM step
    WHERE state = 'claimed' AND worker LIKE :name || ':%' ORDER BY id
""")
_ASKED = text("SELECT count(*) FROM pg_stat_activity WHERE client_addr = CAST(:address AS inet) AND state = 'active'")
_FATES = text("""
    SELECT kind, state, worker, extract(epoch FROM finished_at - :at) AS took_s FROM step
    WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Dark:
    """What a host's workers held (step, kind) when its cable was cut, at that moment by the database's clock; their names."""

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


class Database(Protocol):
    """What is asked of it about a host."""

    def held(self) -> Sequence[Any]:
        """The steps that its workers hold, each with the moment of the look."""

    def is_busy(self) -> bool:
        """Whether it has something to do for that host, or has not even read it."""


@dataclass(frozen=True, slots=True)
class _Database:
    made: Ground
    host: Host

    def held(self) -> Sequence[Any]:
        with self.made.database.transaction() as session:
            return session.execute(_HELD, {"name": self.host.name}).all()

    def is_busy(self) -> bool:
        # In this order: what is read after the first look is being done at the second one.
        if unread_bytes(Path("/proc/thread-self/net/tcp").read_text(encoding="ascii"), self.host.address):
            return True
        with self.made.database.transaction() as session:
            return bool(session.execute(_ASKED, {"address": self.host.address}).scalar_one())


def unread_bytes(connections: str, address: str) -> int:
    """Bytes that came from that address and nobody has read, by Linux's table of connections."""
    number = f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}"
    rows = (line.split() for line in connections.splitlines()[1:])
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[2].partition(":")[0] == number)


def lose_power_at_work(made: Ground, host: Host) -> Dark:
    """Cut its cable at a moment when its workers hold steps, then end every process on it."""
    dark = cut_at_work(_Database(made, host), host)
    host.lose_power()
    return dark


def cut_at_work(database: Database, host: Host) -> Dark:
    """Cut the cable while steps are held: those that are still held when all is done that had come through it.

    A worker may have sent the end of a step just before; that is no end by a dead one, however long PostgreSQL takes for it.
    """
    ends = time.monotonic() + _TRY_S
    while time.monotonic() < ends:
        before = database.held()
        if not before:
            time.sleep(_LOOK_S)
            continue
        host.lose_cable()
        held = database.held() if _comes_to_rest(database) else []
        if held:
            names = frozenset(row.worker for row in held)
            return Dark(host.name, before[0].at, tuple((row.id, row.kind) for row in held), names)
        host.get_power()
    return Dark(host.name, None, (), frozenset())


def _comes_to_rest(database: Database) -> bool:
    ends, quiet = time.monotonic() + _QUIET_WITHIN_S, 0
    while quiet < 2 and time.monotonic() < ends:
        time.sleep(_QUIET_S)
        quiet = 0 if database.is_busy() else quiet + 1
    return quiet == 2


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
