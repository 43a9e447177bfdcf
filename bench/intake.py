"""Intake, one order a request: from the signed webhook until the Order row stands.

Client processes post over kept connections while the product runs as it does anywhere: gunicorn, workers,
PostgreSQL with fsync. Counted is the CPU of the product and PostgreSQL, not of the clients. The limit is a bare server
(`bare_server.py`) that is posted the same orders in the same run, in turns; then the p99 of the 202 at half the rate.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from redis import Redis
from rq import Worker
from sqlalchemy import text

from bench import bare_server, clients, cpu, limit, rounds, waiting
from bench.goods import Company, company
from bench.ground import Ground, ground
from bench.peak import Sampler
from bench.posting import Posting, post_all, signed
from bench.table import INTAKE_PER_S

__all__ = ["run", "signed"]

ROUNDS = 4
#: CPU time comes in ticks of 10 ms, of each of a dozen processes.
LIMIT_ORDERS = 2000
POSTERS = 2
_WARM_UP = 400


@dataclass(slots=True)
class Product:
    """The running product and what its parts used; each call of `take` posts the next orders."""

    made: Ground
    seeded: Company
    parts: dict[str, list[int]]
    next_number: int = 1_000_000
    used_ms: dict[str, float] = field(default_factory=dict)
    times_s: list[float] = field(default_factory=list)
    posted: int = 0
    post_s: float = 0.0
    wall_s: float = 0.0

    def take(self, orders: int) -> float:
        """Post so many, wait until they stand; CPU ms an order."""
        before = {name: cpu.cpu_ms(roots) for name, roots in self.parts.items()}
        numbers = range(self.next_number, self.next_number + orders)
        self.next_number += orders
        done = post_all(Posting(self.made.web_port, "/webhooks/bench", self.seeded.sku_codes, numbers))
        waiting.until_orders_stand(self.made, self.next_number - 1_000_000)
        self.times_s += done.times_s
        self.post_s += done.seconds
        self.wall_s += time.perf_counter() - done.began
        used = {name: cpu.cpu_ms(roots) - before[name] for name, roots in self.parts.items()}
        self.used_ms = {name: self.used_ms.get(name, 0.0) + value for name, value in used.items()}
        self.posted += orders
        return sum(used.values()) / orders


def run(*, orders: int = 4000, half_load_s: float = 8) -> dict[str, float]:
    """Post `orders` orders; return the figures, with the CPU of the web server, the worker, and PostgreSQL and Redis."""
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        insert_ms = limit.insert_cpu_ms(made)
        product = started(made, seeded)
        sampler = Sampler({name: product.parts[name] for name in ("web", "worker")})
        with bare_server.running(made, seeded.sku_codes) as bare, sampler.watching():
            each = orders // ROUNDS
            paired = rounds.in_turns(
                lambda: product.take(each),
                lambda: bare.cpu_ms(seeded.sku_codes, range(max(LIMIT_ORDERS, each))),
                rounds=ROUNDS,
            )
        figures = _figures(product, paired, insert_ms)
        figures |= {"peak_pss_mib": sampler.peak_mib, "orders_a_batch": _batch_size(made)}
        return figures | _half_load(product, figures["orders_per_s"], half_load_s) | _jobs(made)


def started(made: Ground, seeded: Company) -> Product:
    """The product's web server and a worker that only accepts, warmed up."""
    web = made.start("gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", f"127.0.0.1:{made.web_port}", "wsgi:app").pid
    worker = made.start("bench.accept_worker").pid
    made.wait_for_web()
    parts = {"web": [web], "worker": [worker], "postgres_and_redis": list(made.servers)}
    warm = Product(made, seeded, parts)
    warm.take(_WARM_UP)
    return Product(made, seeded, parts, next_number=warm.next_number)


def _figures(product: Product, paired: rounds.Paired, insert_ms: float) -> dict[str, float]:
    parts = {f"of_it_{name}_ms": value / product.posted for name, value in product.used_ms.items()}
    return {
        "orders_per_s": product.posted / product.wall_s,
        "requests_per_s": product.posted / product.post_s,
        "cpu_ms_per_order": sum(parts.values()),
        **parts,
        "limit_bare_server_ms": paired.limit,
        "ratio_to_limit": paired.ratio,
        "limit_insert_ms": insert_ms,
        "p50_ms": clients.percentile_ms(product.times_s, 0.5),
        "p99_ms": clients.percentile_ms(product.times_s, 0.99),
    }


def _half_load(product: Product, orders_per_s: float, seconds: float) -> dict[str, float]:
    """Half the rate asked for, or reached where that is more, by the clock; a request's time counts from when it was due.

    What the door alone takes for a while, its orders not standing yet, is no load that anybody can keep.
    """
    per_s = max(orders_per_s, INTAKE_PER_S) / 2 / POSTERS
    count = max(10, int(per_s * seconds))
    loads = [
        clients.Load(product.made.web_port, product.seeded.sku_codes, product.next_number + n * count, count, per_s)
        for n in range(POSTERS)
    ]
    with clients.started(clients.post_orders, loads) as posted:
        answers = posted()
    if set(answers.statuses) != {202}:
        raise SystemExit(f"the orders were answered {answers.statuses}")
    return {
        "half_load_per_s": per_s * POSTERS,
        "p50_at_half_load_ms": clients.percentile_ms(answers.times_s, 0.5),
        "p99_at_half_load_ms": clients.percentile_ms(answers.times_s, 0.99),
    }


def _batch_size(made: Ground) -> float:
    """Steps `accept` that ended in one transaction, on average: what a batch costs is shared by so many."""
    with made.database.transaction() as session:
        counted = text("SELECT count(*) / count(DISTINCT finished_at)::float FROM step WHERE kind = 'accept'")
        return float(session.execute(counted).scalar_one())


def _jobs(made: Ground) -> dict[str, float]:
    """How many jobs the worker did: a ring wakes it, and it claims batches until nothing is left."""
    redis = Redis.from_url(made.environment["OMS_REDIS_URL"])
    workers = Worker.all(connection=redis)
    return {"rq_jobs": float(sum(worker.successful_job_count for worker in workers))}
