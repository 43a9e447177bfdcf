"""Memory of the whole product at work, without PostgreSQL and Redis: 2 web processes, a worker for each queue, the sweep.

Proportional set size (PSS) counts a page that several processes share once. Masters and parents count too. The processes
take orders, work them and show pages while memory is sampled; the figure is the highest sum, not that of idle processes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import text

from bench import clients, cpu
from bench.goods import Company, company
from bench.ground import Ground, ground, log_tail
from oms import db
from oms.accounts import staff
from oms.journey import flow

PASSWORD = "four plain words here"
LOGIN = "bench.manager"
PAGES = (
    "/orders", "/orders?held=yes", "/orders?status=closed", "/worklist", "/waves", "/tickets", "/holds", "/returns",
    time.strftime("/kpi/%Y-%m"),
)  # fmt: skip
EVERY_S = 0.5


@dataclass(slots=True)
class House:
    """The running product: its process trees by part, and what is in its database."""

    made: Ground
    seeded: Company
    parts: dict[str, list[int]]


@contextmanager
def house(*, worker: tuple[str, ...] = ("workers.run", *flow.QUEUES, "sweep"), preload: str = "") -> Iterator[House]:
    """A ground with a company and a manager, and the product's processes on it as anywhere."""
    with ground(preload=preload) as made:
        with made.database.transaction() as session:
            seeded = company(session)
            new = staff.NewStaff(LOGIN, "Bench", ["general_manager", "order_manager"], PASSWORD)
            staff.create(session, new=[new], environment="test", actor="system", now=db.now(session))
        bind = f"127.0.0.1:{made.web_port}"
        parts = {
            "web": [made.start("gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", bind, "wsgi:app").pid],
            "workers_and_sweep": [made.start(*worker).pid],
        }
        made.wait_for_web()
        yield House(made, seeded, parts)


@dataclass(slots=True)
class Sampler:
    """Looks at the parts' memory twice a second; `peak` is the reading with the highest sum."""

    parts: dict[str, list[int]]
    peak: dict[str, float] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> dict[str, float]:
        found = {name: cpu.pss_mib(roots) for name, roots in self.parts.items()}
        if sum(found.values()) > sum(self.peak.values()):
            self.peak = found
        return found

    @contextmanager
    def watching(self) -> Iterator[None]:
        def work() -> None:
            while not self._over.wait(EVERY_S):
                self.look()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


def wait_until_worked(made: Ground, orders: int, timeout_s: float = 120) -> None:
    """Wait until so many orders are in fulfilment, as far as the system's own steps go."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        with made.database.transaction() as session:
            done = session.execute(text("SELECT count(*) FROM fulfilment")).scalar_one()
        if done >= orders:
            return
        time.sleep(0.3)
    raise SystemExit(f"{done} of {orders} orders reached the warehouse: {log_tail(made)}")


def run(*, orders: int = 2000, per_s: float = 200) -> dict[str, float]:
    """Orders by webhook, the workers' stages, every page; the highest PSS in MiB, in sum and by part."""
    with house() as product:
        made, sampler = product.made, Sampler(product.parts)
        load = clients.Load(made.web_port, product.seeded.sku_codes, 0, orders, per_s)
        reading = clients.Reading(made.web_port, LOGIN, PASSWORD, PAGES, 8, max(10.0, orders / per_s))
        with (
            sampler.watching(),
            clients.started(clients.post_orders, [load]) as posted,
            clients.started(clients.turn_pages, [reading]) as read,
        ):
            answers, pages = posted(), read()
            wait_until_worked(made, orders)
        settled = sampler.look()
        if set(pages.statuses) != {200}:
            raise SystemExit(f"the pages were answered {pages.statuses}: {log_tail(made)}")
        wrong = {status: count for status, count in answers.statuses.items() if status != 202}
        return {
            "pss_mib": sum(sampler.peak.values()),
            **{f"of_it_{name}_mib": value for name, value in sampler.peak.items()},
            "settled_pss_mib": sum(settled.values()),
            "processes": float(sum(len(cpu.tree(root)) for roots in product.parts.values() for root in roots)),
            "orders": float(orders),
            "orders_refused": float(sum(wrong.values())),
            "pages": float(sum(pages.statuses.values())),
        }
