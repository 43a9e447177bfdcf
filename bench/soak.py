"""Memory over very many orders: the whole product takes, ships and forgets them; its memory must stay flat.

Orders come in portions at a set pace and go their whole life; after each portion, with nothing left in the house, memory is
looked at. A web process is replaced after its `max_requests`, and shops whose connection ends with it come again. The first
tenth warms up: caches fill, pools open. The figure is the last tenth against the one after the first.
"""

from __future__ import annotations

import statistics
import sys

from bench import cpu, memory
from bench.memory import House
from bench.window import Numbers, hold, until_empty


def run(*, orders: int = 1_000_000, per_s: float = 250, portions: int = 50) -> dict[str, float]:
    """PSS in MiB after each portion, and by how many percent it grew after the warm-up."""
    with memory.house(worker=("bench.mixed_workers",)) as product:
        product.parts["warehouse"] = [
            product.made.start("bench.mixed_hands", str(product.seeded.warehouse_id)).pid,
        ]
        numbers, portion = Numbers(), orders // portions
        taken: list[dict[str, float]] = []
        for number in range(portions):
            held = hold(product, per_s, portion / per_s, numbers, patient=True)
            until_empty(product.made)
            if set(held.posted.statuses) != {202}:
                raise SystemExit(f"the orders of portion {number + 1} were answered {held.posted.statuses}")
            taken.append(_look(product))
            weight = sum(taken[-1].values())
            print(f"  {portion * (number + 1):,} orders: {weight:.1f} MiB", file=sys.stderr, flush=True)
        return _figures(taken, portion)


def _look(product: House) -> dict[str, float]:
    return {name: cpu.pss_mib(roots) for name, roots in product.parts.items()}


def _figures(taken: list[dict[str, float]], portion: int) -> dict[str, float]:
    sums = [sum(parts.values()) for parts in taken]
    tenth = max(1, len(sums) // 10)
    first, last = statistics.median(sums[tenth : 2 * tenth] or sums[:1]), statistics.median(sums[-tenth:])
    return {
        "orders": float(portion * len(taken)),
        "pss_mib_after_warm_up": first,
        "pss_mib_at_end": last,
        "growth_percent": (last / first - 1) * 100,
        **{f"of_it_{name}_mib": value for name, value in taken[-1].items()},
        **{f"pss_mib_after_{portion * (n + 1)}": value for n, value in enumerate(sums)},
    }
