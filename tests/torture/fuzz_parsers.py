"""Every parser of bytes from outside is given spoilt bytes: no error of another kind, no two seconds, no growth."""

from __future__ import annotations

import gc
import math
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

import hypothesis
import psutil
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.torture import peaks
from tests.torture.entrances import Entrance, entrances
from tests.torture.spoilers import spoil
from tests.torture.waiting import Spent, Stopwatch, queued_s, too_long

#: Seconds by the clock, without those for which there was no processor, before a message is given up.
CLOCK_S = 20
#: What the process may grow after its caches are warm.
GROWTH_BYTES = 50 * 1024**2
_EXAMPLES = 40


class Hangs(BaseException):
    """No Exception: nothing may swallow it."""


@dataclass(slots=True)
class Fuzzed:
    """What was tried: messages by entrance, the slowest CPU seconds and the longest waits by entrance, faults in words."""

    tried: dict[str, int] = field(default_factory=dict)
    slowest_s: dict[str, float] = field(default_factory=dict)
    waited_s: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    growth_bytes: int = 0


def fuzz(seed: int, *, seconds: float) -> Fuzzed:
    """Go round all entrances until the time is over; each at least once. One fault an entrance, then it is left out."""
    found = Fuzzed()
    ends, turn = time.monotonic() + seconds, 0
    open_ones = dict(entrances())
    warm = 0
    while turn == 0 or (time.monotonic() < ends and open_ones):
        for place, (name, entrance) in enumerate(list(open_ones.items())):
            if turn and time.monotonic() > ends:
                break
            if _one_round(name, entrance, seed * 1_000_003 + turn * 101 + place, found):
                del open_ones[name]
        turn += 1
        gc.collect()
        warm = warm or psutil.Process().memory_info().rss
    _weigh(found, warm)
    return found


def _weigh(found: Fuzzed, warm: int) -> None:
    gc.collect()
    info = psutil.Process().memory_info()
    found.growth_bytes = info.rss - warm
    if found.growth_bytes > GROWTH_BYTES:
        found.wrong.append(f"the parsers grew by {found.growth_bytes / 1e6:.0f} MB after their first round")
    found.wrong += peaks.too_high({"who reads": peaks.peak_bytes()})


def _one_round(name: str, entrance: Entrance, seed: int, found: Fuzzed) -> bool:
    """Some messages for one entrance; True when one of them was a fault."""
    strategy = st.builds(spoil, st.sampled_from(list(entrance.good)), st.integers(0, 2**48)) | st.binary(max_size=300)

    @hypothesis.seed(seed)
    @settings(
        max_examples=_EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink), report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip
    @given(strategy)
    def read(raw: bytes) -> None:
        found.tried[name] = found.tried.get(name, 0) + 1
        spent = timed(lambda: entrance.read(raw))
        found.slowest_s[name] = max(found.slowest_s.get(name, 0.0), round(spent.cpu_s, 3))
        late = too_long(spent)
        assert late is None, f"{late}, for {len(raw)} bytes"

    try:
        read()
    except (Exception, Hangs) as fault:  # noqa: BLE001  whatever a parser raises is what is looked for
        last = traceback.extract_tb(fault.__traceback__)[-1]
        notes = " ".join(getattr(fault, "__notes__", []))
        first = fault.exceptions[0] if isinstance(fault, BaseExceptionGroup) and fault.exceptions else fault
        words = f"{type(fault).__name__}: {first} at {last.filename.rpartition('/')[2]}:{last.lineno}"
        found.wrong.append(f"{name}: {words[:400]}; {notes[:1500]}")
        return True
    return False


def timed(read: Callable[[], None]) -> Spent:
    """What reading takes; raises Hangs when the clock's limit is over."""
    with alarm(CLOCK_S, time.process_time()):
        return Stopwatch().measured(read)[1]


@contextmanager
def alarm(seconds: int, began: float) -> Iterator[None]:
    """Raise Hangs where the work is when so many seconds by the clock are over; `began` is its `time.process_time()`.

    Seconds in which it had no processor are the machine's: it has as many more.
    """
    since, queued = time.monotonic(), queued_s()

    def late(number: int, frame: FrameType | None) -> None:
        left = seconds - (time.monotonic() - since - (queued_s() - queued))
        if left > 0:
            signal.alarm(math.ceil(left))
            return
        # Named here: the traceback's last frame is this function's, not the one that hangs.
        where = f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}" if frame else "nowhere"
        raise Hangs(f"in {where} after {seconds} s by the clock, {time.process_time() - began:.1f} s of them CPU")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        with suppress(TypeError):
            signal.signal(signal.SIGALRM, before)
