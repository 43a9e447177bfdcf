"""Moments to come that a wrong clock would spoil: when a lease ends, when a step is tried again, when a message is to be read.

They lie apart from now by rule, so they are looked at while everybody is at work: each second, by the database's clock, and
once more at the end. A lease or a delay that a process ten minutes off had reckoned by its own clock would be told.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from oms.shipping import rules, voiding
from tests.torture.house import House
from workers.circuit import REST_S

EVERY_S = 1.0
#: What two moments of one statement and its transaction may lie apart on a busy machine.
BLUR_S = 5.0
#: The first delay of a step that failed, fourfold each time, at most the last, with jitter.
FIRST_S, LAST_S, JITTER = 1.0, 600.0, 1.25
#: Kinds that begin at an hour of their own: until their due time, or so many seconds from now.
BY_DUE = frozenset({"wave"})
OWN_DELAY_S = {"book": float(rules.wait_s(99)), "void_label": voiding.IN_FLIGHT.total_seconds()}

_STEPS = text("""
    SELECT kind, id, state, attempt,
           CAST(extract(epoch FROM lease_until - claimed_at) AS float) AS lease_s,
           CAST(extract(epoch FROM lease_until - clock_timestamp()) AS float) AS left_s,
           CAST(extract(epoch FROM run_after - clock_timestamp()) AS float) AS wait_s,
           CAST(extract(epoch FROM run_after - opened_at) AS float) AS after_s,
           CAST(extract(epoch FROM due_at - clock_timestamp()) AS float) AS due_s
    FROM step WHERE performer = 'system' AND (:all OR state = 'claimed' OR (state = 'open' AND run_after > clock_timestamp()))
""")
# `accept` is opened by web processes, each by what it remembers of the clock's length.
_SPANS = text("""
    SELECT CAST(extract(epoch FROM max(first_due_at - opened_at) - min(first_due_at - opened_at)) AS float) FROM step
    WHERE kind = 'accept'
""")


@dataclass(frozen=True, slots=True)
class Seen:
    """One system step as it stood at one moment; all in seconds, `left_s`, `wait_s` and `due_s` from that moment on."""

    kind: str
    id: object
    state: str
    attempt: int
    lease_s: float | None
    left_s: float | None
    wait_s: float
    after_s: float
    due_s: float


@dataclass(slots=True)
class Watcher:
    """Looks at each second's leases and delays; `wrong` holds each kind of fault once, `looked` how many were seen."""

    made: House
    lease_s: float
    wrong: dict[str, str] = field(default_factory=dict)
    leases: int = 0
    delays: int = 0
    next_look: float = 0.0

    def look(self, *, all_steps: bool = False) -> None:
        """At most once a second; a database that is being started again is looked at the next time."""
        if not all_steps and time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + EVERY_S
        try:
            with self.made.database() as session:
                rows: Sequence[Any] = session.execute(_STEPS, {"all": all_steps}).all()
                span = session.execute(_SPANS).scalar_one() if all_steps else 0.0
        except OperationalError:
            return
        for row in rows:
            self._take(Seen(*row))
        if (span or 0.0) > BLUR_S:
            self.wrong["accept"] = f"the times to read a message differ by {span:.0f} s"

    def _take(self, seen: Seen) -> None:
        self.leases += seen.state == "claimed"
        self.delays += seen.state == "open"
        for fault in untimely(seen, self.lease_s):
            self.wrong.setdefault(f"{seen.kind} {fault.partition(':')[0]}", f"{seen.kind} {seen.id} {fault}")


def untimely(seen: Seen, lease_s: float) -> list[str]:
    """What of a step's moments no right clock can have told; `lease_s` is the longest lease."""
    wrong = []
    if seen.state == "claimed" and seen.lease_s is not None and seen.left_s is not None:
        if seen.left_s > lease_s + BLUR_S:
            wrong.append(f"lease: ends in {seen.left_s:.0f} s, the longest takes {lease_s:.0f}")
        if seen.lease_s < -BLUR_S:
            wrong.append(f"lease: ended {-seen.lease_s:.0f} s before it began")
    if seen.state == "open" and seen.wait_s > longest_wait_s(seen) + BLUR_S:
        wrong.append(
            f"delay: tried again in {seen.wait_s:.0f} s after attempt {seen.attempt}, at most {longest_wait_s(seen):.0f}"
        )
    if seen.after_s < -BLUR_S:
        wrong.append(f"delay: due {-seen.after_s:.0f} s before it was opened")
    return wrong


def longest_wait_s(seen: Seen) -> float:
    """So long a step may wait for its next attempt: its growing delay, a peer's circuit, or an hour of its kind's own."""
    delay_s = JITTER * min(LAST_S, FIRST_S * 4 ** min(max(0, seen.attempt - 1), 5)) if seen.attempt else 0.0
    own_s = max(0.0, seen.due_s) if seen.kind in BY_DUE else OWN_DELAY_S.get(seen.kind, 0.0)
    return max(delay_s, own_s, JITTER * REST_S)
