"""KPIs at size: what folding an order costs, and how long 24 months take to read; the limit is the bare query of the sums.

Orders of eight channels walk through the product's services and are copied over 24 months with their steps (`growth_fill`), some
generations in each month. What one seed cannot have is dealt out over the copies: sixty people who picked, checked and judged,
four warehouses, four carriers. They are folded by the product's own fold, and one month is counted anew and compared.

The steps of five million orders would not fit the disk, so the sums are multiplied: `kpi_count` has one row for each month,
figure and value of a dimension, so as many for fourteen thousand orders as for five million of the same house, and reading it
costs by its rows; only the numbers in them are larger. The page of lines behind a figure is read from the lines that are there,
by key: it is shown beside the rest and stands for no more orders than were folded.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import clients, cpu, growth_fill, growth_seed, listed_company
from bench.ground import Ground, ground
from bench.rounds import in_turns
from oms import db
from oms.clock import Month, month_of
from oms.inventory.models import Warehouse
from oms.journey import calendar_store
from oms.kpi import fold, monthly
from oms.kpi.report import Report, month_report
from oms.kpi.values import Figure
from oms.parties.models import Carrier
from workers import process

MONTHS, ROUNDS = 24, 40
#: Readings of a turn: CPU time comes in ticks of 10 ms.
READINGS, BARE_READINGS, TURNS = 60, 200, 5
#: Orders of the seed by channel; few, so that every month has several generations of copies.
_SHARES = (10, 4, 2, 2, 1, 1, 1, 1)
_MULTIPLY = text("""
    UPDATE kpi_count SET lines = lines * :f, hit = hit * :f, "of" = "of" * :f, caught = caught * :f, escaped = escaped * :f
""")
#: Who did what, where, and who carried it: by the hash of an id, so the same in each run.
_DEALT = (
    """INSERT INTO staff (id, login, name, roles, team, language, password_hash, active, failed_logins, created_at)
       SELECT gen_random_uuid(), 'person-' || n, 'Person ' || n, '[]', '', 'en', '', true, 0, now() FROM generate_series(1, 60) n""",
    """UPDATE step SET finished_by = 'person-' || 1 + (hashtext(subject_id::text) & 65535) % 60
       WHERE kind IN ('pick', 'pack', 'review', 'hand_over') AND state = 'done'""",
    """UPDATE orders SET entered_by = 'person-' || 1 + (hashtext(id::text) & 65535) % 60""",
    """UPDATE fulfilment SET warehouse_id = w.ids[1 + (hashtext(id::text) & 65535) % 4], carrier_id = c.ids[1 + (hashtext(id::text) & 65535) % 4]
       FROM (SELECT array_agg(id ORDER BY code) AS ids FROM warehouse) w, (SELECT array_agg(id ORDER BY name) AS ids FROM carrier) c""",
    """UPDATE parcel SET carrier_id = f.carrier_id FROM fulfilment f WHERE f.id = parcel.fulfilment_id""",
)
_BARE = text("""
    SELECT month, kpi, value, hit, "of" FROM kpi_count WHERE month BETWEEN :first AND :last AND dimension IN ('', 'channel')
