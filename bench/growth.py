"""Intake and life with a million complete orders in the database against an empty one, beside the limit's own loss.

At each point (0, 0.25, 0.5, 0.75 and 1 of the orders) new orders come by webhook, one a request, then go their way to
shipped in batches, in turns with the bare limit (`limit.py`), whose own tables have grown as much. At the empty point they hold
what was measured so far: 30,000 orders of the limit a round, since CPU time comes in ticks of 10 ms. Before the next point the
database is filled with copies of orders that went the same way (bench/growth_fill.py). Who spends what of the intake is told
for each point; `statements` tells the dearest so many of the server's statements as well, which costs some time of its own.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from bench import clients, limit, lives, spent, waiting, written
from bench.goods import Company, company
from bench.ground import Ground, ground, log_tail
from bench.growth_fill import fill
from bench.spent import Spent
from oms.journey import step_sql
from workers import bindings, process

#: Requests a second of the clients: about half of what the machine can, since one that is told 503 and comes again would
#: count as the growth's.
_PACE = 600


@dataclass(slots=True)
class Point:
    """What was measured with so many orders in the database: medians of the rounds."""

    orders: int
    life_ms: list[float] = field(default_factory=list)
    limit_ms: list[float] = field(default_factory=list)
    wal_bytes: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    #: of the intake, ms an order by who spent it, in each round
    spent: list[dict[str, float]] = field(default_factory=list)

    @property
    def intake_ms(self) -> list[float]:
        return [sum(one.values()) for one in self.spent]

    def figures(self) -> dict[str, float]:
        taken = {"intake_cpu_ms": self.intake_ms, "life_cpu_ms": self.life_ms, "limit_cpu_ms": self.limit_ms}
        for who in self.spent[0]:
            taken[f"intake_of_it_{who}_ms"] = [one.get(who, 0.0) for one in self.spent]
        return {f"{name}_at_{self.orders}": statistics.median(values) for name, values in taken.items()}


def run(
    *, orders: int = 1_000_000, points: int = 4, rounds: int = 3, batch: int = 8000, statements: int = 0
) -> dict[str, float]:
    """The CPU ms at each point, and by how many points more than the limit the product lost at the last one."""
    with ground(preload=spent.LIBRARY if statements else "") as made, limit.standing(made) as bare:
        with made.database.transaction() as session:
            seeded = company(session)
        bindings.handlers("inside")
        process.calm_collector()
        numbers = _Numbers(batch, statements)
        found, copied_bytes = [Point(0)], 0.0
        _rounds(made, seeded, bare, Point(0), 1, numbers)  # a first time, so that plans and caches are there
        _rounds(made, seeded, bare, found[0], rounds, numbers)
        for number in range(points):
            before = written.database_bytes(made)
            added = fill(made, orders=orders // points, with_history=True).added
            copied_bytes = (written.database_bytes(made) - before) / added
            bare.grow(orders // points)
            _rounds(made, seeded, bare, Point(0), 1, numbers)
            found.append(Point(orders * (number + 1) // points))
            _rounds(made, seeded, bare, found[-1], rounds, numbers)
        return _figures(found) | {"database_bytes_per_order": copied_bytes}


@dataclass(slots=True)
class _Numbers:
    """The next orders' numbers, so many a round; how many statements are told of each."""

    batch: int
    statements: int = 0
    first: int = 0

    def take(self) -> int:
        self.first += self.batch
        return self.first


def _rounds(made: Ground, seeded: Company, bare: limit.Limit, point: Point, rounds: int, numbers: _Numbers) -> None:
    for _ in range(rounds):
        waiting.until_tidied_up(made)
        point.limit_ms.append(bare.cpu_ms())
        with spent.statements_told(made, numbers.statements, orders=numbers.batch):
            point.spent.append(_intake(made, seeded, numbers.take(), numbers.batch))
        wal, commits = written.wal_and_commits(made)
        point.life_ms.append(_life(made, seeded, numbers.batch))
        wal_after, commits_after = written.wal_and_commits(made)
        point.wal_bytes.append((wal_after - wal) / numbers.batch)
        point.commits.append((commits_after - commits) / numbers.batch)


def _intake(made: Ground, seeded: Company, first: int, count: int) -> dict[str, float]:
    """CPU ms an order by who spent it, from the request until the Order row stands: web, worker, PostgreSQL, Redis."""
    bind = f"127.0.0.1:{made.web_port}"
    children = [
        made.start("gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", bind, "wsgi:app"),
        made.start("bench.accept_worker"),
    ]
    try:
        made.wait_for_web()
        _post(made, seeded, first + 50_000_000, 200)
        spender = Spent(made)
        _post(made, seeded, first, count)
        return {who: ms / count for who, ms in spender.by_whom().items()}
    finally:
        made.stop(*children)


def _post(made: Ground, seeded: Company, first: int, count: int) -> None:
    loads = [
        clients.Load(made.web_port, seeded.sku_codes, first + n * count // 2, count // 2, _PACE / 2, patient=True)
        for n in range(2)
    ]
    with clients.started(clients.post_orders, loads) as posted:
        answers = posted()
    if answers.statuses != {202: count // 2 * 2}:
        raise SystemExit(f"the orders were answered {answers.statuses}: {log_tail(made)}")
    waiting.until_none_left(made, "accept")


def _life(made: Ground, seeded: Company, count: int) -> float:
    """CPU ms an order, accepted -> shipped, of the orders that the intake just brought."""
    meter = lives.live(made, seeded, range(0))
    left = waiting.count(made, f"SELECT count(*) FROM step WHERE kind = 'hand_over' AND {step_sql.RUNNING}")
    if left:
        raise SystemExit(f"{left} orders were not handed over")
    # The intake's first 200 go the same way.
    return meter.cpu_ms / (count + 200)


def _figures(found: list[Point]) -> dict[str, float]:
    """Each point's medians, and what is kept of the rate on an empty database, in percent."""
    empty, full = found[0], found[-1]

    def kept(name: str) -> float:
        return float(statistics.median(getattr(empty, name)) / statistics.median(getattr(full, name)) * 100)

    limit_kept = kept("limit_ms")
    figures = {name: value for point in found for name, value in point.figures().items()}
    for part in ("intake", "life"):
        figures |= {f"{part}_kept_percent": kept(f"{part}_ms")}
        figures |= {f"{part}_points_worse_than_limit": limit_kept - kept(f"{part}_ms")}
    return figures | {
        "limit_kept_percent": limit_kept,
        "orders_in_database": float(full.orders),
        "life_wal_bytes_per_order_empty": statistics.median(empty.wal_bytes),
        "life_wal_bytes_per_order_full": statistics.median(full.wal_bytes),
        "life_commits_per_order": statistics.median(full.commits),
    }
