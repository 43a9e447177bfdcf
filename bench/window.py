"""A pace of orders held for some time, with people who turn over list pages; what the house looked like meanwhile.

The pace is kept by the clock, not by the answers. It is sustained when every order was stored and every page shown, neither was late,
and in the second half nothing grew: neither the orders stored and not yet shipped, nor the steps that are due, nor the age of the oldest,
and what changed was counted into the month's figures soon enough.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import text

from bench import clients, cpu, memory, waiting
from bench.ground import Ground
from bench.memory import House
from bench.mixed_workers import CALLS
from bench.spent import Spent
from oms import ids

POSTERS = 2
EVERY_S = 5.0
#: The backlog may grow by so much of the pace, and the age of the oldest due step by so much of the time that passes, before the
#: pace counts as not sustained.
GROWTH = 0.02
#: A 202 or a page later than this has not kept the pace.
LATE_MS = 2000
#: Figures are counted anew each minute; what changed longer ago than this many seconds and is in none has a backlog before it.
STALE_S = 180
#: Fewer looks in the second half tell no growth.
LEAST_LOOKS = 3
_BACKLOG = text("""
    SELECT count(*) AS open, coalesce(extract(epoch FROM clock_timestamp() - min(run_after)), 0) AS oldest_s
    FROM step WHERE performer = 'system' AND state IN ('open', 'claimed') AND run_after <= clock_timestamp()
      AND NOT kind = ANY(CAST(:calls AS text[]))
""")
#: The oldest of what changed and is in no figure yet: its id is as old as the change.
_UNCOUNTED = text("SELECT id FROM touched ORDER BY id LIMIT 1")
_IN_HOUSE = """
    SELECT (SELECT count(*) FROM orders WHERE fulfilment_status <> 'shipped')
         + (SELECT count(*) FROM step WHERE kind = 'accept' AND state IN ('open', 'claimed'))
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: seconds since the start, due steps, age of the oldest, orders stored and not yet shipped, memory, and how long
    ago that changed which waits longest to be counted into the figures."""

    at_s: float
    open_steps: int
    oldest_s: float
    in_house: int
    pss_mib: float
    uncounted_s: float = 0.0


@dataclass(slots=True)
class Window:
    """A pace held for some time."""

    per_s: float
    seconds: float
    samples: list[Sample] = field(default_factory=list)
    posted: clients.Answers = field(default_factory=clients.Answers)
    pages: clients.Answers = field(default_factory=clients.Answers)
    #: CPU ms by who spent it
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def cpu_ms(self) -> float:
        return sum(self.spent.values())

    @property
    def growth_per_s(self) -> float:
        """By how many orders a second those in the house became more."""
        return self._slope(lambda sample: sample.in_house)

    @property
    def growth_of_due_steps_per_s(self) -> float:
        """By how many a second the steps that are due became more."""
        return self._slope(lambda sample: sample.open_steps)

    @property
    def ageing(self) -> float:
        """By how many seconds a second the oldest due step became older."""
        return self._slope(lambda sample: sample.oldest_s)

    def _slope(self, value: Callable[[Sample], float]) -> float:
        """The slope of a straight line through the second half."""
        half = self._second_half()
        if len(half) < 2:
            return 0.0
        return statistics.linear_regression([s.at_s for s in half], [value(s) for s in half]).slope

    def _second_half(self) -> list[Sample]:
        return [s for s in self.samples if self.seconds / 2 <= s.at_s <= self.seconds]

    @property
    def is_sustained(self) -> bool:
        served = _served(self.posted, 202) and _served(self.pages, 200)
        grows = max(self.growth_per_s / self.per_s, self.growth_of_due_steps_per_s / self.per_s, self.ageing)
        half = self._second_half()
        return served and grows <= GROWTH and len(half) >= LEAST_LOOKS and max(s.uncounted_s for s in half) <= STALE_S


def _served(answers: clients.Answers, status: int) -> bool:
    """Whether there were any, each was answered so, and 99 of 100 in time."""
    return set(answers.statuses) == {status} and clients.percentile_ms(answers.times_s, 0.99) < LATE_MS


@dataclass(slots=True)
class Numbers:
    """The next orders' numbers."""

    first: int = 0

    def take(self, count: int) -> int:
        """The first of so many."""
        self.first += count
        return self.first - count


def hold(product: House, per_s: float, seconds: float, numbers: Numbers, *, patient: bool = False) -> Window:
    """Let orders come at this pace for so long, and look at the house every few seconds; `patient`: see `clients.Load`."""
    made, window = product.made, Window(per_s, seconds)
    count = int(per_s * seconds / POSTERS)
    loads = [
        clients.Load(
            made.web_port, product.seeded.sku_codes, numbers.take(count), count, per_s / POSTERS, patient=patient
        )
        for _ in range(POSTERS)
    ]
    readings = [
        clients.Reading(made.web_port, memory.LOGIN, memory.PASSWORD, paths, 2, seconds)
        for paths in (("/orders", "/orders?status=open"), ("/", "/worklist"))
    ]
    started, spender = time.monotonic(), Spent(made)
    with clients.started(clients.post_orders, loads) as posted, clients.started(clients.turn_pages, readings) as read:
        while (at_s := time.monotonic() - started) < seconds:
            window.samples.append(_look(product, at_s))
            spender.look()
            time.sleep(min(EVERY_S, max(0.1, seconds - at_s)))
        window.spent = spender.by_whom()
        window.posted, window.pages = posted(), read()
    window.samples.append(_look(product, time.monotonic() - started))
    return window


def _look(product: House, at_s: float) -> Sample:
    product.made.require_running()
    with product.made.database.transaction() as session:
        row = session.execute(_BACKLOG, {"calls": list(CALLS)}).one()
        oldest = session.execute(_UNCOUNTED).scalar()
    in_house = waiting.count(product.made, _IN_HOUSE)
    pss = sum(cpu.pss_mib(roots) for roots in product.parts.values())
    uncounted_s = 0.0 if oldest is None else (datetime.now(UTC) - ids.made_at(oldest)).total_seconds()
    return Sample(at_s, int(row.open), float(row.oldest_s), in_house, pss, uncounted_s)


def until_empty(made: Ground) -> None:
    """Wait until everything in the house is shipped."""

    def is_empty() -> bool:
        made.require_running()
        return waiting.count(made, _IN_HOUSE) == 0

    waiting.until(made, is_empty, "the house is empty", timeout_s=600, every_s=1)
