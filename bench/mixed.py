"""Everything at once: orders by webhook, their whole life to shipped, people who turn over list pages.

The pace of the orders is set by the clock. It is sustained when the orders shipped keep up with the orders posted: the backlog
(open steps that are due, and how long the oldest has been) is sampled and must not grow. Without a pace the highest
sustained one is looked for first, in short windows, then held for the whole time. `statements` tells the dearest so many of
the server's statements, which costs some time of its own.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import text

from bench import clients, cpu, floor, memory, spent
from bench.ground import Ground
from bench.memory import House
from bench.mixed_workers import CALLS
from bench.spent import Spent

POSTERS = 2
EVERY_S = 5.0
#: So many orders a second may the backlog grow, in parts of the pace, before the pace counts as not sustained.
GROWTH = 0.02
_BACKLOG = text("""
    SELECT count(*) AS open, coalesce(extract(epoch FROM clock_timestamp() - min(run_after)), 0) AS oldest_s
    FROM step WHERE performer = 'system' AND state IN ('open', 'claimed') AND run_after <= clock_timestamp()
      AND NOT kind = ANY(CAST(:calls AS text[]))
""")
_IN_HOUSE = text("""
    SELECT (SELECT count(*) FROM orders WHERE fulfilment_status <> 'shipped')
         + (SELECT count(*) FROM step WHERE kind = 'accept' AND state IN ('open', 'claimed'))
""")


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: seconds since the start, due steps, age of the oldest, orders stored and not yet shipped, memory."""

    at_s: float
    open_steps: int
    oldest_s: float
    in_house: int
    pss_mib: float


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
        """By how many orders a second those in the house became more in the second half: the slope of a straight line."""
        half = [s for s in self.samples if s.at_s >= self.seconds / 2 and s.at_s <= self.seconds]
        return (
            statistics.linear_regression([s.at_s for s in half], [s.in_house for s in half]).slope if half[1:] else 0.0
        )

    @property
    def is_sustained(self) -> bool:
        stored = self.posted.statuses.get(202, 0) == sum(self.posted.statuses.values())
        kept_pace = clients.percentile_ms(self.posted.times_s, 0.99) < 2000
        return stored and kept_pace and self.growth_per_s <= self.per_s * GROWTH


def run(
    *, seconds: float = 600, per_s: float = 0, highest: float = 700, window_s: float = 40, statements: int = 0
) -> dict[str, float]:
    """Hold `per_s` orders a second (0: the highest sustained, at most `highest`) for `seconds`; the figures."""
    preload = spent.LIBRARY if statements else ""
    with memory.house(worker=("bench.mixed_workers",), preload=preload) as product:
        made = product.made
        product.parts["floor"] = [made.start("bench.mixed_hands", str(product.seeded.warehouse_id)).pid]
        numbers = _Numbers()
        _hold(product, 50, 20, numbers)
        _empty(made)
        tried = per_s or _search(product, highest, window_s, numbers)
        limit_ms = floor.insert_cpu_ms(made)
        with spent.statements_told(made, statements, orders=tried * seconds):
            held = _hold(product, tried, seconds, numbers)
        limit_ms = (limit_ms + floor.insert_cpu_ms(made)) / 2
        return _figures(held, limit_ms)


@dataclass(slots=True)
class _Numbers:
    first: int = 0

    def take(self, count: int) -> int:
        self.first += count
        return self.first - count


def _search(product: House, highest: float, window_s: float, numbers: _Numbers) -> float:
    """The highest sustained pace, to a tenth: halved from above until one is held, then narrowed."""
    low, high = 0.0, highest
    tried = highest
    while low == 0.0 or high - low > low / 10:
        window = _hold(product, tried, window_s, numbers)
        print(
            f"  {tried:.0f}/s: growing by {window.growth_per_s:.1f}/s, {'held' if window.is_sustained else 'not held'}"
        )
        _empty(product.made)
        if window.is_sustained:
            low = tried
            if tried == highest:
                return highest
        else:
            high = tried
        tried = (low + high) / 2 if low else high / 2
        if tried < 5:
            return tried
    return low


def _hold(product: House, per_s: float, seconds: float, numbers: _Numbers) -> Window:
    made, window = product.made, Window(per_s, seconds)
    count = int(per_s * seconds / POSTERS)
    loads = [
        clients.Load(made.web_port, product.seeded.sku_codes, numbers.take(count), count, per_s / POSTERS)
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
        in_house = session.execute(_IN_HOUSE).scalar_one()
    pss = sum(cpu.pss_mib(roots) for roots in product.parts.values())
    return Sample(at_s, int(row.open), float(row.oldest_s), int(in_house), pss)


def _empty(made: Ground, timeout_s: float = 600) -> None:
    """Wait until everything in the house is shipped."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        made.require_running()
        with made.database.transaction() as session:
            if session.execute(_IN_HOUSE).scalar_one() == 0:
                return
        time.sleep(1)
    raise SystemExit("the house does not become empty")


def _figures(held: Window, limit_ms: float) -> dict[str, float]:
    orders = held.per_s * held.seconds
    middle: Callable[[list[float]], float] = statistics.median
    last = [s for s in held.samples if s.at_s >= held.seconds / 2]
    return {
        "orders_per_s": held.per_s if held.is_sustained else 0.0,
        "orders_per_s_tried": held.per_s,
        "seconds": held.seconds,
        "cpu_ms_per_order": held.cpu_ms / orders,
        **{f"of_it_{who}_ms": ms / orders for who, ms in held.spent.items()},
        "limit_insert_ms": limit_ms,
        "ratio_to_floor": held.cpu_ms / orders / limit_ms,
        "p50_ms": clients.percentile_ms(held.posted.times_s, 0.5),
        "p99_ms": clients.percentile_ms(held.posted.times_s, 0.99),
        "pages_p95_ms": clients.percentile_ms(held.pages.times_s, 0.95),
        "pages_not_200": float(sum(n for status, n in held.pages.statuses.items() if status != 200)),
        "orders_not_202": float(sum(n for status, n in held.posted.statuses.items() if status != 202)),
        "growth_orders_per_s": held.growth_per_s,
        "in_house_half_way": float(last[0].in_house),
        "in_house_at_end": float(held.samples[-1].in_house),
        "open_due_steps": middle([float(s.open_steps) for s in last]),
        "oldest_due_step_s": max(s.oldest_s for s in last),
        "peak_pss_mib": max(s.pss_mib for s in held.samples),
        **{
            f"in_house_after_{s.at_s:.0f}_s": float(s.in_house)
            for s in held.samples[:: max(1, len(held.samples) // 20)]
        },
    }
