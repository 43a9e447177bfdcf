"""T8's judgement of answers: each within a second of when it was due, as many taken as must be, nobody sent away without need.

Where the machine itself stood still (`stalls.py`), a call has so much longer; beyond that a late answer is the product's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.torture import stalls
from tests.torture.open_loop import SENDER, Call
from tests.torture.stalls import Stall

PEAK_PER_S = 60.0
ANSWER_S = 1.0
#: This much of the asked rate must have left the shops in the asked time.
OFFERED = 0.95
#: This much of the peak's rate is taken under any load: who is overrun and does nothing but refuse is down.
TAKEN_SHARE = 0.5
#: What a shop may be told: taken, known already, come again.
ACCEPTED, BUSY = {200, 202}, 503
#: So long the machine must stand still until the peak fills every thread (two web processes of 24); then a shop may be sent away,
#: also so shortly after it.
FILLED_S, AFTER_S = 48 / PEAK_PER_S, 0.5


@dataclass(frozen=True, slots=True)
class Phase:
    """So many deliveries a second for so long; `slow` on a slow disk, where 503 must happen, `calm` where it must not."""

    name: str
    per_s: float
    seconds: float
    slow: bool = False
    calm: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a phase: every attempt, when the phase began, and the stalls that may excuse something."""

    phase: Phase
    began: float
    calls: Sequence[Call]
    stalled: Sequence[Stall] = ()

    @property
    def first(self) -> list[Call]:
        return [call for call in self.calls if call.attempt == 1]

    @property
    def ended(self) -> float:
        return max([self.began + self.phase.seconds, *(call.answered_at for call in self.calls)])

    @property
    def excuses(self) -> Sequence[Stall]:
        return stalls.trusted(self.stalled, self.began, self.ended)

    @property
    def late(self) -> list[Call]:
        """Answered after a second and the longest stall that lay in the call."""
        found, slow = self.excuses, [call for call in self.calls if call.took_s > ANSWER_S]
        return [c for c in slow if c.took_s > ANSWER_S + stalls.longest_s(found, c.due_at, c.answered_at)]

    @property
    def offered_per_s(self) -> float:
        """How fast the shops sent. A sender that is too slow offers less; a machine that stood still held it up."""
        found = [one for one in self.excuses if one.what != SENDER]
        left = [max(c.due_at, c.sent_at - stalls.longest_s(found, c.due_at, c.sent_at)) for c in self.first]
        return len(left) / max([self.phase.seconds, *(at - self.began for at in left)])

    @property
    def sent_away(self) -> int:
        """Told 503 though the machine did not stand still so long that every thread was taken."""
        found = self.excuses
        return sum(
            call.status == BUSY and stalls.longest_s(found, call.due_at - AFTER_S, call.answered_at) < FILLED_S
            for call in self.calls
        )


def judge(seen: Seen, shots: int) -> tuple[dict[str, Any], list[str]]:
    """The figures of a phase, and what is wrong: not offered, answered late or otherwise, 503 where it must not be or none."""
    calls, phase, told = seen.calls, seen.phase, Counter(call.status for call in seen.calls)
    took, slow = sorted(call.took_s for call in calls) or [0.0], sum(call.took_s > ANSWER_S for call in calls)
    figures = {
        "asked_per_s": phase.per_s, "offered_per_s": round(seen.offered_per_s, 1), "deliveries": len(seen.first),
        "attempts": len(calls), "busy_503": told[BUSY], "unanswered": told[0], "p50_s": round(took[len(took) // 2], 3),
        "p99_s": round(took[int(len(took) * 0.99)], 3), "most_s": round(took[-1], 3), "late_by_the_clock": slow,
        "late": len(seen.late), "stalls": stalls.figures(seen.stalled, seen.began, seen.ended),
    }  # fmt: skip
    sent = len(seen.first)
    wrong = [f"{shots} were to be sent, {sent} are in the ledger"] if sent != shots else []
    wrong += _not_offered(seen) + _late(seen) + _otherwise(told) + _shed(seen)
    return figures, [f"{phase.name}: {words}" for words in wrong]


def _not_offered(seen: Seen) -> list[str]:
    asked, offered = seen.phase.per_s, seen.offered_per_s
    return [f"only {offered:.0f} of {asked:.0f} a second were offered"] if offered < asked * OFFERED else []


def _late(seen: Seen) -> list[str]:
    late = seen.late
    if not late:
        return []
    last, total = max(call.took_s for call in late), stalls.total_s(seen.stalled, seen.began, seen.ended)
    words = f"{len(late)} of {len(seen.calls)} were answered after {ANSWER_S:.0f} s, the last after {last:.2f} s"
    return [words + (f"; the machine stood still for {total:.2f} s in all" if seen.stalled else "")]


def _otherwise(told: Mapping[int, int]) -> list[str]:
    other = {status: count for status, count in told.items() if status not in {*ACCEPTED, BUSY} and count}
    return [f"{count} were answered {status or 'not at all'}" for status, count in sorted(other.items())]


def _shed(seen: Seen) -> list[str]:
    """However many come, as many are taken meanwhile as at the peak, or half of them, since the last ones are still waited for.

    Afterwards nobody is sent away; where nothing could take all, somebody must be.
    """
    phase, ends = seen.phase, seen.began + seen.phase.seconds
    taken = sum(call.status in ACCEPTED and call.answered_at < ends for call in seen.calls)
    least = int(TAKEN_SHARE * PEAK_PER_S * phase.seconds)
    wrong = [] if taken >= least else [f"{taken} were taken in the meantime, at least {least} must be"]
    if phase.slow:
        busy = any(call.status == BUSY for call in seen.calls)
        return wrong + ([] if busy else ["nobody was told to come again: this was no overload"])
    away = seen.sent_away if phase.calm else 0
    return wrong + ([f"{away} were told to come again, after the rush"] if away else [])
