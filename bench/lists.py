"""Order lists at size: any filter, any page, as query, API answer and HTML page; the limit is one bare page by key.

The database holds copies of orders that walked through the product's services (`growth_fill`), in every state, over 24
months and eight channels; besides, what is rare is made rare: three orders held, one SKU sold once, one in every second order.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from bench import cpu, growth_fill, listed_company
from bench.ground import Ground, ground
from oms.orders import browsing
from oms.orders.browsing import Key, Wanted

#: Pages of each filter and place, and of each kind: CPU time comes in ticks of 10 ms.
ROWS, ROUNDS = 50, 12
#: The bare page takes a third of a millisecond, and CPU time comes in ticks of 10 ms.
BARE_ROUNDS = 40
_BARE = text("""
    SELECT id, number, status, total FROM orders WHERE (received_at, id) < (:at, :id)
    ORDER BY received_at DESC, id DESC LIMIT 50
""")


@dataclass(slots=True)
class Meter:
    """Milliseconds of each page, and the CPU ms of all of them: of this process, and of PostgreSQL."""

    made: Ground
    walls: list[float] = field(default_factory=list)
    python: float = 0.0
    postgres: float = 0.0

    def read(self, pages: list[Callable[[], Any]]) -> Meter:
        """Make every page; PostgreSQL's CPU is read once around them all, since its clock ticks in hundredths."""
        postgres = cpu.cpu_ms(self.made.roots)
        for make in pages:
            began, python = time.perf_counter(), time.process_time()
            make()
            self.walls.append((time.perf_counter() - began) * 1000)
            self.python += (time.process_time() - python) * 1000
        self.postgres += cpu.cpu_ms(self.made.roots) - postgres
        return self

    @property
    def cpu_ms(self) -> float:
        return (self.python + self.postgres) / max(1, len(self.walls))

    @property
    def p95_ms(self) -> float:
        return statistics.quantiles(self.walls, n=20)[18]

    @property
    def p99_ms(self) -> float:
        return statistics.quantiles(self.walls, n=100)[98]


def run(*, orders: int = 100_000) -> dict[str, float]:
    """Fill a database with `orders` orders without their history and read pages of every filter; return the figures."""
    with ground() as made:
        listed_company.seed(made)
        filled = growth_fill.fill(made, orders=orders, with_history=False)
        listed_company.make_rare(made)
        return {"orders": float(filled.copied + filled.added), "fill_s": filled.seconds} | measure(made)


def measure(made: Ground) -> dict[str, float]:
    """Pages of every filter, at the front, in the middle and deep, against a bare page by key in the same minutes."""
    keys, site = _keys(made), listed_company.site(made)
    totals = {kind: Meter(made) for kind in ("bare", "query", "api", "html")}
    by_filter: dict[str, dict[str, float]] = {kind: {} for kind in ("query", "api", "html")}
    for name, wanted in listed_company.filters(made).items():
        pages: dict[str, list[Callable[[], Any]]] = {
            "query": [_query(made, wanted, key) for key in keys for _ in range(ROUNDS)],
            "api": [site.page("api", wanted, key) for key in keys for _ in range(ROUNDS)],
            "html": [site.page("html", wanted, key) for key in keys for _ in range(ROUNDS)],
        }
        for kind, made_pages in pages.items():
            own = Meter(made).read(made_pages)
            by_filter[kind][name] = own.cpu_ms
            _add(totals[kind], own)
        totals["bare"].read([_bare(made, key) for key in keys for _ in range(BARE_ROUNDS)])
    return _figures(totals, by_filter)


def _figures(totals: dict[str, Meter], by_filter: dict[str, dict[str, float]]) -> dict[str, float]:
    """What any filter costs is what the dearest costs; the ratio is that of all pages, whose ticks are many."""
    figures: dict[str, float] = {}
    for kind, meter in totals.items():
        figures |= {f"{kind}_cpu_ms": meter.cpu_ms, f"{kind}_p50_ms": statistics.median(meter.walls)}
        figures |= {f"{kind}_p95_ms": meter.p95_ms, f"{kind}_p99_ms": meter.p99_ms}
    worst = {f"{kind}_worst_filter_cpu_ms": max(costs.values()) for kind, costs in by_filter.items()}
    figures["cpu_ms_per_page"] = max(worst["api_worst_filter_cpu_ms"], worst["html_worst_filter_cpu_ms"])
    figures["ratio_to_limit"] = max(totals["api"].cpu_ms, totals["html"].cpu_ms) / totals["bare"].cpu_ms
    figures |= {f"{kind}_cpu_ms: {name}": ms for kind, costs in by_filter.items() for name, ms in costs.items()}
    return figures | worst


def _add(total: Meter, own: Meter) -> None:
    total.walls += own.walls
    total.python += own.python
    total.postgres += own.postgres


def _keys(made: Ground) -> list[Key | None]:
    """The front, and a key at a tenth, half and nine tenths of the way back."""
    with made.database.transaction() as session:
        first, last = session.execute(text("SELECT min(received_at), max(received_at) FROM orders")).one()
        at = text(
            "SELECT received_at, id FROM orders WHERE received_at <= :at ORDER BY received_at DESC, id DESC LIMIT 1"
        )
        deep = [session.execute(at, {"at": last - (last - first) * part}).one() for part in (0.1, 0.5, 0.9)]
    return [None, *((row.received_at, row.id) for row in deep)]


def _query(made: Ground, wanted: Wanted, key: Key | None) -> Callable[[], Any]:
    def make() -> Any:
        with made.database.transaction() as session:
            return browsing.listed(session, wanted=wanted, limit=ROWS, after=key)

    return make


def _bare(made: Ground, key: Key | None) -> Callable[[], Any]:
    after = key or browsing._FIRST

    def make() -> Any:
        with made.database.transaction() as session:
            return session.execute(_BARE, {"at": after[0], "id": after[1]}).all()

    return make