""")

# Orders, and messages whose step was opened before there was an order.
_UNITS = text("SELECT coalesce(order_id, subject_id) AS id FROM step UNION SELECT id FROM orders ORDER BY id")


def run(*, orders: int = 14_000, of: int = 5_000_000) -> dict[str, float]:
    """Copy and fold `orders` orders, make the sums those of `of`, and read 24 months of them; return the figures."""
    with ground() as made:
        process.calm_collector()  # as the workers do
        seeded = listed_company.seed(made, _SHARES)
        growth_seed.complete(made, seeded, range(20_000_000, 20_000_060))
        _forget(made)
        growth_fill.fill(made, orders=orders, with_history=True)
        _deal_out(made)
        figures = _fold(made)
        figures["lines_differ"] = float(_differences(made))
        if figures["lines_differ"]:
            raise SystemExit("the fold and the count anew differ")
        with made.database.transaction() as session:
            factor = max(1, of // int(figures["orders"]))
            session.execute(_MULTIPLY, {"f": factor})
            figures["orders_in_sums"] = figures["orders"] * factor
            figures["sum_rows"] = float(session.execute(text("SELECT count(*) FROM kpi_count")).scalar_one())
        return figures | _read(made)


def _forget(made: Ground) -> None:
    """What the seed touched is folded with everything else."""
    with made.database.transaction() as session:
        session.execute(text("DELETE FROM touched"))


def _deal_out(made: Ground) -> None:
    """More people, warehouses and carriers than the seed has."""
    with made.database.transaction() as session:
        for n in range(1, 4):
            place = {"address": {"country": "CN"}, "country": "CN"}
            session.add(Warehouse(code=f"B{n}", name_en=f"Bench {n}", name_zh=f"基准仓{n}", **place))
            session.add(Carrier(name=f"bench-{n}", source="sandbox", base_url="http://127.0.0.1:1", api_key="x" * 16))
        session.flush()
        for statement in _DEALT:
            session.execute(text(statement))


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


def _figures(session: Session, month: Month) -> list[Figure]:
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
    group = ("channel", "bench")
    behind = {"month": last.previous(), "kpi": "on_time", "group": group, "limit": 50, "now": now, "at_once": 0}
    site = listed_company.site(made)
    works: dict[str, Callable[[Session], object]] = {
        "bare": lambda s: s.execute(_BARE, {"first": str(first), "last": str(last)}).all(),
        "months": lambda s: monthly.figures_between(s, first=first, last=last, dimension="channel"),
        "lines": lambda s: monthly.lines_of(s, **behind),  # type: ignore[arg-type]
        "api_months": lambda s: site.get("/api/v1/kpi", "dimension=channel"),
        "page_of_a_month": lambda s: site.get(f"/kpi/{last.previous()}", "by=person"),
    }
    if len(span) < MONTHS:
        raise SystemExit(f"only {len(span)} of {MONTHS} months have figures")
    figures = {"months": float(len(span))}
    reads = {name: partial(_reading, made, work) for name, work in works.items()}
    for name, read in reads.items():
        figures |= _timed(made, name, read)
    paired = in_turns(
        lambda: _cpu_ms(made, reads["months"], READINGS),
        lambda: _cpu_ms(made, reads["bare"], BARE_READINGS),
        rounds=TURNS,
    )
    turns = {"months_cpu_ms": paired.product, "bare_cpu_ms": paired.limit, "ratio_to_limit": paired.ratio}
    return figures | turns | {"p50_ms": figures["months_ms"], "p99_ms": figures["months_p99_ms"]}


def _reading(made: Ground, work: Callable[[Session], object]) -> float:
    """Seconds of one reading."""
    began = time.perf_counter()
    with made.database.transaction() as session:
        work(session)
    return time.perf_counter() - began


def _timed(made: Ground, name: str, read: Callable[[], float]) -> dict[str, float]:
    """What one reading takes, in ms of the clock and of CPU."""
    walls: list[float] = []
    cpu_ms = _cpu_ms(made, lambda: walls.append(read()), ROUNDS)
    shares = {"ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    figures = {f"{name}_{words}": clients.percentile_ms(walls, share) for words, share in shares.items()}
    return figures | {f"{name}_cpu_ms": cpu_ms}


def _cpu_ms(made: Ground, read: Callable[[], object], times: int) -> float:
    """CPU ms of one reading, of this process and the servers, over so many."""
    servers, python = cpu.cpu_ms(made.servers), time.process_time()
    for _ in range(times):
        read()
    return ((time.process_time() - python) * 1000 + cpu.cpu_ms(made.servers) - servers) / times
