"""Everything at once: orders by webhook, their whole life to shipped, people who turn over list pages.

The pace of the orders is set by the clock (`window.py`, which says when it is sustained). Without a pace the highest sustained one
is looked for first, in short windows, then held for the whole time. The limit is the bare server of `bare_server.py` and the five
bare stages of `limit_stages.py`, on a ground of their own before and after, since the product is never idle here. `statements`
tells the dearest so many of the server's statements, which costs some time of its own.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

from bench import bare_server, clients, limit_stages, memory, spent
from bench.goods import CODES
from bench.ground import ground
from bench.memory import House
from bench.window import Numbers, Window, hold, until_empty

LIMIT_REQUESTS = 8000


def run(
    *, seconds: float = 600, per_s: float = 0, highest: float = 700, window_s: float = 40, statements: int = 0
) -> dict[str, float]:
    """Hold `per_s` orders a second (0: the highest sustained, at most `highest`) for `seconds`; the figures."""
    preload = spent.LIBRARY if statements else ""
    limit_ms = _limit_ms()
    with memory.house(worker=("bench.mixed_workers",), preload=preload) as product:
        made = product.made
        product.parts["warehouse"] = [made.start("bench.mixed_hands", str(product.seeded.warehouse_id)).pid]
        numbers = Numbers()
        hold(product, 50, 20, numbers)
        until_empty(made)
        tried = per_s or _search(product, highest, window_s, numbers)
        with spent.statements_told(made, statements, orders=tried * seconds):
            held = hold(product, tried, seconds, numbers)
    return _figures(held, (limit_ms + _limit_ms()) / 2)


def _limit_ms() -> float:
    """CPU ms an order of a bare server that stores it and five bare stages, with nothing beside them."""
    with ground() as made:
        stages_ms = limit_stages.in_batches_cpu_ms(made)
        with bare_server.running(made, CODES) as bare:
            return stages_ms + bare.cpu_ms(CODES, range(LIMIT_REQUESTS))


def _search(product: House, highest: float, window_s: float, numbers: Numbers) -> float:
    """The highest sustained pace, to a tenth: halved from above until one is held, then narrowed."""
    low, high = 0.0, highest
    tried = highest
    while low == 0.0 or high - low > low / 10:
        window = hold(product, tried, window_s, numbers)
        print(
            f"  {tried:.0f}/s: growing by {window.growth_per_s:.1f}/s, {'held' if window.is_sustained else 'not held'}"
        )
        until_empty(product.made)
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
        "limit_ms": limit_ms,
        "ratio_to_limit": held.cpu_ms / orders / limit_ms,
        "p50_ms": clients.percentile_ms(held.posted.times_s, 0.5),
        "p99_ms": clients.percentile_ms(held.posted.times_s, 0.99),
        "pages_p95_ms": clients.percentile_ms(held.pages.times_s, 0.95),
        "pages_not_200": float(sum(n for status, n in held.pages.statuses.items() if status != 200)),
        "orders_not_202": float(sum(n for status, n in held.posted.statuses.items() if status != 202)),
        "growth_orders_per_s": held.growth_per_s,
        "growth_due_steps_per_s": held.growth_of_due_steps_per_s,
        "ageing_of_oldest_due_step": held.ageing,
        "in_house_half_way": float(last[0].in_house),
        "in_house_at_end": float(held.samples[-1].in_house),
        "open_due_steps": middle([float(s.open_steps) for s in last]),
        "oldest_due_step_s": max(s.oldest_s for s in last),
        "oldest_uncounted_s": max(s.uncounted_s for s in last),
        "peak_pss_mib": max(s.pss_mib for s in held.samples),
        **{
            f"in_house_after_{s.at_s:.0f}_s": float(s.in_house)
            for s in held.samples[:: max(1, len(held.samples) // 20)]
        },
    }
