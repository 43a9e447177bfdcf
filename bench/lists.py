"""Order lists at size: any filter, any page, as query, API answer and HTML page; the limit is one bare page by key.

The database holds copies of orders that walked through the product's services (`growth_fill`), in every state, over 24
months and eight channels; besides, what is rare is made rare: three orders held, one SKU sold once, one in every second order.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bench import cpu, growth_customers, growth_fill, growth_seed, listed_company
from bench.ground import Ground, ground
from bench.listed_company import HALF, ONCE
from oms import db
from oms.orders import browsing
from oms.orders.browsing import Key, Wanted

LIMIT_CPU_MS, LIMIT_P95_MS = 8.0, 10.0
ROWS, ROUNDS = 50, 12
_BARE = text(
    "SELECT id, number, status, total FROM orders WHERE (received_at, id) < (:at, :id)"
    " ORDER BY received_at DESC, id DESC LIMIT 50"
)


@dataclass(slots=True)
class Meter:
    """Milliseconds of each page, and the CPU ms of all of them: of this process, and of PostgreSQL."""

    made: Ground
    walls: list[float] = field(default_factory=list)
    python: float = 0.0
    postgres: float = 0.0

    def times(self, pages: list[Callable[[], Any]]) -> None:
        """Make every page; PostgreSQL's CPU is read once around them all, since its clock ticks in hundredths."""
        postgres = cpu.cpu_ms(self.made.roots)
        for make in pages:
            began, python = time.perf_counter(), time.process_time()
            make()
            self.walls.append((time.perf_counter() - began) * 1000)
            self.python += (time.process_time() - python) * 1000
        self.postgres += cpu.cpu_ms(self.made.roots) - postgres

    @property
    def cpu_ms(self) -> float:
        return (self.python + self.postgres) / max(1, len(self.walls))

    @property
    def p95_ms(self) -> float:
        return statistics.quantiles(self.walls, n=20)[18]


def run(*, orders: int = 100_000) -> dict[str, float]:
    """Fill a database with `orders` orders without their history and read pages of every filter; return the figures."""
    with ground() as made:
        seeded = listed_company.seed(made)
        filled = growth_fill.fill(made, orders=orders, with_history=False)
        listed_company.make_rare(made)
        figures = {"orders": float(filled.copied + filled.added), "fill_s": filled.seconds}
        figures |= measure(made, listed_company.filters(made, seeded))
    return figures


def measure(made: Ground, filters: dict[str, Wanted]) -> dict[str, float]:
    """Pages of every filter, at the front, in the middle and deep, against a bare page by key in the same minute."""
    keys = _keys(made)
    site = listed_company.site(made)
    figures: dict[str, float] = {}
    bare = Meter(made)
    for meter, pages in _interleaved(made, filters, keys, bare):
        meter.times(pages)
    by_filter, worst = {}, Meter(made)
    query, api, html = Meter(made), Meter(made), Meter(made)
    for name, wanted in filters.items():
        own = Meter(made)
        own.times([_page(made, wanted, key) for key in keys for _ in range(ROUNDS)])
        by_filter[name] = own
        for meter, kind in ((api, "api"), (html, "html")):
            meter.times([site.page(kind, wanted, key) for key in keys for _ in range(ROUNDS // 3)])
        query.walls += own.walls
        query.python, query.postgres = query.python + own.python, query.postgres + own.postgres
        worst = max(worst, own, key=lambda one: one.cpu_ms if one.walls else 0.0)
    figures["floor_page_cpu_ms"] = bare.cpu_ms
    for kind, meter in (("query", query), ("api", api), ("html", html)):
        figures |= {f"{kind}_cpu_ms": meter.cpu_ms, f"{kind}_p50_ms": statistics.median(meter.walls)}
        figures[f"{kind}_p95_ms"] = meter.p95_ms
    figures["cpu_ms_per_page"] = max(api.cpu_ms, html.cpu_ms)
    figures["worst_filter_cpu_ms"] = worst.cpu_ms
    figures["ratio_to_floor"] = figures["cpu_ms_per_page"] / bare.cpu_ms
    return figures | {f"query_cpu_ms:{name}": own.cpu_ms for name, own in by_filter.items()}
