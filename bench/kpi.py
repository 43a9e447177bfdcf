"""KPIs at size: what folding an order costs, and how long 24 months take to read; the limit is the bare query of the sums.

Orders walk through the product's services and are copied over 24 months with their steps (`growth_fill`). They are folded by
the product's own fold, and one month is counted anew from its facts and compared line by line. For sizes whose steps would
not fit the disk the sums are multiplied: reading them costs by their rows, which are as many for any number of orders.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import cpu, growth_fill, growth_seed, listed_company
from bench.ground import Ground, ground
from oms import db
from oms.clock import Month, month_of
from oms.journey import calendar_store
from oms.kpi import fold, monthly
from oms.kpi.report import Report, month_report
from workers import process

LIMIT_MS = 20.0
MONTHS, ROUNDS = 24, 40
_BARE = text("""
    SELECT month, kpi, value, hit, "of" FROM kpi_count WHERE month BETWEEN :first AND :last AND dimension IN ('', 'channel')
""")

# Orders, and messages whose step was opened before there was an order.
_UNITS = text("SELECT coalesce(order_id, subject_id) AS id FROM step UNION SELECT id FROM orders ORDER BY id")


def run(*, orders: int = 3_000, of: int = 5_000_000) -> dict[str, float]:
    """Copy and fold `orders` orders, make the sums those of `of`, and read 24 months of them; return the figures."""
    with ground() as made:
        process.calm_collector()  # as the workers do
        seeded = listed_company.seed(made)
        growth_seed.complete(made, seeded, range(20_000_000, 20_000_100))
        _forget(made)
        growth_fill.fill(made, orders=orders, with_history=True)
        figures = _fold(made)
        figures["lines_differ"] = float(_differences(made))
        if figures["lines_differ"]:
            raise SystemExit("the fold and the count anew differ")
        with made.database.transaction() as session:
            factor = max(1, of // int(figures["orders"]))
            session.execute(text('UPDATE kpi_count SET hit = hit * :f, "of" = "of" * :f'), {"f": factor})
            figures["orders_in_sums"] = figures["orders"] * factor
            figures["sum_rows"] = float(session.execute(text("SELECT count(*) FROM kpi_count")).scalar_one())
        return figures | _read(made)


def _forget(made: Ground) -> None:
    """What the seed touched is folded with everything else."""
    with made.database.transaction() as session:
        session.execute(text("DELETE FROM touched"))


def _fold(made: Ground) -> dict[str, float]:
    """Fold every order as if all of it had just changed; then again, when nothing has."""
    with made.database.transaction() as session:
        ids = list(session.execute(_UNITS).scalars())
        orders = int(session.execute(text("SELECT count(*) FROM orders")).scalar_one())
        facts = int(session.execute(text("SELECT count(*) FROM step")).scalar_one())
    figures = {"orders": float(orders), "facts": float(facts)}
    for name in ("fold", "fold_again"):
        python, postgres = time.process_time(), cpu.cpu_ms(made.roots)
        for batch in _batches(ids):
            with made.database.transaction() as session:
                now = db.now(session)
                fold.hold(session, now=now)
                fold.fold_units(session, units=batch, now=now)
        python, postgres = (time.process_time() - python) * 1000, cpu.cpu_ms(made.roots) - postgres
        figures[f"{name}_cpu_us_per_order"] = (python + postgres) * 1000 / orders
        figures[f"{name}_of_it_python_us"] = python * 1000 / orders
    return figures


def _batches(ids: list[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    for start in range(0, len(ids), fold.BATCH):
        yield ids[start : start + fold.BATCH]


def _differences(made: Ground) -> int:
    """Lines and sums of the month of the middle order that are not those of a count anew."""
    with made.database.transaction() as session:
        now = db.now(session)
        middle = "SELECT received_at FROM orders ORDER BY received_at OFFSET (SELECT count(*) / 2 FROM orders) LIMIT 1"
        month = month_of(session.execute(text(middle)).scalar_one(), calendar_store.zone_of(session))
        anew = _told(month_report(session, month=month, now=now))
        kept = _told(monthly.with_lines(session, month=month, counted_at=now, provisional=True))
        sums = {(f.kpi, f.group): (f.hit, f.of) for f in _figures(session, month)}
        counted = {key: value[:2] for key, value in anew.items()}
        return len(anew.items() ^ kept.items()) + len(
            {key: value for key, value in counted.items() if value[1]}.items()
            ^ {k: v for k, v in sums.items() if v[1]}.items()
        )


def _told(report: Report) -> dict[object, tuple[object, ...]]:
    return {(f.kpi, f.group): (f.hit, f.of, f.lines) for f in report.figures}


def _figures(session: Session, month: Month) -> list[monthly.Figure]:
    return monthly.figures_between(session, first=month, last=month).get(str(month), [])


def _read(made: Ground) -> dict[str, float]:
    """24 months of the company and by channel, against the bare query in turn; a page of the lines behind a figure."""
    with made.database.transaction() as session:
        now = db.now(session)
        last = month_of(now, calendar_store.zone_of(session))
        first = last
        for _ in range(MONTHS - 1):
            first = first.previous()
        span = monthly.figures_between(session, first=first, last=last)
    walls: dict[str, list[float]] = {"floor": [], "months": [], "lines": []}
    group = ("channel", "bench")
    behind = {"month": last.previous(), "kpi": "on_time", "group": group, "limit": 50, "now": now, "at_once": 0}
    works: dict[str, Callable[[Session], object]] = {
        "floor": lambda s: s.execute(_BARE, {"first": str(first), "last": str(last)}).all(),
        "months": lambda s: monthly.figures_between(s, first=first, last=last, dimension="channel"),
        "lines": lambda s: monthly.lines_of(s, **behind),  # type: ignore[arg-type]
    }
    used = dict.fromkeys(walls, 0.0)
    for name in list(works) * 2:
        postgres, python = cpu.cpu_ms(made.roots), time.process_time()
        for _ in range(ROUNDS // 2):
            began = time.perf_counter()
            with made.database.transaction() as session:
                works[name](session)
            walls[name].append((time.perf_counter() - began) * 1000)
        used[name] += (time.process_time() - python) * 1000 + cpu.cpu_ms(made.roots) - postgres
    figures = {"months": float(len(span))}
    for name, own in walls.items():
        figures |= {f"{name}_ms": statistics.median(own), f"{name}_p95_ms": statistics.quantiles(own, n=20)[18]}
        figures[f"{name}_cpu_ms"] = used[name] / len(own)
    return figures | {"ratio_to_floor": figures["months_cpu_ms"] / figures["floor_cpu_ms"]}
